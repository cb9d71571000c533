"""The public list: search, date and place, page by page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy

from events.models import SEARCHED, Event, EventQuerySet
from ticketing.lib import dates, money
from ticketing.lib.languages import say

PAGE = 20
SHOWN = ("name", "slug", "starts_at", "time_zone", "currency", "venue_name", "city", "cover", "cover_width", "cover_height", "series")
# A type can be bought while every quota it draws on has room. What it costs is its first step that still sells.
PRICES = """
SELECT t.event_id, min(coalesce((
  SELECT s.price_minor FROM events_pricetier s WHERE t.tiered AND t.pricing = 'fixed' AND s.ticket_type_id = t.id AND s.archived_at IS NULL
    AND (s.ends_at IS NULL OR s.ends_at > now()) AND (s.quantity IS NULL OR s.claimed < s.quantity) ORDER BY s.position, s.id LIMIT 1
  ), t.price_minor)), bool_or(NOT EXISTS (
  SELECT 1 FROM events_tickettype_quotas x JOIN events_quota q ON q.id = x.quota_id WHERE x.tickettype_id = t.id AND (q.claimed >= q.capacity OR q.queued > 0)))
FROM events_tickettype t WHERE t.event_id = ANY(%s) AND NOT t.hidden AND NOT t.is_addon AND t.archived_at IS NULL GROUP BY t.event_id
"""
CITIES = """
SELECT DISTINCT city FROM events_event WHERE published_at IS NOT NULL AND cancelled_at IS NULL AND ends_at >= %s AND city <> '' ORDER BY city LIMIT 200
"""
# A series stands in the list once, with its next date. No date lasts longer than a month.
NEXT_OF_SERIES = """
SELECT (SELECT e.id FROM events_event e WHERE e.series_id = s.id AND e.published_at IS NOT NULL AND e.cancelled_at IS NULL
  AND e.ends_at >= %s AND e.starts_at >= %s - interval '31 days' ORDER BY e.starts_at, e.id LIMIT 1)
FROM events_eventseries s WHERE s.published_at IS NOT NULL
"""
MORE_DATES = """
SELECT s.id, s.slug, (SELECT count(*) FROM events_event e WHERE e.series_id = s.id AND e.published_at IS NOT NULL AND e.cancelled_at IS NULL
  AND e.starts_at >= %s) FROM events_eventseries s WHERE s.id = ANY(%s)
"""
WHEN = (
    ("", gettext_lazy("Any date")),
    ("today", gettext_lazy("Today")),
    ("week", gettext_lazy("Next 7 days")),
    ("month", gettext_lazy("Next 30 days")),
)
_AHEAD = {"today": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}


@dataclass(frozen=True, kw_only=True)
class Page:
    """`events`: each with `card`, what its card says. `places`: cities to filter by."""

    events: list[Any]
    number: int
    more: bool
    places: list[str]


def prefix_query(text: str) -> SearchQuery | None:
    """Every word as the beginning of a word; None for nothing to search."""
    words = ["".join(letter for letter in word if letter.isalnum() or letter in "@._-").strip("@._-") for word in text.split()]
    words = [word.replace("'", "") for word in words if word][:6]
    return SearchQuery(" & ".join(f"'{word}':*" for word in words), search_type="raw", config="simple") if words else None


def matching(rows: EventQuerySet, *, text: str) -> EventQuerySet:
    """Those that have every word of the text, as the beginning of a word; all for nothing to search."""
    query = prefix_query(text)
    return rows if query is None else rows.annotate(search=SearchVector(*SEARCHED, config="simple")).filter(search=query)


def later_than(rows: EventQuerySet, place: tuple[datetime, int]) -> EventQuerySet:
    """Those after this (start, id), where rows stand in that order."""
    starts_at, number = place
    return rows.filter(starts_at__gte=starts_at).exclude(starts_at=starts_at, pk__lte=number)


def listed(*, text: str, when: str, place: str, number: int, now: datetime) -> Page:
    """One page of public events that are not over, soonest first. Three queries, one more when a series is among them."""
    once = Q(series=None) | Q(pk__in=RawSQL(NEXT_OF_SERIES, [now, now]))
    rows = Event.objects.public().upcoming(now=now).filter(once).order_by("starts_at", "id").only(*SHOWN)
    rows = matching(rows, text=text)
    if when in _AHEAD:
        rows = rows.filter(starts_at__lt=now + _AHEAD[when])
    if place == "online":
        rows = rows.filter(venue_name="")
    elif place:
        rows = rows.filter(city=place)
    found = list(rows[(number - 1) * PAGE : number * PAGE + 1])
    events = found[:PAGE]
    with_prices(events=events)
    _with_series(events, now)
    with connection.cursor() as cursor:
        cursor.execute(CITIES, [now])
        places = [city for (city,) in cursor.fetchall()]
    return Page(events=events, number=number, more=len(found) > PAGE, places=places)


def least_prices(*, event_ids: list[int]) -> dict[int, tuple[int, bool]]:
    """{event id: (the least price, whether a type has room)} of what is listed. One query."""
    with connection.cursor() as cursor:
        cursor.execute(PRICES, [event_ids])
        return {event_id: (least, open_) for event_id, least, open_ in cursor.fetchall()}


def with_prices(*, events: list[Event]) -> None:
    """Give each event `card`, what its card says. One query."""
    facts: dict[int, tuple[int | None, bool]] = {**least_prices(event_ids=[event.pk for event in events])}
    for event in events:
        least, open_ = facts.get(event.pk, (None, False))
        local = event.local_start
        event.card = {  # type: ignore[attr-defined]
            "when": dates.moment(local, "card"),
            "where": ", ".join(part for part in (event.venue_name, event.city) if part) if event.venue_name else say("Online"),
            "price": _price(least, open_, event.currency),
            "least_minor": least,
            "sold_out": not open_,
            "hue": event.pk % 6,
            "cover": event.cover.url if event.cover else None,
        }


def _with_series(events: list[Event], now: datetime) -> None:
    """The card of a series' next date leads to the series, and says how many dates there are. No query without one."""
    ids = [event.series_id for event in events if event.series_id]
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(MORE_DATES, [now, ids])
        found = {series_id: (slug, count) for series_id, slug, count in cursor.fetchall()}
    for event in events:
        if event.series_id in found:
            slug, count = found[event.series_id]
            event.card |= {"series": slug, "dates": count}  # type: ignore[attr-defined]


def _price(least: int | None, open_: bool, currency: str) -> str:
    if least is None or not open_:
        return say("Sold out")
    return say("From {price}", price=money.format_money(least, currency)) if least else say("Free")
