"""A fixed cast: Alice organises, Bob works the gate, Charlie must never see, Dana buys."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Membership, Organiser, Role, User
from events import discounts, promotions, reserving, tier_steps
from events.models import Discount, Event, PriceTier, Promotion, Quota, TicketType
from registrations import checkout
from registrations.models import Order
from ticketing.lib import clock

PASSWORD = "a-long-password-1"
_made = 0


def person(name: str, **fields: Any) -> User:
    from allauth.account.models import EmailAddress

    user = User.objects.create_user(f"{name.lower()}@example.com", PASSWORD, name=name, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def organiser(slug: str = "alices-hall", **members: User) -> Organiser:
    """organiser(owner=alice, gate=bob)"""
    made = Organiser.objects.create(name=slug.replace("-", " ").title(), slug=slug, email=f"{slug}@example.com")
    for role, user in members.items():
        Membership.objects.create(organiser=made, user=user, role=Role(role))
    return made


def event(*, organiser: Organiser, now: datetime | None = None, published: bool = True, **fields: Any) -> Event:
    global _made
    _made += 1
    now = now or clock.now()
    return Event.objects.create(
        organiser=organiser,
        **{
            "name": f"Concert {_made}",
            "slug": f"concert-{_made}",
            "summary": "An evening of music.",
            "currency": "EUR",
            "time_zone": "Europe/Berlin",
            "starts_at": now + timedelta(days=10),
            "ends_at": now + timedelta(days=10, hours=3),
            "venue_name": "Town Hall",
            "venue_address": "Market 1",
            "city": "Berlin",
            "country": "DE",
            "published_at": now if published else None,
        }
        | fields,
    )


def ticket_type(event: Event, *, capacity: int = 100, price_minor: int = 0, quota: Quota | None = None, **fields: Any) -> TicketType:
    count = TicketType.objects.filter(event=event).count()
    made = TicketType.objects.create(
        event=event,
        **{"name": f"Standard {count + 1}", "price_minor": price_minor, "pricing": "fixed" if price_minor else "free", "position": count}
        | fields,
    )
    made.quotas.add(quota or Quota.objects.create(event=event, name=f"Places {count + 1}", capacity=capacity))
    return made


def held(kind: TicketType, quantity: int = 1, *, now: datetime | None = None, email: str = "dana@example.com", **options: Any) -> Any:
    """Dana's hold, her details typed."""
    now = now or clock.now()
    made = checkout.hold(event=kind.event, picks=[checkout.Pick(ticket_type=kind, quantity=quantity)], now=now, **options)
    checkout.save_details(
        hold=made,
        buyer_name="Dana",
        buyer_email=email,
        attendees=[{"ticket_type": kind.pk, "name": f"Guest {n + 1}", "email": ""} for n in range(quantity)],
    )
    return made


def ordered(kind: TicketType, quantity: int = 1, *, now: datetime | None = None, email: str = "dana@example.com") -> Order:
    """Dana's order; confirmed when there is nothing to pay."""
    now = now or clock.now()
    return checkout.place_order(hold=held(kind, quantity, now=now, email=email), now=now)


def tier(
    kind: TicketType, price_minor: int, *, name: str = "Early bird", quantity: int | None = None, ends_at: datetime | None = None
) -> Any:
    """A step of the type's price, after those that it has."""
    fields = {"name": name, "price_minor": price_minor, "quantity": quantity, "ends_at": ends_at, "position": kind.tiers.count()}
    return tier_steps.save(kind=kind, tier=PriceTier(), fields=fields, now=clock.now())


def discount(event: Event, from_tickets: int, *, kinds: Sequence[TicketType] = (), name: str = "Group price", **fields: Any) -> Any:
    """discount(concert, 4, percent=10)"""
    return discounts.save(event=event, discount=Discount(), fields={"name": name, "from_tickets": from_tickets} | fields, kinds=kinds)


def code(
    event: Event,
    code: str = "SUMMER",
    *,
    kinds: Sequence[TicketType] = (),
    reserves: TicketType | None = None,
    places: int = 0,
    **fields: Any,
) -> Any:
    """code(concert, percent=20, max_uses=1), code(concert, reserves=seat, places=5)"""
    unlimited = {"max_uses": None, "budget_minor": None, "starts_at": None, "ends_at": None}
    made = promotions.save(event=event, promotion=Promotion(), fields={"code": code} | unlimited | fields, kinds=kinds)
    if reserves:
        reserving.reserve(promotion=made, kind=reserves, places=places)
    return made
