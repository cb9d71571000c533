"""What happened, read from the rows that tell it: orders, first tickets, the trail, the ledger, scans.

Rows are read by their ids, up to an end. An id is taken before its row can be seen, so an end that was seen
is read only once every transaction of that moment has ended (PostgreSQL's own snapshot tells): then every
row up to it is there, and none is missed or told twice. All ends are seen in one snapshot, so that what
came first of one thing is never read after what came later. Without an endpoint nothing is read.
"""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from api.models import Endpoint, Reading
from api.webhooks.kinds import ACTS

MARGIN = 1000  # ids before the first endpoint's beginning, whose transactions may not have ended then

ENDS = """
SELECT coalesce((SELECT max(id) FROM registrations_order), 0), coalesce((SELECT max(id) FROM registrations_ticket), 0),
  coalesce((SELECT max(id) FROM trail_change), 0), coalesce((SELECT max(id) FROM payments_ledgerentry), 0),
  coalesce((SELECT max(id) FROM scanning_scan), 0),
  pg_snapshot_xmax(pg_current_snapshot())::text::bigint, pg_snapshot_xmin(pg_current_snapshot())::text::bigint
"""
SOURCES = ("order", "ticket", "change", "ledger", "scan")
TELL = """
INSERT INTO api_message (endpoint_id, kind, fact, about, about_id, happened_at, body, due_at, tries, last_error)
SELECT w.id, f.kind, f.fact, f.about, f.about_id, f.at, '', %(now)s, 0, '' FROM (
  SELECT e.organiser_id, 'order.placed' AS kind, 'order:' || o.id AS fact, 'order:' || o.id AS about, o.id AS about_id, o.placed_at AS at,
    1 AS rank, o.id AS place
  FROM registrations_order o JOIN events_event e ON e.id = o.event_id WHERE o.id > %(order_after)s AND o.id <= %(order_upto)s
  UNION ALL
  SELECT e.organiser_id, 'order.paid', 'ticket:' || t.id, 'order:' || t.order_id, t.order_id, t.issued_at, 2, t.id
  FROM registrations_ticket t JOIN events_event e ON e.id = t.event_id
  WHERE t.position = 1 AND t.id > %(ticket_after)s AND t.id <= %(ticket_upto)s
  UNION ALL
  SELECT coalesce(c.organiser_id, e.organiser_id), k.kind, 'change:' || c.id, c.about || ':' || c.about_id, c.about_id, c.at, 3, c.id
  FROM trail_change c JOIN unnest(%(acts)s::text[], %(kinds)s::text[]) AS k(act, kind) ON k.act = c.act LEFT JOIN events_event e ON e.id = c.event_id
  WHERE c.id > %(change_after)s AND c.id <= %(change_upto)s
  UNION ALL
  SELECT l.organiser_id, 'order.refunded', 'ledger:' || l.id, 'order:' || p.order_id, p.order_id, l.posted_at, 4, l.id
  FROM payments_ledgerentry l JOIN payments_payment p ON p.id = l.payment_id
  WHERE l.kind = 'refund' AND l.id > %(ledger_after)s AND l.id <= %(ledger_upto)s
  UNION ALL
  SELECT e.organiser_id, 'ticket.admitted', 'scan:' || s.id, 'ticket:' || s.ticket_id, s.id, s.received_at, 5, s.id
  FROM scanning_scan s JOIN events_event e ON e.id = s.event_id
  WHERE s.verdict = 'admitted' AND s.direction = 'in' AND s.ticket_id IS NOT NULL AND s.id > %(scan_after)s AND s.id <= %(scan_upto)s
) AS f JOIN api_endpoint w ON w.organiser_id = f.organiser_id
WHERE w.removed_at IS NULL AND f.at >= w.made_at AND (w.kinds = '{}' OR f.kind = ANY(w.kinds))
ORDER BY f.at, f.rank, f.place
ON CONFLICT (endpoint_id, fact) DO NOTHING
"""


def begin() -> None:
    """An endpoint is added: what happens from now on is read. Where none was, reading begins anew."""
    if Endpoint.objects.filter(removed_at=None).exists() and Reading.objects.exists():
        return
    ends, _, xmax = _ends()
    start = {source: max(0, end - MARGIN) for source, end in ends.items()}
    Reading.objects.update_or_create(pk=1, defaults={"read": start, "pending": start, "pending_xid": xmax})


def read(*, now: datetime) -> int:
    """Turn what happened since the last reading into messages. Harmless beside itself. Returns how many."""
    if not Endpoint.objects.filter(removed_at=None).exists():
        return 0
    with transaction.atomic():
        row = Reading.objects.select_for_update(skip_locked=True).filter(pk=1).first()
        if row is None:
            return 0  # another worker is reading
        ends, oldest, next_xid = _ends()
        if oldest < row.pending_xid:
            return 0  # a transaction of the last reading's time still runs
        if row.read == row.pending == ends:
            return 0  # nothing happened, and nothing is written
        told = _tell(row, now) if row.read != row.pending else 0
        row.read, row.pending, row.pending_xid = row.pending, ends, next_xid
        row.save()
    return told


def _ends() -> tuple[dict[str, int], int, int]:
    """The newest ids, the oldest transaction that runs, and the next one's number; seen at one moment."""
    with connection.cursor() as cursor:
        cursor.execute(ENDS)
        *ends, xmax, xmin = cursor.fetchone()
    return dict(zip(SOURCES, ends, strict=True)), xmin, xmax


def _tell(row: Reading, now: datetime) -> int:
    values: dict[str, Any] = {"now": now, "acts": list(ACTS), "kinds": list(ACTS.values())}
    for source in SOURCES:
        values |= {f"{source}_after": row.read[source], f"{source}_upto": row.pending[source]}
    with connection.cursor() as cursor:
        cursor.execute(TELL, values)
        return int(cursor.rowcount)
