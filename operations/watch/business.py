"""Is the product doing what it is for: hold → order → paid → ticket made → mail sent → scanned, from the rows.

Ages of the oldest thing that should have happened come from partial indexes that hold nothing else.
Ratios are of what was begun in the last fifteen minutes; the ids that bound it come from earlier samples,
so that no index on times is needed.
"""

from datetime import datetime, timedelta

from django.db import connection

from operations.models import Sample

SPAN = timedelta(minutes=15)
TABLES = {
    "hold": "registrations_hold",
    "order": "registrations_order",
    "ticket": "registrations_ticket",
    "mail": "outbox_mail",
    "scan": "scanning_scan",
    "notice": "payments_notice",
}
# Mail that waits for its next try is as late as when it was first owed.
AGES = """
SELECT
  (SELECT min(received_at) FROM payments_notice WHERE handled_at IS NULL),
  (SELECT min(queued_at) FROM outbox_mail WHERE sent_at IS NULL AND given_up_at IS NULL),
  (SELECT min(confirmed_at) FROM registrations_order WHERE confirmed_at IS NOT NULL AND fulfilled_at IS NULL AND cancelled_at IS NULL),
  (SELECT min(expires_at) FROM registrations_hold WHERE released_at IS NULL AND converted_at IS NULL AND payment_open_since IS NULL AND expires_at < %s),
  (SELECT min(due_at) FROM payments_refund WHERE completed_at IS NULL AND failed_at IS NULL),
  (SELECT count(*) FROM outbox_mail WHERE sent_at IS NULL AND given_up_at IS NULL)
"""
BEGUN = """
SELECT
  (SELECT count(*) FROM registrations_hold WHERE id > %(hold)s),
  (SELECT count(*) FROM registrations_hold h WHERE h.id > %(hold)s AND EXISTS (SELECT 1 FROM registrations_order o WHERE o.hold_id = h.id)),
  (SELECT count(*) FROM registrations_order WHERE id > %(order)s),
  (SELECT count(*) FROM registrations_order WHERE id > %(order)s AND confirmed_at IS NOT NULL),
  (SELECT count(*) FROM registrations_order WHERE id > %(order)s AND confirmed_at IS NOT NULL AND fulfilled_at IS NOT NULL),
  (SELECT count(*) FROM registrations_ticket WHERE id > %(ticket)s),
  (SELECT count(*) FROM outbox_mail WHERE id > %(mail)s),
  (SELECT count(*) FROM outbox_mail WHERE id > %(mail)s AND sent_at IS NOT NULL),
  (SELECT count(*) FROM scanning_scan WHERE id > %(scan)s),
  (SELECT count(*) FROM scanning_scan WHERE id > %(scan)s AND verdict = 'admitted')
"""

Measures = dict[str, tuple[float | None, int]]


def ages(now: datetime) -> Measures:
    """Seconds that the oldest has waited; 0 when nothing waits."""
    with connection.cursor() as cursor:
        cursor.execute(AGES, [now])
        notice, mail, order, hold, refund, waiting = cursor.fetchone()
    names = ("notice.oldest_s", "mail.oldest_s", "ticket.oldest_unmade_s", "hold.oldest_leaked_s", "refund.oldest_s")
    moments = (notice, mail, order, hold, refund)
    found: Measures = {name: ((now - moment).total_seconds() if moment else 0.0, 1) for name, moment in zip(names, moments, strict=True)}
    return found | {"mail.waiting": (waiting, 1)}


def ratios(now: datetime) -> Measures:
    """Shares of the last fifteen minutes' holds and orders, and how many there were of each."""
    marks = _marks()
    before = (
        Sample.objects.filter(sampled_at__lte=now - SPAN, sampled_at__gte=now - SPAN * 4)
        .order_by("-sampled_at")
        .values_list("values", flat=True)
        .first()
    )
    since = {name: (before or {}).get(f"mark.{name}", [mark, 1])[0] for name, mark in marks.items()}
    with connection.cursor() as cursor:
        cursor.execute(BEGUN, since)
        holds, ordered, orders, confirmed, made, tickets, mails, sent, scans, admitted = cursor.fetchone()
    return {f"mark.{name}": (mark, 1) for name, mark in marks.items()} | {
        "sale.holds": (holds, 1),
        "sale.orders": (orders, 1),
        "sale.confirmed": (confirmed, 1),
        "sale.tickets": (tickets, 1),
        "sale.made": (made, 1),
        "sale.mails": (sent, mails),
        "sale.scans": (scans, 1),
        "sale.hold_to_order": (ordered / holds if holds else 1.0, holds),
        "sale.order_to_paid": (confirmed / orders if orders else 1.0, orders),
        "sale.paid_to_made": (made / confirmed if confirmed else 1.0, confirmed),
        "sale.admitted_share": (admitted / scans if scans else 1.0, scans),
    }


def _marks() -> dict[str, int]:
    """The newest id of each table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT coalesce(max(id), 0) FROM {table})" for table in TABLES.values()))
        return dict(zip(TABLES, cursor.fetchone(), strict=True))
