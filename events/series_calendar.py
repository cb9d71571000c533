"""A series as the public sees it: a month's calendar, and the dates of a month or a day, page by page."""

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Max, Min, QuerySet

from events import listing
from events.models import Event, EventSeries

PAGE = 30
# Whether anything that everybody may see can be bought at a date.
OPEN = """EXISTS (SELECT 1 FROM events_tickettype t WHERE t.event_id = e.id AND NOT t.hidden AND t.archived_at IS NULL AND NOT EXISTS (
  SELECT 1 FROM events_tickettype_quotas x JOIN events_quota q ON q.id = x.quota_id WHERE x.tickettype_id = t.id AND (q.claimed >= q.capacity OR q.queued > 0)))"""
DAYS = f"""
SELECT (e.starts_at AT TIME ZONE %s)::date, count(*), bool_or({OPEN}) FROM events_event e
WHERE e.series_id = %s AND e.published_at IS NOT NULL AND e.cancelled_at IS NULL AND e.ends_at >= %s AND e.starts_at >= %s AND e.starts_at < %s GROUP BY 1
"""


@dataclass(frozen=True, kw_only=True)
class Day:
    """A cell of the calendar. `count`: how many dates it has; 0: an empty cell."""

    day: date
    count: int
    open: bool
    inside: bool


@dataclass(frozen=True, kw_only=True)
class Month:
    """`weeks`: rows of the calendar. `dates`: of the chosen day, or of the month, each with `card`."""

    first: date
    weeks: list[list[Day]]
    dates: list[Event]
    number: int
    more: bool
    before: date | None
    after: date | None
    chosen: date | None


def month_of(*, series: EventSeries, zone: str, month: date | None, day: date | None, number: int, now: datetime) -> Month | None:
    """The month asked for, or the first with a date that is still to come. None when there is none. Four queries."""
    upcoming = Event.objects.public().upcoming(now=now).filter(series=series)
    ends = upcoming.aggregate(first=Min("starts_at"), last=Max("starts_at"))
    if ends["first"] is None:
        return None
    soonest, latest = (_month(moment.astimezone(ZoneInfo(zone)).date()) for moment in (ends["first"], ends["last"]))
    first = min(max(_month(day or month or soonest), soonest), latest)
    chosen = day if day and _month(day) == first else None
    dates, more = _dates(upcoming, zone, first, chosen, number)
    return Month(
        first=first,
        weeks=_weeks(series, zone, first, now),
        dates=dates,
        number=number,
        more=more,
        before=_month(first - timedelta(days=1)) if first > soonest else None,
        after=_next(first) if first < latest else None,
        chosen=chosen,
    )


def _month(day: date) -> date:
    return day.replace(day=1)


def _next(month: date) -> date:
    return _month(month + timedelta(days=31))


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))


def _dates(upcoming: QuerySet[Event], zone: str, first: date, chosen: date | None, number: int) -> tuple[list[Event], bool]:
    begin, end = (chosen, chosen + timedelta(days=1)) if chosen else (first, _next(first))
    rows = upcoming.filter(starts_at__gte=_midnight(begin, zone), starts_at__lt=_midnight(end, zone)).order_by("starts_at", "id")
    found: list[Any] = list(rows.only(*listing.SHOWN)[(number - 1) * PAGE : number * PAGE + 1])
    listing.with_prices(events=found[:PAGE])
    return found[:PAGE], len(found) > PAGE


def _weeks(series: EventSeries, zone: str, first: date, now: datetime) -> list[list[Day]]:
    with connection.cursor() as cursor:
        cursor.execute(DAYS, [zone, series.pk, now, _midnight(first, zone), _midnight(_next(first), zone)])
        there = {day: (count, open_) for day, count, open_ in cursor.fetchall()}
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    return [
        [
            Day(day=day, count=there.get(day, (0, False))[0], open=there.get(day, (0, False))[1], inside=day.month == first.month)
            for day in week
        ]
        for week in weeks
    ]
