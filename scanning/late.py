"""Scans that a phone without network decided alone, when they arrive at last.

They are put into the history at the time they were made. What the phone let happen and should not have
becomes a Conflict. Uploading again is harmless: the nonce was there.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from scanning import conflicts, redemption, rules
from scanning.models import Conflict, Direction, Entry, Gate, Scan, Undo, Verdict, Via
from scanning.redemption import Answer
from scanning.rules import Rule

MOST_SKEW = timedelta(hours=14)  # a clock in the wrong zone; what is further off is not believed at all
BELIEVED = {Verdict.ADMITTED, Verdict.EXITED}  # a phone that shows these has let the person pass


@dataclass(frozen=True, kw_only=True)
class LateScan:
    """A scan as the phone tells it."""

    nonce: str
    presented: str
    via: str
    direction: str
    scanned_at: datetime  # on the phone's own clock
    skew_ms: int  # to be added to it
    shown: str
    let_in: bool


@dataclass(frozen=True, kw_only=True)
class Received:
    answer: Answer
    conflict: Conflict | None


def receive(*, gate: Gate, late: LateScan, device_id: int, now: datetime) -> Received:
    """Judge and write one late scan, and the conflict that it shows, together or not at all."""
    let_in = late.let_in or late.shown in BELIEVED
    at = when(scanned_at=late.scanned_at, skew_ms=late.skew_ms, now=now)
    ticket, refusal, via = redemption.identify(gate, late.presented, at, by_hand=late.via == Via.HAND, as_of=at)
    scan = Scan(
        event_id=gate.event_id,
        gate=gate,
        check_in_list_id=gate.check_in_list_id,
        ticket=ticket,
        device_id=device_id,
        nonce=late.nonce,
        via=Via.HAND if late.via == Via.HAND else via,
        direction=late.direction,
        scanned_at=at,
        received_at=now,
        presented=redemption.fingerprint(late.presented),
        shown=late.shown,
        let_in=let_in,
        skew_ms=late.skew_ms,
    )
    if not let_in:
        refusal = late.shown  # nobody moved: the phone's word stands
    rule = redemption.rule_of(gate.check_in_list)
    replayed = rule.exits and scan.direction == Direction.IN and refusal is None
    try:
        with transaction.atomic():
            answer = redemption.settle(scan=scan, gate=gate, refusal=refusal, decide=_into_the_history if replayed else None)
            return Received(answer=answer, conflict=conflicts.of_late_scan(scan=scan, now=now) if let_in else None)
    except IntegrityError:
        if (before := redemption.answered_before(event_id=gate.event_id, nonce=late.nonce)) is None:
            raise
    return Received(answer=before, conflict=conflicts.found_before(scan=before.scan))


def when(*, scanned_at: datetime, skew_ms: int, now: datetime) -> datetime:
    """The phone's time put right; never later than now, since the scan is here already."""
    skew = timedelta(milliseconds=skew_ms)
    return min(now, scanned_at + (skew if abs(skew) <= MOST_SKEW else timedelta(0)))


def _into_the_history(scan: Scan, rule: Rule) -> None:
    """An entry by a list with exits, between what came before and after it: it is admitted if the rule
    allows it there and all that was admitted since still stands."""
    rows = Entry.objects.select_for_update(of=("self",)).filter(
        check_in_list=scan.check_in_list_id, ticket=scan.ticket_id, period=scan.period
    )
    if (entry := rows.first()) is None:
        redemption.move(scan, rule)
        if scan.verdict == Verdict.ADMITTED:
            _leave_afterwards(rows.get(), scan)
        return
    past = movements(check_in_list_id=scan.check_in_list_id, ticket_id=entry.ticket_id, period=scan.period)
    if not _fits(rule, past, scan):
        redemption.write_scan(scan, Verdict.ALREADY_ADMITTED)
        return
    redemption.add_entry(entry=entry, scan=scan)
    _leave_afterwards(entry, scan)


def _leave_afterwards(entry: Entry, scan: Scan) -> None:
    """An exit that came in before this entry did was noted as "not inside"; now it means something."""
    out = Scan.objects.filter(
        check_in_list=scan.check_in_list_id,
        ticket=scan.ticket_id,
        period=scan.period,
        verdict=Verdict.NOT_INSIDE,
        scanned_at__gte=scan.scanned_at,
    )
    last = out.order_by("-scanned_at").values_list("scanned_at", flat=True).first()
    if last is not None and (entry.left_at is None or entry.left_at < last):
        Entry.objects.filter(pk=entry.pk).update(left_at=last)


def movements(*, check_in_list_id: int, ticket_id: int, period: int) -> list[Scan]:
    """What the ticket did, in the order it did it, without what was undone."""
    moved = (Verdict.ADMITTED, Verdict.EXITED, Verdict.NOT_INSIDE)
    done = Scan.objects.filter(check_in_list=check_in_list_id, ticket=ticket_id, period=period, verdict__in=moved)
    return list(done.exclude(pk__in=Undo.objects.values("scan")).order_by("scanned_at", "id"))


def _fits(rule: Rule, past: list[Scan], scan: Scan) -> bool:
    state = rules.NOTHING_YET
    for each in sorted([*past, scan], key=lambda one: one.scanned_at):
        judged = rules.judge(
            rule=Rule(entries=rule.entries, exits=rule.exits),
            types=None,
            type_id=0,
            state=state,
            direction=each.direction,
            at=each.scanned_at,
        )
        if each.direction == Direction.IN and judged.verdict != Verdict.ADMITTED:
            return False
        state = judged.state
    return True
