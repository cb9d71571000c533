"""Events to measure with."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import Membership, Organiser, Role, User
from events.models import Event, Quota, TicketType

PASSWORD = "bench-password-1"


def organiser() -> Organiser:
    from allauth.account.models import EmailAddress

    made, new = Organiser.objects.get_or_create(slug="bench", defaults={"name": "Bench", "email": "bench@example.com"})
    if new:
        user = User.objects.create_superuser("bench@example.com", PASSWORD, name="Bench")
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        Membership.objects.create(organiser=made, user=user, role=Role.OWNER)
    return made


def an_event(slug: str) -> Event:
    """A published event of this slug; the same one each time."""
    now = timezone.now()
    return Event.objects.get_or_create(
        slug=slug,
        defaults={
            "organiser": organiser(),
            "name": f"Bench {slug}",
            "summary": "Measured.",
            "description": "A **long** evening.\n\n- one\n- two\n",
            "starts_at": now + timedelta(days=30),
            "ends_at": now + timedelta(days=30, hours=4),
            "time_zone": "Europe/Berlin",
            "currency": "EUR",
            "venue_name": "Hall",
            "venue_address": "Street 1",
            "city": "Berlin",
            "country": "DE",
            "published_at": now,
        },
    )[0]


def free_type(event: Event, *, capacity: int, name: str = "Free") -> TicketType:
    found = TicketType.objects.filter(event=event, name=name).first()
    if found:
        return found
    made = TicketType.objects.create(event=event, name=name, pricing="free", price_minor=0)
    made.quotas.add(Quota.objects.create(event=event, name=name, capacity=capacity))
    return made
