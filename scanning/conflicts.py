"""What a phone without network let happen and should not have: found at sync, shown to the supervisor.

The cause is a guess for people who decide what to do next; the facts beside it are exact.
"""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from events.models import Event
from scanning.models import Cause, Conflict, ConflictKind, Scan, Undo, Verdict
from ticketing.lib import tokens

ONE_READING = timedelta(seconds=90)  # the same phone, twice: somebody was not sure whether it had worked
COPIED_WITHIN = timedelta(minutes=15)  # two people with one picture come together
CLOCK_DOUBTFUL_MS = 120_000
NO_CONFLICT = {Verdict.ADMITTED, Verdict.EXITED, Verdict.NOT_INSIDE}
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def of_late_scan(*, scan: Scan, now: datetime) -> Conflict | None:
    """Write the conflict of a scan whose person passed and should not have; None when all is well."""
    if scan.verdict in NO_CONFLICT:
        return None
    earlier = _other_admission(scan) if scan.verdict == Verdict.ALREADY_ADMITTED else None
    return Conflict.objects.create(
        event_id=scan.event_id,
        scan=scan,
        earlier_scan=earlier,
        kind=kind_of(scan),
        cause=likely_cause(scan=scan, earlier=earlier),
        found_at=now,
    )


def found_before(*, scan: Scan | None) -> Conflict | None:
    return Conflict.objects.filter(scan=scan).first() if scan else None


def kind_of(scan: Scan) -> str:
    if scan.verdict == Verdict.ALREADY_ADMITTED:
        return ConflictKind.TWICE
    return ConflictKind.UNLISTED if scan.verdict in (Verdict.AUTHENTIC_UNKNOWN, Verdict.UNKNOWN, Verdict.FORGED) else ConflictKind.NOT_VALID


def likely_cause(*, scan: Scan, earlier: Scan | None) -> str:
    """From times, gates, devices and skew. First what the clocks can't tell, then what they can."""
    if scan.verdict in (Verdict.REVOKED, Verdict.CANCELLED):
        return Cause.LATE_REVOCATION
    if scan.verdict in (Verdict.WRONG_LIST, Verdict.WRONG_TIME, Verdict.STATIC_CODE, Verdict.EXPIRED_CODE):
        return Cause.RULE
    if earlier is None:
        return Cause.UNKNOWN
    apart = abs(scan.scanned_at - earlier.scanned_at)
    if scan.device_id is not None and scan.device_id == earlier.device_id and apart <= ONE_READING:
        return Cause.SAME_DEVICE
    doubt_ms = max(abs(scan.skew_ms or 0), abs(earlier.skew_ms or 0))
    if doubt_ms >= CLOCK_DOUBTFUL_MS and apart <= timedelta(milliseconds=doubt_ms):
        return Cause.CLOCK
    return Cause.COPIED if apart <= COPIED_WITHIN else Cause.PASSED_BACK


def _other_admission(scan: Scan) -> Scan | None:
    """The admission that stands against this one: the nearest in time."""
    others = Scan.objects.filter(
        check_in_list=scan.check_in_list_id, ticket=scan.ticket_id, period=scan.period, verdict=Verdict.ADMITTED, direction=scan.direction
    ).exclude(pk__in=Undo.objects.values("scan"))
    return min(others, key=lambda other: abs(other.scanned_at - scan.scanned_at), default=None)


def conflicts_of(*, event: Event) -> QuerySet[Conflict]:
    """The event's, newest first, with what the page and the file show."""
    loaded = (
        "scan__gate",
        "scan__device",
        "scan__ticket__ticket_type",
        "scan__ticket__order",
        "earlier_scan__gate",
        "earlier_scan__device",
    )
    return Conflict.objects.filter(event=event).select_related(*loaded).order_by("-id")


def sentence_of(conflict: Conflict) -> str:
    """One sentence for the phone and the page."""
    return f"{conflict.get_kind_display()}. Likely: {conflict.get_cause_display().lower()}."


def as_csv(*, event: Event) -> Iterator[str]:
    """The conflicts as lines of a file for a spreadsheet; cells that look like formulas are made text."""
    head = ("found", "kind", "likely cause", "attendee", "type", "order", "ticket", "list verdict", "let in at", "gate", "device")
    more = ("clock off by ms", "earlier at", "earlier gate", "earlier device", "earlier clock off by ms", "seconds apart")
    write = csv.writer(_Line()).writerow
    yield write([*head, *more])
    for conflict in conflicts_of(event=event).iterator(chunk_size=500):
        yield write([_as_text(cell) for cell in _cells(conflict, event)])


def _cells(conflict: Conflict, event: Event) -> list[Any]:
    scan, earlier = conflict.scan, conflict.earlier_scan
    ticket = scan.ticket
    who = (ticket.attendee_name, ticket.ticket_type.name, ticket.order.code, tokens.serial_text(ticket.serial)) if ticket else ("",) * 4
    apart = round((scan.scanned_at - earlier.scanned_at).total_seconds(), 1) if earlier else ""
    return [
        _there(conflict.found_at, event),
        conflict.get_kind_display(),
        conflict.get_cause_display(),
        *who,
        scan.get_verdict_display(),
        *_where(scan, event),
        *(_where(earlier, event) if earlier else ("",) * 4),
        apart,
    ]


def _where(scan: Scan, event: Event) -> tuple[Any, ...]:
    return _there(scan.scanned_at, event), scan.gate.name, scan.device.name if scan.device else "", scan.skew_ms if scan.device else ""


def _there(at: datetime, event: Event) -> str:
    return at.astimezone(event.zone).isoformat(sep=" ", timespec="seconds")


def _as_text(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


class _Line:
    """What csv writes to: gives the line back."""

    def write(self, line: str) -> str:
        return line
