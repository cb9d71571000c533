"""Events to measure with."""

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from accounts.models import Membership, Organiser, Role, User
from events.models import Event, Quota, TicketType
from ticketing.lib import tokens

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


def paid_type(event: Event, *, capacity: int, price_minor: int = 1500) -> TicketType:
    made = TicketType.objects.filter(event=event, name="Paid").first()
    if made is None:
        made = TicketType.objects.create(event=event, name="Paid", pricing="fixed", price_minor=price_minor)
        made.quotas.add(Quota.objects.create(event=event, name="Paid", capacity=capacity))
    return made


def paid_orders(kind: TicketType) -> int:
    from registrations.models import Order

    return Order.objects.filter(event=kind.event, confirmed_at__isnull=False).count()


def opened_payments(kind: TicketType, count: int) -> list[dict[str, Any]]:
    """So many orders of one ticket whose payment is open at Stripe, and those sessions as the provider has them. Their
    mail counts as sent: it is measured with the checkout."""
    from payments.models import Payment
    from registrations.models import Hold, HoldLine, Order, OrderLine

    now, event = timezone.now(), kind.event
    until, buyer = now + timedelta(hours=2), {"buyer_name": "Dana Buyer"}
    priced = {"ticket_type": kind, "quantity": 1, "price_minor": kind.price_minor}
    emails = [f"dana{number}@example.com" for number in range(count)]
    holds = Hold.objects.bulk_create(
        Hold(event=event, token=tokens.link_token(), created_at=now, expires_at=until, payment_open_since=now, buyer_email=email, **buyer)
        for email in emails
    )
    HoldLine.objects.bulk_create(HoldLine(hold=hold, **priced) for hold in holds)
    money = {"currency": event.currency, "total_minor": kind.price_minor}
    orders = Order.objects.bulk_create(
        Order(
            event=event,
            hold=hold,
            code=tokens.order_code(),
            secret=tokens.link_token(),
            placed_at=now,
            fulfilled_at=now,
            buyer_email=email,
            **buyer,
            **money,
        )
        for hold, email in zip(holds, emails, strict=True)
    )
    OrderLine.objects.bulk_create(OrderLine(order=order, attendees=[{"name": "Dana Buyer", "email": ""}], **priced) for order in orders)
    kind.quotas.update(claimed=F("claimed") + count)
    asked = {"gateway": "stripe", "amount_minor": kind.price_minor, "currency": event.currency, "opened_at": now, "asked_at": now}
    payments = Payment.objects.bulk_create(
        Payment(order=order, provider_id=f"cs_test_{order.code.lower()}", idempotency_key=tokens.link_token(), **asked) for order in orders
    )
    says = {"amount_total": kind.price_minor, "currency": event.currency.lower(), "mode": "payment", "metadata": {}, "url": None}
    return [
        {"id": payment.provider_id, "says": says | {"expires_at": int(until.timestamp()), "client_reference_id": order.code}}
        for payment, order in zip(payments, orders, strict=True)
    ]
