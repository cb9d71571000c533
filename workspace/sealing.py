"""Sums of what was sold, kept by the hour so that an event of a million tickets is looked at in milliseconds.

Nothing is added to a sale: a sweep sums the tickets that were issued since the last one, by their ids,
and what is newer is summed when somebody looks (statistics.py). An id is taken before its row can be
seen, so the sweep sums only up to an end that it saw before every transaction of that moment had ended
(PostgreSQL's own snapshot tells): sums and tail together are then every ticket, once, at any moment.
The audit sums everything anew and compares (W1).
"""

from datetime import datetime

from django.db import connection, transaction

from ticketing.lib.snapshot import HORIZON
from workspace.models import Seal

MOST = 200_000  # rows of one sweep

SALES = """
INSERT INTO workspace_saleshour AS h (event_id, ticket_type_id, hour, tickets, tickets_minor, orders, orders_minor)
SELECT t.event_id, t.ticket_type_id, date_trunc('hour', t.issued_at), count(*), sum(t.price_minor),
  count(*) FILTER (WHERE t.position = 1), coalesce(sum(o.total_minor) FILTER (WHERE t.position = 1), 0)
FROM registrations_ticket t JOIN registrations_order o ON o.id = t.order_id WHERE t.id > %(after)s AND t.id <= %(upto)s GROUP BY 1, 2, 3
ON CONFLICT (event_id, ticket_type_id, hour) DO UPDATE SET tickets = h.tickets + excluded.tickets,
  tickets_minor = h.tickets_minor + excluded.tickets_minor, orders = h.orders + excluded.orders, orders_minor = h.orders_minor + excluded.orders_minor
"""
ORDERS_BY_SOURCE = """
INSERT INTO workspace_traffichour AS h (event_id, hour, source, orders, tickets)
SELECT t.event_id, date_trunc('hour', t.issued_at), CASE WHEN o.hold_id IS NULL THEN '(staff)' ELSE b.source END,
  count(*) FILTER (WHERE t.position = 1), count(*)
FROM registrations_ticket t JOIN registrations_order o ON o.id = t.order_id LEFT JOIN registrations_hold b ON b.id = o.hold_id
WHERE t.id > %(after)s AND t.id <= %(upto)s GROUP BY 1, 2, 3
ON CONFLICT (event_id, hour, source) DO UPDATE SET orders = h.orders + excluded.orders, tickets = h.tickets + excluded.tickets
"""
HOLDS_BY_SOURCE = """
INSERT INTO workspace_traffichour AS h (event_id, hour, source, holds)
SELECT b.event_id, date_trunc('hour', b.created_at), b.source, count(*)
FROM registrations_hold b WHERE b.id > %(after)s AND b.id <= %(upto)s GROUP BY 1, 2, 3
ON CONFLICT (event_id, hour, source) DO UPDATE SET holds = h.holds + excluded.holds
"""
ENDS = "SELECT coalesce((SELECT max(id) FROM registrations_ticket), 0), coalesce((SELECT max(id) FROM registrations_hold), 0)"


def seal(*, now: datetime) -> bool:
    """Sum what can be summed; once a minute. Harmless beside itself. True when nothing is left to sum."""
    Seal.objects.get_or_create(pk=1)
    with transaction.atomic(), connection.cursor() as cursor:
        row = Seal.objects.select_for_update(skip_locked=True).filter(pk=1).first()
        if row is None:
            return True  # another sweep has it
        cursor.execute(HORIZON)
        oldest, next_xid = cursor.fetchone()
        if oldest >= row.pending_xid:
            ticket_id = min(row.pending_ticket_id, row.ticket_id + MOST)
            hold_id = min(row.pending_hold_id, row.hold_id + MOST)
            for statement, after, upto in (
                (SALES, row.ticket_id, ticket_id),
                (ORDERS_BY_SOURCE, row.ticket_id, ticket_id),
                (HOLDS_BY_SOURCE, row.hold_id, hold_id),
            ):
                if upto > after:
                    cursor.execute(statement, {"after": after, "upto": upto})
            row.ticket_id, row.hold_id, row.sealed_at = max(ticket_id, row.ticket_id), max(hold_id, row.hold_id), now
            if (row.ticket_id, row.hold_id) == (row.pending_ticket_id, row.pending_hold_id):
                cursor.execute(ENDS)
                row.pending_ticket_id, row.pending_hold_id = (
                    max(found, done) for found, done in zip(cursor.fetchone(), (row.ticket_id, row.hold_id), strict=True)
                )
                row.pending_xid = next_xid
        row.save()
    return (row.ticket_id, row.hold_id) == (row.pending_ticket_id, row.pending_hold_id)


def seal_all(*, now: datetime) -> None:
    """Until everything that is there is summed: after many rows were made at once, as for the demo."""
    for _ in range(1000):
        if seal(now=now):
            break


def begin_anew() -> None:
    """Forget every sum of sales; the next sweeps sum again. Views are kept, since they can't be counted again."""
    with transaction.atomic(), connection.cursor() as cursor:
        Seal.objects.select_for_update().filter(pk=1).update(
            ticket_id=0, hold_id=0, pending_ticket_id=0, pending_hold_id=0, pending_xid=0, sealed_at=None
        )
        cursor.execute("DELETE FROM workspace_saleshour")
        cursor.execute("UPDATE workspace_traffichour SET holds = 0, orders = 0, tickets = 0")
