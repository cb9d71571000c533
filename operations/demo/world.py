"""The demo's world: the same people and events each time, dates counted from today."""

import colorsys
import hashlib
import io
import random
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from PIL import Image, ImageDraw, ImageFilter

from accounts.models import Membership, Organiser, Role, User
from events import cover, publication
from events.models import Event, Quota, TicketType
from operations.demo import large
from payments import settlement
from payments.gateway import Status
from payments.models import PracticeSession
from payments.practice import book
from registrations import checkout

PASSWORD = "demo-password"
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
# name, organiser, days from today, hour, city, venue, zone, currency, price in minor units
EVENTS = (
    ("Winterreise by candlelight", 0, 12, 20, "Berlin", "Hall of Echoes", "Europe/Berlin", "EUR", 2800),
    ("Bach at midnight", 0, 19, 23, "Berlin", "Hall of Echoes", "Europe/Berlin", "EUR", 2200),
    ("The string quartet, unplugged", 0, 26, 20, "Hamburg", "Speicher 7", "Europe/Berlin", "EUR", 3100),
    ("Strictly piano", 0, 40, 19, "Wien", "Kleiner Saal", "Europe/Vienna", "EUR", 2600),
    ("Songs of the Danube", 0, 54, 19, "Budapest", "Duna Hall", "Europe/Budapest", "HUF", 1190000),
    ("Choir in the round", 0, 61, 18, "Zürich", "Rundhaus", "Europe/Zurich", "CHF", 4500),
    ("Fado evening", 0, 75, 21, "Lisboa", "Casa do Rio", "Europe/Lisbon", "EUR", 1900),
    ("Nordic folk night", 0, 82, 19, "København", "Havnehuset", "Europe/Copenhagen", "DKK", 18000),
    ("Monday night new material", 1, 4, 20, "London", "The Cellar", "Europe/London", "GBP", 900),
    ("Improvised Shakespeare", 1, 9, 19, "London", "The Cellar", "Europe/London", "GBP", 1600),
    ("Sketches in the park", 1, 33, 15, "Bristol", "Green Stage", "Europe/London", "GBP", 1200),
    ("A very late show", 1, 17, 23, "Edinburgh", "The Vault", "Europe/London", "GBP", 1400),
    ("Laughter yoga for beginners", 1, 22, 10, "London", "Studio 4", "Europe/London", "GBP", 700),
    ("Comedy for new parents", 1, 29, 11, "London", "The Cellar", "Europe/London", "GBP", 800),
    ("Open Skies: the weekend", 2, 90, 12, "New York", "Pier Field", "America/New_York", "USD", 14900),
    ("Rooftop cinema: Metropolis", 2, 15, 21, "New York", "Rooftop 12", "America/New_York", "USD", 1800),
    ("Jazz on the ferry", 2, 24, 18, "San Francisco", "Pier 1", "America/Los_Angeles", "USD", 5500),
    ("Desert star party", 2, 47, 20, "Tucson", "Mesa Park", "America/Phoenix", "USD", 3500),
    ("Tokyo ambient session", 2, 36, 19, "Tokyo", "Kumo", "Asia/Tokyo", "JPY", 4800),
    ("Monsoon ragas", 2, 58, 18, "Mumbai", "Sagar Hall", "Asia/Kolkata", "INR", 95000),
    ("Gulf design talks", 2, 66, 18, "Kuwait City", "Dar Forum", "Asia/Kuwait", "KWD", 7500),
    ("Harbour swim breakfast", 2, 71, 7, "Sydney", "Boat Shed", "Australia/Sydney", "AUD", 4200),
)
SUMMARIES = (
    "An evening you will want to tell people about.",
    "Small room, good sound, no phones.",
    "Doors open an hour before; come early for a good seat.",
    "For everybody who has been meaning to come for years.",
)
DESCRIPTION = """## What to expect

{summary} We keep the room small on purpose, so there is **no bad seat**.

- Doors open one hour before the start
- The bar is open before and after
- Step-free entrance; tell us if you need a companion's seat

## Getting there

{venue} is a short walk from the station. Please come by bicycle or by train.
"""


def make(*, now: datetime) -> int:
    """The whole world, or what is missing of it. Returns how many events were made."""
    people = _people()
    organisers = [_organiser(row, people) for row in ORGANISERS]
    chance = random.Random(2026)
    made = sum(_listed_event(row, organisers, chance, now) for row in EVENTS)
    made += sum(_past_event(number, organisers, chance, now) for number in range(12))
    special = (_big, _sold_out, _free, _cancelled, _online, _donation)
    return made + sum(make_one(organisers[0], chance, now) for make_one in special)


def _people() -> dict[str, User]:
    people, hashed = {}, make_password(PASSWORD)
    for name in PEOPLE:
        email = f"{name.lower()}@example.com"
        user, new = User.objects.get_or_create(
            email=email, defaults={"name": name, "password": hashed, "is_staff": name == "Alice", "is_superuser": name == "Alice"}
        )
        if new:
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        people[name] = user
    return people


def _organiser(row: tuple[Any, ...], people: dict[str, User]) -> Organiser:
    name, slug, zone, currency, team = row
    organiser, _ = Organiser.objects.get_or_create(
        slug=slug, defaults={"name": name, "email": f"hello@{slug}.example", "time_zone": zone, "currency": currency}
    )
    for person, role in team.items():
        Membership.objects.get_or_create(organiser=organiser, user=people[person], defaults={"role": Role(role)})
    return organiser


def _event(
    slug: str, name: str, organiser: Organiser, starts_at: datetime, *, covered: bool = True, published: bool = True, **fields: Any
) -> Event | None:
    """A new event, or None when it is there already."""
    if Event.objects.filter(slug=slug).exists():
        return None
    summary = SUMMARIES[len(name) % len(SUMMARIES)]
    values = {
        "name": name,
        "summary": summary,
        "time_zone": organiser.time_zone,
        "currency": organiser.currency,
        "venue_name": organiser.name,
        "city": "Berlin",
        "country": "DE",
        "venue_address": "Lange Straße 7",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=3),
    } | fields
    values["description"] = DESCRIPTION.format(summary=summary, venue=values["venue_name"] or "It")
    if covered:
        values["cover"], values["accent"] = cover.prepare(_painted(name))
    event = publication.create_event(organiser=organiser, fields=values)
    Event.objects.filter(pk=event.pk).update(slug=slug, published_at=starts_at - timedelta(days=120) if published else None)
    event.refresh_from_db()
    return event


def _type(event: Event, name: str, price_minor: int, capacity: int, **fields: Any) -> TicketType:
    pricing = fields.pop("pricing", "fixed" if price_minor else "free")
    kind = TicketType(event=event, name=name, price_minor=price_minor, pricing=pricing, **fields)
    return publication.save_ticket_type(event=event, kind=kind, quotas=[], own_capacity=capacity)


def _listed_event(row: tuple[Any, ...], organisers: list[Organiser], chance: random.Random, now: datetime) -> int:
    name, owner, days, hour, city, venue, zone, currency, price = row
    starts = _at(now, days, hour, zone)
    event = _event(
        f"{name.lower().replace(' ', '-').replace(',', '').replace(':', '')}",
        name,
        organisers[owner],
        starts,
        time_zone=zone,
        currency=currency,
        city=city,
        venue_name=venue,
    )
    if event is None:
        return 0
    hall = Quota(event=event, name="The whole room")
    publication.save_quota(event=event, quota=hall, capacity=240)
    kinds = [
        _type(event, "Standard", price, 200),
        _type(event, "Reduced", price * 6 // 10 // 10 * 10, 60, description="Students, seniors, jobless."),
    ]
    for kind in kinds:
        kind.quotas.add(hall)
    _type(event, "Supporter", price * 2, 20, description="Pays for somebody else's reduced ticket.")
    for number in range(chance.randint(2, 7)):
        _sell(kinds[number % 2], chance.randint(1, 3), f"guest{number}@example.com", now)
    return 1


def _past_event(number: int, organisers: list[Organiser], chance: random.Random, now: datetime) -> int:
    name, owner, *_ = EVENTS[number]
    event = _event(f"past-{number}", name, organisers[owner], now - timedelta(days=20 + number * 17), covered=False)
    if event is None:
        return 0
    _type(event, "Standard", 1500, 100)
    return 1


def _big(organiser: Organiser, chance: random.Random, now: datetime) -> int:
    event = _event(
        "long-night-of-music", "The long night of music", organiser, _at(now, 0, 22, organiser.time_zone), venue_name="Festival grounds"
    )
    if event is None:
        return 0
    large.fill(event=event, tickets=40_000, now=now)
    return 1


def _sold_out(organiser: Organiser, chance: random.Random, now: datetime) -> int:
    event = _event("the-last-waltz", "The last waltz", organiser, _at(now, 8, 20, organiser.time_zone))
    if event is None:
        return 0
    kind = _type(event, "Standard", 0, 12)
    for number in range(6):
        _sell(kind, 2, f"waltz{number}@example.com", now)
    return 1


def _free(organiser: Organiser, chance: random.Random, now: datetime) -> int:
    event = _event("open-rehearsal", "Open rehearsal", organiser, _at(now, 6, 17, organiser.time_zone), max_per_buyer=4)
    if event is None:
        return 0
    kind = _type(event, "Free seat", 0, 80, max_per_order=4)
    _sell(kind, 2, "dana@example.com", now)
    return 1


def _cancelled(organiser: Organiser, chance: random.Random, now: datetime) -> int:
    event = _event("garden-party", "Garden party", organiser, _at(now, 14, 16, organiser.time_zone))
    if event is None:
        return 0
    _type(event, "Standard", 1800, 100)
    publication.cancel(event=event, now=now)
    return 1


def _online(organiser: Organiser, chance: random.Random, now: datetime) -> int:
    event = _event(
        "how-to-listen",
        "How to listen: a lecture",
        organiser,
        _at(now, 10, 19, organiser.time_zone),
        venue_name="",
        venue_address="",
        city="",
        online_url="https://example.com/lecture",
    )
    if event is None:
        return 0
    _type(event, "Seat at home", 500, 500)
    _type(event, "Press", 0, 20, hidden=True)
    _type(event, "Early bird", 300, 100, sale_starts_at=now + timedelta(days=3))
    return 1


def _donation(organiser: Organiser, chance: random.Random, now: datetime) -> int:
    event = _event("benefit-concert", "Benefit concert for the roof", organiser, _at(now, 30, 19, organiser.time_zone))
    if event is None:
        return 0
    _type(event, "What you can give", 500, 150, pricing="donation")
    return 1


def _sell(kind: TicketType, quantity: int, email: str, now: datetime) -> None:
    """An order through the real verbs, paid at the practice provider."""
    event = Event.objects.get(pk=kind.event_id)
    kind.event = event
    held = checkout.hold(event=event, picks=[checkout.Pick(ticket_type=kind, quantity=quantity)], now=now)
    name = email.split("@")[0].title()
    checkout.save_details(
        hold=held,
        buyer_name=name,
        buyer_email=email,
        attendees=[{"ticket_type": kind.pk, "name": name, "email": ""} for _ in range(quantity)],
    )
    order = checkout.place_order(hold=held, now=now)
    if order.total_minor:
        payment = settlement.open_payment(order=order, now=now)
        book.decide(row=PracticeSession.objects.get(token=payment.provider_id), status=Status.SUCCEEDED, now=now)
        settlement.settle(payment=payment, now=now)


def _at(now: datetime, days: int, hour: int, zone: str) -> datetime:
    from events import times

    local = times.to_local(now, zone).replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=days)
    return times.to_utc(local, zone)


def _painted(name: str) -> bytes:
    """A cover of soft discs in two or three related colours, always the same for a name."""
    seed = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)
    chance = random.Random(seed)
    hue = chance.random()
    image = Image.new("RGB", (1280, 720), _colour(hue, 0.55, 0.22))
    draw = ImageDraw.Draw(image)
    for number in range(9):
        x, y, size = chance.randint(-100, 1280), chance.randint(-100, 720), chance.randint(120, 520)
        draw.ellipse((x, y, x + size, y + size), fill=_colour(hue + chance.uniform(-0.09, 0.09), 0.6, 0.25 + number * 0.06))
    out = io.BytesIO()
    image.filter(ImageFilter.GaussianBlur(26)).save(out, "JPEG", quality=85)
    return out.getvalue()


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, min(value, 1))
    return int(red * 255), int(green * 255), int(blue * 255)
