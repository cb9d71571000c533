"""Taking an admission back, and letting everybody out at an hour."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from events import times
from events.models import Event
from scanning import rules
from scanning.late import movements
from scanning.models import CheckInList, Direction, Entry, Scan, Undo, Verdict

LEAVE_ALL = """
WITH gone AS (
  UPDATE scanning_entry e SET left_at = %(at)s FROM registrations_ticket t
  WHERE t.id = e.ticket_id AND e.check_in_list_id = %(list)s AND e.admitted_at <= %(at)s AND (e.left_at IS NULL OR e.left_at < e.admitted_at)
  RETURNING e.ticket_id, e.period, e.gate_id)
INSERT INTO scanning_scan (event_id, gate_id, check_in_list_id, ticket_id, period, presented, via, direction, verdict, scanned_at, received_at, steward_id)
SELECT %(event)s, gate_id, %(list)s, ticket_id, period, '', 'all', 'out', 'exited', %(at)s, %(now)s, %(steward)s FROM gone
"""


def undo(*, scan: Scan, reason: str, now: datetime, user: Any = None, device_id: int | None = None) -> bool:
    """Take an admission back: the ticket may enter again. False when it was none, or is undone already."""
    if scan.verdict != Verdict.ADMITTED or scan.direction != Direction.IN or scan.ticket_id is None:
        return False
    with transaction.atomic():
        # The row is locked first, as an entry does, so that the two never wait in a ring.
        entry = (
            Entry.objects.select_for_update(of=("self",))
            .filter(check_in_list=scan.check_in_list_id, ticket=scan.ticket_id, period=scan.period)
            .first()
        )
        _, made = Undo.objects.get_or_create(
            scan=scan, defaults={"reason": reason[:120], "undone_at": now, "user": user, "device_id": device_id}
        )
        if made and entry is not None:
            _as_the_history_tells(entry)
    return made


def _as_the_history_tells(entry: Entry) -> None:
    past = movements(check_in_list_id=entry.check_in_list_id, ticket_id=entry.ticket_id, period=entry.period)
    entered = [scan for scan in past if scan.verdict == Verdict.ADMITTED]
    if not entered:
        entry.delete()
        return
    last = entered[-1]
    Entry.objects.filter(pk=entry.pk).update(entries=len(entered), admitted_at=last.scanned_at, gate=last.gate_id)


def let_all_out(*, check_in_list: CheckInList, at: datetime, now: datetime, steward: Any = None) -> int:
    """Everybody whom the list has inside is out since `at`, each with an exit of their own. Returns how many."""
    values = {"event": check_in_list.event_id, "list": check_in_list.pk, "at": at, "now": now, "steward": steward.pk if steward else None}
    with connection.cursor() as cursor:
        cursor.execute(LEAVE_ALL, values)
        return int(cursor.rowcount)


def let_out_due(*, now: datetime) -> int:
    """Lists that let everybody out at an hour: those whom the last such hour should have. Again is harmless."""
    running = {"event__starts_at__lt": now + timedelta(days=1), "event__ends_at__gt": now - timedelta(days=2)}
    out = 0
    for check_in_list in CheckInList.objects.filter(rule__has_key="all_out_at", **running).select_related("event"):
        hour = rules.parse(check_in_list.rule).all_out_at
        if hour is not None:
            at = last_time_of(wall_clock=hour, event=check_in_list.event, now=now)
            out += let_all_out(check_in_list=check_in_list, at=at, now=now)
    return out


def last_time_of(*, wall_clock: timedelta, event: Event, now: datetime) -> datetime:
    """When the venue's clock showed this last, such as 2 h 30 min after midnight. The hour that happens
    twice in autumn is its first; one that spring jumps over is the moment of the jump."""
    local = times.to_local(now, event.time_zone).replace(hour=0, minute=0, second=0, microsecond=0) + wall_clock
    for days in (0, 1):
        try:
            at = times.to_utc(local - timedelta(days=days), event.time_zone)
        except times.NoSuchTime:
            at = _after_the_jump(local - timedelta(days=days), event)
        if at <= now:
            return at
    return now


def _after_the_jump(local: datetime, event: Event) -> datetime:
    """The first minute that exists after a time the clocks jump over."""
    for minutes in range(1, 181):
        try:
            return times.to_utc(local.replace(minute=0) + timedelta(minutes=minutes), event.time_zone)
        except times.NoSuchTime:
            continue
    raise ValueError(f"No time after {local} in {event.time_zone}.")


def undone(*, scans: list[Scan]) -> set[int]:
    """The ids of those that were taken back."""
    return set(Undo.objects.filter(scan__in=scans).values_list("scan_id", flat=True))
