"""Who waits for the organiser or for tickets, for the event's home."""

from dataclasses import dataclass

from django.db import connection

from events.models import Event

COUNTED = """
SELECT (SELECT count(*) FROM registrations_order WHERE event_id = %(event)s
    AND requested_at IS NOT NULL AND approved_at IS NULL AND cancelled_at IS NULL AND expired_at IS NULL),
  count(w.id), coalesce(sum(w.quantity), 0) FROM registrations_waitingentry w WHERE w.event_id = %(event)s AND w.hold_id IS NULL AND w.ended_at IS NULL
"""


@dataclass(frozen=True, kw_only=True)
class Promised:
    """`requests` to decide; `entries` on the waiting list, and the `tickets` that they want."""

    requests: int
    entries: int
    tickets: int


def to_event(*, event: Event) -> Promised:
    """One query."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, {"event": event.pk})
        requests, entries, tickets = (int(value) for value in cursor.fetchone())
    return Promised(requests=requests, entries=entries, tickets=tickets)
