"""The public list: search, date and place, page by page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Count, F, Min, Q

from events.models import SEARCHED, Event, TicketType

PAGE = 20
WHEN = (("", "Any date"), ("today", "Today"), ("week", "Next 7 days"), ("month", "Next 30 days"))
_AHEAD = {"today": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}


@dataclass(frozen=True, kw_only=True)
class Page:
    """`events`: with `least` (minor units) and `places_left`. `places`: cities to filter by."""

    events: list[Any]
    number: int
    more: bool
    places: list[str]


def prefix_query(text: str) -> SearchQuery | None:
    """Every word as the beginning of a word; None for nothing to search."""
    words = ["".join(letter for letter in word if letter.isalnum() or letter in "@._-").strip("@._-") for word in text.split()]
    words = [word.replace("'", "") for word in words if word][:6]
    return SearchQuery(" & ".join(f"'{word}':*" for word in words), search_type="raw", config="simple") if words else None


def listed(*, text: str, when: str, place: str, number: int, now: datetime) -> Page:
    """One page of public events that are not over, soonest first. Three queries."""
    rows = Event.objects.public().upcoming(now=now).order_by("starts_at", "id").defer("description")
    query = prefix_query(text)
    if query is not None:
        rows = rows.annotate(search=SearchVector(*SEARCHED, config="simple")).filter(search=query)
    if when in _AHEAD:
        rows = rows.filter(starts_at__lt=now + _AHEAD[when])
    if place == "online":
        rows = rows.filter(venue_name="")
    elif place:
        rows = rows.filter(city=place)
    found = list(rows[(number - 1) * PAGE : number * PAGE + 1])
    events = found[:PAGE]
    _with_prices(events)
    cities = Event.objects.public().upcoming(now=now).exclude(city="").order_by("city").values_list("city", flat=True).distinct()[:200]
    return Page(events=events, number=number, more=len(found) > PAGE, places=list(cities))


def _with_prices(events: list[Event]) -> None:
    facts = {
        row["event_id"]: row
        for row in TicketType.objects.filter(event__in=events, hidden=False, archived_at=None)
        .values("event_id")
        .annotate(
            least=Min("price_minor"),
            open=Count("id", filter=Q(quotas__claimed__lt=F("quotas__capacity"))),
        )
        .order_by()
    }
    for event in events:
        row = facts.get(event.pk, {"least": None, "open": 0})
        event.least, event.sold_out = row["least"], not row["open"]  # type: ignore[attr-defined]
        event.hue = event.pk % 6  # type: ignore[attr-defined]
