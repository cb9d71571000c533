"""The demo's world: the same people and events each time, dates counted from today."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.utils.text import slugify

from accounts.models import Membership, Organiser, Role, User
from events import categories, cover, discounts, promotions, publication, reserving, terms, tier_steps, times
from events.models import Category, Discount, Event, PriceTier, Promotion, Quota, TicketType
from operations.demo import asked, covers, doors, large, promises
from operations.demo.programme import CELLAR, DESCRIPTION, HALL, LISTINGS, ONLINE, PAST, PIER, Listing, Venue
from payments import settlement
from payments.gateway import Status
from payments.models import PracticeSession
from payments.practice import book
from registrations import checkout

PASSWORD = "demo-password"
REDUCED = "Students, seniors, between jobs."
WALTZ = "The hall closes for a year. One more time around the floor."
TABLE = "Four courses, four movements, and the players between the guests."
ROOF = "All of it goes to the roof. Whoever gives more hears no less."
MASTERCLASS = "Bring a movement that you know well. We choose ten players; everybody may listen."
BELLS = "We climb to the bell chamber, hear how a peal is rung, and are back on the square within the hour. Not for those who fear heights."
GUEST = "Guest"
# What admission to a concert is taxed with, per cent; in New York and California on top of the price.
TAX_RATES = {
    country: Decimal(rate)
    for country, rate in {"DE": "19", "AT": "13", "HU": "27", "CH": "8.1", "PT": "23", "GB": "20", "US": "8.875", "JP": "10", "IN": "18", "AU": "10"}.items()
}  # fmt: skip
BUYERS_BEAR_THE_FEE = ("GB", "US", "IN")
BUYERS = ("Dana", "Zoë Zając", "Mei Tanaka", "José García", "Amina Okafor", "Łukasz Nowak", "Søren Hansen", "Grace O'Neill", "Priya Patel")
PEOPLE = ("Alice", "Bob", "Charlie", "Dana", "Erin", "Frank", "Grace")
ORGANISERS = (
    (
        "Hall of Echoes",
        "hall-of-echoes",
        "Europe/Berlin",
        "EUR",
        {"Alice": "owner", "Erin": "manager", "Bob": "gate", "Frank": "finance", "Grace": "viewer"},
    ),
    ("Charlie's Comedy Club", "charlies-comedy", "Europe/London", "GBP", {"Charlie": "owner", "Frank": "manager"}),
    ("Open Skies Festivals", "open-skies", "America/New_York", "USD", {"Erin": "owner", "Bob": "gate", "Alice": "viewer"}),
)


def make(*, now: datetime) -> int:
    """The whole world, or what is missing of it. Returns how many events were made."""
    people = _people()
    organisers = [_organiser(row, people) for row in ORGANISERS]
    there = frozenset(Event.objects.values_list("slug", flat=True))
    made = sum(_listed(listing, organisers, now) for listing in LISTINGS if slugify(listing.name) not in there)
    made += sum(_past(number, organisers, now) for number in range(len(PAST)) if slugify(PAST[number]) not in there)
    made += sum(make_one(organisers[0], now) for slug, make_one in SPECIAL.items() if slug not in there)
    if made:
        large.tidy()
    return made


def _people() -> dict[str, User]:
    there = {user.name: user for user in User.objects.filter(email__in=[_email(name) for name in PEOPLE])}
    missing = [name for name in PEOPLE if name not in there]
    hashed = make_password(PASSWORD) if missing else ""  # costs as much as it should, so once
    for name in missing:
        staff = name == "Alice"
        user = User.objects.create(email=_email(name), name=name, password=hashed, is_staff=staff, is_superuser=staff)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        there[name] = user
    return there


def _email(name: str) -> str:
    return f"{name.lower()}@example.com"


def _organiser(row: tuple[Any, ...], people: dict[str, User]) -> Organiser:
    name, slug, zone, currency, team = row
    organiser, _ = Organiser.objects.get_or_create(
        slug=slug, defaults={"name": name, "email": f"hello@{slug}.example", "time_zone": zone, "currency": currency}
    )
    for person, role in team.items():
        Membership.objects.get_or_create(organiser=organiser, user=people[person], defaults={"role": Role(role)})
    return organiser


def _event(name: str, organiser: Organiser, starts_at: datetime, *, venue: Venue, summary: str, text: str, **fields: Any) -> Event:
    """A published event with a cover, at the address that its name gives."""
    place = f"{venue.name}, {venue.address}: step-free, bicycles and trains welcome" if venue.name else "The link comes with your ticket"
    image, accent = cover.prepare(covers.painted(name))
    values = {
        "name": name,
        "summary": summary,
        "description": DESCRIPTION.format(text=text, place=place),
        "time_zone": venue.zone,
        "currency": venue.currency,
        "venue_name": venue.name,
        "venue_address": venue.address,
        "city": venue.city,
        "country": venue.country,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=3),
        "cover": image,
        "accent": accent,
    }
    event = publication.create_event(organiser=organiser, fields=values | fields)
    # Past ones were published in their day; the verb speaks of now.
    Event.objects.filter(pk=event.pk).update(published_at=starts_at - timedelta(days=120))
    event.refresh_from_db()
    terms.save(event=event, fields={"cancel_until_hours": 48, "cancel_fee_percent": 10})
    return event


def _type(event: Event, name: str, price_minor: int, capacity: int, **fields: Any) -> TicketType:
    pricing = fields.pop("pricing", "fixed" if price_minor else "free")
    kind = TicketType(event=event, name=name, price_minor=price_minor, pricing=pricing, **fields)
    return publication.save_ticket_type(event=event, kind=kind, quotas=[], own_capacity=capacity)


def _code(event: Event, code: str, *, kinds: Sequence[TicketType] = (), **fields: Any) -> None:
    unlimited = {"max_uses": None, "budget_minor": None}
    promotions.save(event=event, promotion=Promotion(), fields={"code": code} | unlimited | fields, kinds=kinds)


def _listed(listing: Listing, organisers: list[Organiser], now: datetime) -> int:
    """Three types, two of them sharing the room, and some orders."""
    venue, chance = listing.venue, random.Random(listing.name)
    starts_at = _at(now, listing.days, listing.hour, venue.zone)
    fields = {"tax_on_top": venue.country == "US", "fee_country": venue.country if venue.country in BUYERS_BEAR_THE_FEE else ""}
    event = _event(
        listing.name, organisers[listing.organiser], starts_at, venue=venue, summary=listing.summary, text=listing.text, **fields
    )
    room = Quota(event=event, name="The whole room")
    publication.save_quota(event=event, quota=room, capacity=240)
    reduced = listing.price * 6 // 100 * 10
    taxed = {"tax_rate": TAX_RATES.get(venue.country, Decimal(0))}
    kinds = [_type(event, "Standard", listing.price, 200, **taxed), _type(event, "Reduced", reduced, 60, description=REDUCED, **taxed)]
    for kind in kinds:
        kind.quotas.add(room)
    _type(event, "Supporter", listing.price * 2, 20, description="Pays for somebody else's reduced ticket.", **taxed)
    for number in range(chance.randint(2, 6)):
        _sell(kinds[number % 2], chance.randint(1, 3), BUYERS[chance.randrange(len(BUYERS))], now)
    return 1


def _past(number: int, organisers: list[Organiser], now: datetime) -> int:
    """Over: sold, and half of its tickets scanned."""
    name, venue = PAST[number], (HALL, CELLAR, PIER)[number % 3]
    starts_at = _at(now, -20 - number * 17, 20, venue.zone)
    event = _event(name, organisers[number % 3], starts_at, venue=venue, summary="It was a good evening.", text="Thank you for coming.")
    large.fill(event=event, tickets=60 + 40 * number, now=starts_at, price_minor=1500)
    return 1


def _big(organiser: Organiser, now: datetime) -> int:
    event = _event(
        "The long night of music",
        organiser,
        _at(now, 0, 22, HALL.zone),
        venue=Venue(name="Festival grounds", address="Am Flugfeld 1", city="Berlin", country="DE", zone=HALL.zone, currency="EUR"),
        summary="Forty stages, one night, twenty thousand friends.",
        text="One ticket opens every door until sunrise. Buses run between the stages every ten minutes.",
    )
    large.fill(event=event, tickets=40_000, now=now, price_minor=3500)
    doors.open_gates(event=event, now=now)
    return 1


def _sold_out(organiser: Organiser, now: datetime) -> int:
    event = _event("The last waltz", organiser, _at(now, 8, 20, HALL.zone), venue=HALL, summary="Strauss, once more.", text=WALTZ)
    kind = _type(event, "Standard", 0, 12)
    for buyer in BUYERS[:6]:
        _sell(kind, 2, buyer, now)
    promises.wait_for(kind=kind, now=now)
    return 1


def _few_left(organiser: Organiser, now: datetime) -> int:
    event = _event("A table of twelve", organiser, _at(now, 11, 19, HALL.zone), venue=HALL, summary="Dinner with the quartet.", text=TABLE)
    kind = _type(event, "Seat at the table", 8900, 12, max_per_order=4)
    questions = asked.ask(event=event)
    for number, buyer in enumerate(BUYERS[:5]):
        _sell(kind, 2, buyer, now, **asked.answers(asked=questions, number=number))
    return 1


def _free(organiser: Organiser, now: datetime) -> int:
    summary = "Come in, sit down, hear how it is made."
    text = "The orchestra works on next week's programme. Leave whenever you like, but **quietly**."
    event = _event("Open rehearsal", organiser, _at(now, 6, 17, HALL.zone), venue=HALL, summary=summary, text=text, max_per_buyer=4)
    kind = _type(event, "Free seat", 0, 80, max_per_order=4)
    _sell(kind, 2, "Dana", now)
    return 1


def _cancelled(organiser: Organiser, now: datetime) -> int:
    event = _event(
        "Garden party", organiser, _at(now, 14, 16, HALL.zone), venue=HALL, summary="Lemonade and a brass band.", text="Hats on."
    )
    _type(event, "Standard", 1800, 100)
    publication.cancel(event=event, now=now)
    return 1


def _online(organiser: Organiser, now: datetime) -> int:
    """Also has a hidden type with an access code, a promo code, and a type whose sale has not begun."""
    event = _event(
        "How to listen: a lecture",
        organiser,
        _at(now, 10, 19, ONLINE.zone),
        venue=ONLINE,
        summary="What to do with your ears in a concert hall.",
        text="An hour with examples, then questions. A recording stays up for a week.",
        online_url="https://example.com/lecture",
    )
    seat = _type(event, "Seat at home", 500, 500)
    press = _type(event, "Press", 0, 20, hidden=True)
    _code(event, "PRESS", unlocks_hidden=True, kinds=[press])
    _code(event, "EARS20", percent=20, max_uses=100)
    _type(event, "Late bird", 300, 100, sale_starts_at=now + timedelta(days=3))
    for buyer, code, source in zip(
        BUYERS, ("EARS20", "", "EARS20", "EARS20", ""), ("newsletter", "", "newsletter", "radio", ""), strict=False
    ):
        _sell(seat, 1, buyer, now, code=code, source=source)
    _sell(press, 1, "Rita Reporter", now, code="PRESS")
    return 1


def _donation(organiser: Organiser, now: datetime) -> int:
    summary = "The roof leaks over row seven. We play until it doesn't."
    event = _event("Benefit concert for the roof", organiser, _at(now, 30, 19, HALL.zone), venue=HALL, summary=summary, text=ROOF)
    _type(event, "What you can give", 500, 150, pricing="donation")
    return 1


def _weekend(organiser: Organiser, now: datetime) -> int:
    """Everything that changes a price: early birds, a group price, headings, add-ons, a voucher with places of its own."""
    event = _event(
        "A weekend of strings",
        organiser,
        _at(now, 45, 11, HALL.zone),
        venue=HALL,
        summary="Two days, nine quartets, one lake.",
        text="Concerts from eleven until the light goes. Bring a blanket, or rent a chair.",
    )
    seats, camping = (
        categories.save(event=event, category=Category(), fields={"name": name, "description": text, "position": place})
        for place, (name, text) in enumerate((("Tickets", ""), ("Camping", "On the meadow by the lake. Quiet after eleven.")))
    )
    weekend = _type(event, "Weekend", 9000, 300, category=seats, tax_rate=7)
    day = _type(event, "Saturday", 5500, 200, category=seats, tax_rate=7)
    tent = _type(event, "Place for a tent", 1500, 80, category=camping, is_addon=True, most_per_ticket=1, tax_rate=7)
    tent.base_types.add(weekend)
    _type(event, "Folding chair", 400, 150, is_addon=True, most_per_ticket=2, tax_rate=19)
    for place, (name, price, quantity, days) in enumerate((("Early bird", 6500, 40, None), ("Advance", 7800, None, 30))):
        ends_at = _at(now, days, 23, HALL.zone) if days else None
        step = {"name": name, "price_minor": price, "quantity": quantity, "ends_at": ends_at, "position": place}
        tier_steps.save(kind=weekend, tier=PriceTier(), fields=step, now=now)
    group = {"name": "Friends", "from_tickets": 4, "percent": 10, "amount_minor": 0, "starts_at": None, "ends_at": None}
    discounts.save(event=event, discount=Discount(), fields=group, kinds=[weekend, day])
    _code(event, "QUARTET", percent=100, max_uses=4)
    reserving.reserve(promotion=event.promotions.get(), kind=weekend, places=8)
    for buyer in BUYERS[:5]:
        _sell(weekend, 2, buyer, now, source="newsletter" if buyer < "F" else "")
    _sell(weekend, 2, "Quartet's guests", now, code="QUARTET")
    return 1


def _on_request(organiser: Organiser, now: datetime) -> int:
    summary = "Ten play, an audience listens, one afternoon with the quartet."
    event = _event("Masterclass for young players", organiser, _at(now, 21, 14, HALL.zone), venue=HALL, summary=summary, text=MASTERCLASS)
    _type(event, "Listen", 900, 60)
    promises.ask_for(kind=_type(event, "Play", 4500, 10, approval="keep", max_per_order=1), now=now)
    return 1


def _every_day(organiser: Organiser, now: datetime) -> int:
    """A series of 360 dates: three a day for four months, one of them cancelled, some sold out."""
    venue = Venue(name="St. Peter's tower", address="Kirchplatz 2", city="Berlin", country="DE", zone=HALL.zone, currency="EUR")
    start, summary = _at(now, 2, 17, venue.zone), "Two hundred and twelve steps, seven bells, one view."
    event = _event(
        "An hour among the bells", organiser, start, venue=venue, summary=summary, text=BELLS, ends_at=start + timedelta(hours=1)
    )
    kind = _type(event, "Climb", 1200, 12, max_per_order=6)
    _type(event, "Child", 600, 6)
    promises.repeat(event=event, now=now)
    _sell(kind, 4, "Mei Tanaka", now)
    return 1


SPECIAL: dict[str, Callable[[Organiser, datetime], int]] = {
    "the-long-night-of-music": _big,
    "the-last-waltz": _sold_out,
    "a-table-of-twelve": _few_left,
    "open-rehearsal": _free,
    "garden-party": _cancelled,
    "how-to-listen-a-lecture": _online,
    "benefit-concert-for-the-roof": _donation,
    "a-weekend-of-strings": _weekend,
    "masterclass-for-young-players": _on_request,
    "an-hour-among-the-bells": _every_day,
}


def _sell(
    kind: TicketType,
    quantity: int,
    buyer: str,
    now: datetime,
    *,
    answers: dict[str, Any] | None = None,
    seats: Sequence[dict[str, Any]] = (),
    code: str = "",
    source: str = "",
) -> None:
    """An order through the real verbs, paid at the practice provider."""
    event = Event.objects.get(pk=kind.event_id)
    kind.event = event
    held = checkout.hold(event=event, picks=[checkout.Pick(ticket_type=kind, quantity=quantity)], code=code, source=source, now=now)
    attendees: list[dict[str, Any]] = [
        {"ticket_type": kind.pk, "name": buyer if number == 0 else GUEST, "email": ""} for number in range(quantity)
    ]
    for attendee, given in zip(attendees, seats, strict=False):
        attendee["answers"] = given
    email = f"{slugify(buyer).replace('-', '.') or 'guest'}@example.com"
    checkout.save_details(hold=held, buyer_name=buyer, buyer_email=email, attendees=attendees, answers=answers)
    order = checkout.place_order(hold=held, now=now)
    if order.total_minor:
        payment = settlement.open_payment(order=order, now=now)
        book.decide(row=PracticeSession.objects.get(token=payment.provider_id), status=Status.SUCCEEDED, now=now)
        settlement.settle(payment=payment, now=now)


def _at(now: datetime, days: int, hour: int, zone: str) -> datetime:
    local = times.to_local(now, zone).replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=days)
    return times.to_utc(local, zone)
