"""An organiser's coming events for other programs: JSON Feed 1.1, Atom and iCalendar. The same facts in all three.

JSON Feed: https://www.jsonfeed.org/version/1.1/ (what it has no name for stands under `_event`)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.feedgenerator import Atom1Feed

from accounts.models import Organiser
from events import listing
from events.calendar import calendar_of
from events.models import Event
from ticketing.lib import languages, money
from ticketing.lib.site import absolute

MOST = 200


def events_of(*, organiser: Organiser, now: datetime, for_programs: bool = False) -> list[Event]:
    """Public and not over, soonest first, each with `card`, in the visitor's language, or programs' own. Two queries."""
    rows = Event.objects.public().upcoming(now=now).filter(organiser=organiser).order_by("starts_at", "id")
    found = list(rows.defer("description")[:MOST])
    with languages.speaking(language_of(events=found) if for_programs else languages.current()):
        listing.with_prices(events=found)
    return found


def language_of(*, events: Sequence[Event]) -> str:
    """Programs are told in the language that all the events share; else in English."""
    shared = {event.language or languages.ENGLISH for event in events}
    return shared.pop() if len(shared) == 1 else languages.ENGLISH


def json_feed(*, organiser: Organiser, events: Sequence[Event], address: str) -> dict[str, Any]:
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": organiser.name,
        "home_page_url": absolute("/"),
        "feed_url": address,
        "language": language_of(events=events),
        "items": [_item(event) for event in events],
    }


def _item(event: Event) -> dict[str, Any]:
    link = absolute(event.get_absolute_url())
    facts: Any = event.card  # type: ignore[attr-defined]
    return {
        "id": link,
        "url": link,
        "title": event.name,
        "summary": event.summary,
        "content_text": f"{facts['when']} · {facts['where']} · {facts['price']}",
        "image": absolute(f"{event.get_absolute_url()}preview.png"),
        "date_published": event.published_at.isoformat() if event.published_at else None,
        "_event": {
            "starts_at": event.local_start.isoformat(),
            "ends_at": event.local_end.isoformat(),
            "time_zone": event.time_zone,
            "venue": event.venue_name,
            "city": event.city,
            "country": event.country,
            "online": event.is_online,
            "currency": event.currency,
            "price_from": _price(facts["least_minor"], event.currency),
            "sold_out": facts["sold_out"],
        },
    }


def _price(least_minor: int | None, currency: str) -> str | None:
    return None if least_minor is None else str(money.to_major(least_minor, currency))


def atom(*, organiser: Organiser, events: Sequence[Event], address: str) -> str:
    feed = Atom1Feed(title=organiser.name, link=absolute("/"), description="", feed_url=address, author_name=organiser.name)
    for event in events:
        facts: Any = event.card  # type: ignore[attr-defined]
        link = absolute(event.get_absolute_url())
        text = f"{facts['when']} · {facts['where']} · {facts['price']}. {event.summary}".strip()
        feed.add_item(
            title=event.name, link=link, description=text, unique_id=link, pubdate=event.published_at, updateddate=event.published_at
        )
    return feed.writeString("utf-8")


def icalendar(*, organiser: Organiser, events: Sequence[Event], now: datetime) -> bytes:
    """Calendar programs ask again after an hour."""
    return calendar_of(events=events, name=organiser.name, now=now)
