"""How is it going: sold, money, pace, ways, turnout. Kept for 30 seconds; right to the ticket and the cent at
the moment it says, which is told with it."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.backends.utils import CursorWrapper

from events.models import Event
from ticketing.lib.snapshot import one_snapshot

FRESH_SECONDS = 30  # the plan's event_stats
PACE_SECONDS = 600
STAFF = "(staff)"
MOST_CODES = 10

# The hours that are summed, the tickets that are newer, and, as negative numbers, what was cancelled since.
# The seal's own ids are read first, so that PostgreSQL knows how few tickets are newer.
SEAL = "SELECT coalesce(max(ticket_id), 0), coalesce(max(hold_id), 0) FROM workspace_seal"
SOLD = """
SELECT event_id, ticket_type_id, hour, tickets, tickets_minor, orders, orders_minor FROM workspace_saleshour WHERE event_id = ANY(%(events)s)
UNION ALL
SELECT t.event_id, t.ticket_type_id, date_trunc('hour', t.issued_at), count(*), sum(t.price_minor)::bigint, count(*) FILTER (WHERE t.position = 1),
  coalesce(sum(o.total_minor) FILTER (WHERE t.position = 1), 0)::bigint
FROM registrations_ticket t JOIN registrations_order o ON o.id = t.order_id
WHERE t.event_id = ANY(%(events)s) AND t.id > %(tickets)s GROUP BY 1, 2, 3
UNION ALL
SELECT t.event_id, t.ticket_type_id, date_trunc('hour', o.cancelled_at), -count(*), -sum(t.price_minor)::bigint, -count(*) FILTER (WHERE t.position = 1),
  -coalesce(sum(o.total_minor) FILTER (WHERE t.position = 1), 0)::bigint
FROM registrations_order o JOIN registrations_ticket t ON t.order_id = o.id
WHERE o.event_id = ANY(%(events)s) AND o.cancelled_at IS NOT NULL AND o.confirmed_at IS NOT NULL GROUP BY 1, 2, 3
"""
BY_DAY = f"""
SELECT sold.event_id, date_trunc('day', hour), coalesce(sum(tickets) FILTER (WHERE NOT kind.is_addon), 0)::bigint, sum(orders)::bigint,
  sum(orders_minor)::bigint
FROM ({SOLD}) AS sold JOIN events_tickettype kind ON kind.id = sold.ticket_type_id GROUP BY 1, 2 ORDER BY 1, 2
"""
# Add-ons bring money and no people: their tickets are told by type alone.
FACTS = """
SELECT
  (SELECT coalesce(array_agg(id), '{}') FROM events_tickettype WHERE event_id = %(event)s AND is_addon),
  (SELECT coalesce(sum(l.quantity), 0) FROM registrations_hold h JOIN registrations_holdline l ON l.hold_id = h.id
    WHERE h.event_id = %(event)s AND h.released_at IS NULL AND h.converted_at IS NULL),
  (SELECT count(*) FROM registrations_order o WHERE o.event_id = %(event)s AND o.confirmed_at IS NULL AND o.expired_at IS NULL AND o.cancelled_at IS NULL
    AND (o.requested_at IS NULL OR o.approved_at IS NOT NULL)),
  (SELECT coalesce(sum(r.amount_minor) FILTER (WHERE o.confirmed_at IS NOT NULL AND o.cancelled_at IS NULL), 0)
    FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id JOIN registrations_order o ON o.id = p.order_id
    WHERE o.event_id = %(event)s AND r.failed_at IS NULL AND r.reason = 'requested'),
  (SELECT count(*) FROM registrations_order WHERE event_id = %(event)s
    AND requested_at IS NOT NULL AND approved_at IS NULL AND cancelled_at IS NULL AND expired_at IS NULL),
  (SELECT coalesce(jsonb_agg(jsonb_build_array(used.code, used.uses, used.given_minor, used.max_uses)), '[]') FROM (
    SELECT code, uses, given_minor, max_uses FROM events_promotion WHERE event_id = %(event)s AND uses > 0
    ORDER BY uses DESC, code LIMIT %(codes)s) AS used),
  count(w.id), coalesce(sum(w.quantity), 0)
FROM registrations_waitingentry w WHERE w.event_id = %(event)s AND w.hold_id IS NULL AND w.ended_at IS NULL
"""
# An event that is over: its seal is looked up within, since nothing of it is newer.
PACE = f"""
SELECT hour, sum(tickets)::bigint
FROM ({SOLD.replace("%(tickets)s", "(SELECT coalesce(max(ticket_id), 0) FROM workspace_seal)")}) AS sold
JOIN events_tickettype kind ON kind.id = sold.ticket_type_id WHERE NOT kind.is_addon GROUP BY 1
"""
# With one list and one period each entry is another ticket's; otherwise a ticket counts once.
ENTRIES = """
SELECT of_list.entries, of_list.last_period FROM scanning_checkinlist l, LATERAL (
  SELECT count(*) AS entries, coalesce(max(e.period), 0) AS last_period FROM scanning_entry e WHERE e.check_in_list_id = l.id) AS of_list
WHERE l.event_id = %(event)s AND of_list.entries > 0
"""
ENTERED = """
SELECT count(DISTINCT e.ticket_id) FROM scanning_checkinlist l JOIN scanning_entry e ON e.check_in_list_id = l.id WHERE l.event_id = %(event)s
"""
TRAFFIC = """
SELECT source, sum(views)::bigint, sum(holds)::bigint, sum(orders)::bigint, sum(tickets)::bigint FROM (
  SELECT source, views, holds, orders, tickets FROM workspace_traffichour WHERE event_id = %(event)s
  UNION ALL
  SELECT source, 0, count(*), 0, 0 FROM registrations_hold WHERE event_id = %(event)s AND id > %(holds)s GROUP BY 1
  UNION ALL
  SELECT CASE WHEN o.hold_id IS NULL THEN '(staff)' ELSE b.source END, 0, 0, count(*) FILTER (WHERE t.position = 1), count(*)
  FROM registrations_ticket t JOIN registrations_order o ON o.id = t.order_id LEFT JOIN registrations_hold b ON b.id = o.hold_id
  WHERE t.event_id = %(event)s AND t.id > %(tickets)s GROUP BY 1
) AS ways GROUP BY 1 ORDER BY 4 DESC, 2 DESC, 1
"""


@dataclass
class Way:
    """From one source: how many saw the page, set tickets aside, ordered."""

    source: str
    views: int
    holds: int
    orders: int
    tickets: int


@dataclass
class Code:
    """A code that was used: in how many orders and holds, and what it took off them."""

    code: str
    uses: int
    given_minor: int
    max_uses: int | None


@dataclass
class Day:
    """One day on the venue's calendar."""

    day: date
    tickets: int = 0
    orders: int = 0
    minor: int = 0

    @property
    def name(self) -> str:
        return f"{self.day:%a} {self.day.day} {self.day:%b %Y}"


@dataclass
class Figures:
    """`tickets`, `orders`, `sales_minor`: confirmed and not cancelled; add-ons are in the sales and are no tickets.
    `refunded_minor`: given back on those orders. `by_type`: {ticket type id: (tickets, minor)}.
    `pace`: [(days before the start, tickets so far)]. `requests`: for the organiser to decide; `entries` on the waiting
    list, and how many tickets they want (`wanted`). `codes`: the most used ones."""

    at: datetime
    tickets: int = 0
    orders: int = 0
    sales_minor: int = 0
    refunded_minor: int = 0
    held: int = 0
    waiting: int = 0
    requests: int = 0
    entries: int = 0
    wanted: int = 0
    entered: int = 0
    by_type: dict[int, tuple[int, int]] = field(default_factory=dict)
    days: list[Day] = field(default_factory=list)
    pace: list[tuple[int, int]] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    codes: list[Code] = field(default_factory=list)

    @property
    def net_minor(self) -> int:
        return self.sales_minor - self.refunded_minor

    def age_seconds(self, *, now: datetime) -> int:
        return max(0, int((now - self.at).total_seconds()))


def figures_of(*, event: Event, now: datetime) -> Figures:
    """At most 30 seconds old."""
    key = f"figures:{event.pk}"
    found: Figures | None = cache.get(key)
    if found is None or found.age_seconds(now=now) > FRESH_SECONDS:
        found = counted(event=event, now=now)
        cache.set(key, found, FRESH_SECONDS)
    return found


def counted(*, event: Event, now: datetime) -> Figures:
    """As it is at this moment. Five queries, one snapshot."""
    figures = Figures(at=now)
    with one_snapshot(), connection.cursor() as cursor:
        upto = _sealed(cursor)
        cursor.execute(FACTS, {"event": event.pk, "codes": MOST_CODES})
        addons, *facts = cursor.fetchone()
        figures.codes = [Code(*row) for row in json.loads(facts.pop(4))]
        figures.held, figures.waiting, figures.refunded_minor, figures.requests, figures.entries, figures.wanted = map(int, facts)
        cursor.execute(SOLD, {"events": [event.pk]} | upto)
        _sum(figures, cursor.fetchall(), event, set(addons))
        figures.entered = _entered(cursor, event)
        cursor.execute(TRAFFIC, {"event": event.pk} | upto)
        figures.ways = [Way(*row) for row in cursor.fetchall()]
    return figures


def _sealed(cursor: CursorWrapper) -> dict[str, Any]:
    cursor.execute(SEAL)
    tickets, holds = cursor.fetchone()
    return {"tickets": tickets, "holds": holds}


def _entered(cursor: CursorWrapper, event: Event) -> int:
    cursor.execute(ENTRIES, {"event": event.pk})
    lists = cursor.fetchall()
    if len(lists) > 1 or any(period for _, period in lists):
        cursor.execute(ENTERED, {"event": event.pk})
        lists = cursor.fetchall()
    return sum(row[0] for row in lists)


def _sum(figures: Figures, rows: Sequence[tuple[int, int, datetime, int, int, int, int]], event: Event, addons: set[int]) -> None:
    days: dict[date, Day] = {}
    hours: dict[datetime, Day] = {}
    types: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    zone = event.zone
    for _, type_id, hour, tickets, tickets_minor, orders, orders_minor in rows:
        if (of_day := hours.get(hour)) is None:
            day = hour.astimezone(zone).date()
            of_day = hours[hour] = days.setdefault(day, Day(day))
        of_day.tickets += 0 if type_id in addons else tickets
        of_day.orders += orders
        of_day.minor += orders_minor
        before = types[type_id]
        types[type_id] = (before[0] + tickets, before[1] + tickets_minor)
    figures.by_type = dict(types)
    figures.days = [days[day] for day in sorted(days)]
    figures.tickets = sum(day.tickets for day in figures.days)
    figures.orders = sum(day.orders for day in figures.days)
    figures.sales_minor = sum(day.minor for day in figures.days)
    figures.pace = _pace(figures.days, event.local_start.date())


def _pace(days: list[Day], start: date) -> list[tuple[int, int]]:
    """[(days before the start, tickets sold by the end of that day)], from the first sale on."""
    sold, so_far = [], 0
    for day in days:
        so_far += day.tickets
        sold.append(((start - day.day).days, so_far))
    return sold


def pace_of(*, event: Event) -> list[tuple[int, int]]:
    """An earlier event's, which changes little any more. One query."""
    key = f"pace:{event.pk}"
    found: list[tuple[int, int]] | None = cache.get(key)
    if found is None:
        with connection.cursor() as cursor:
            cursor.execute(PACE, {"events": [event.pk]})
            rows = cursor.fetchall()
        days: dict[date, Day] = {}
        for hour, tickets in rows:
            day = hour.astimezone(event.zone).date()
            days.setdefault(day, Day(day)).tickets += tickets
        found = _pace([days[day] for day in sorted(days)], event.local_start.date())
        cache.set(key, found, PACE_SECONDS)
    return found


def sold_by(pace: list[tuple[int, int]], days_before: int) -> int:
    """How many were sold when the start was this many days away."""
    return max((sold for before, sold in pace if before >= days_before), default=0)


@dataclass
class Line:
    """An event in the organiser's table."""

    tickets: int = 0
    minor: int = 0
    spark: list[int] = field(default_factory=list)


def lines_of(*, events: Sequence[Event], now: datetime, days: int = 30) -> dict[int, Line]:
    """{event id: what was sold, and the tickets of each of the last days}. Two queries in one snapshot."""
    lines = {event.pk: Line(spark=[0] * days) for event in events}
    if not lines:
        return lines
    with one_snapshot(), connection.cursor() as cursor:
        cursor.execute(BY_DAY, {"events": list(lines)} | _sealed(cursor))
        for event_id, day, tickets, _, minor in cursor.fetchall():
            line = lines[event_id]
            line.tickets += tickets
            line.minor += minor
            age = (now - day) // timedelta(days=1)
            if 0 <= age < days:
                line.spark[days - 1 - age] += tickets
    return lines
