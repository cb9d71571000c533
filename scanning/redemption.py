"""Entry and exit: the one door is `redeem`. HOT.

One conditional statement decides: of any number of scans at once, as many enter as the list's rule
allows, the others find them there. Every attempt is written as a Scan. Works for a code, a typed
serial, a ticket picked by hand, and for scans that a phone decided alone (late.py, conflicts.py).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Subquery

from registrations import codes, rotating
from registrations.models import RotatingCodes, Ticket, Transfer
from scanning import rules
from scanning.models import CheckInList, Direction, Entry, Gate, Scan, Verdict, Via
from scanning.rules import Rule
from ticketing.lib import tokens
from ticketing.lib.prepared import Param, Prepared, PreparedInsert, kept_cursor

# One statement each: the entry decides the verdict, and a nonce that was there before takes the entry back with it.
SCANNED = """
INSERT INTO scanning_scan (check_in_list_id, ticket_id, period, gate_id, scanned_at, event_id, steward_id, device_id, nonce, presented,
  via, direction, shown, let_in, skew_ms, received_at, verdict)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, CASE WHEN EXISTS (SELECT 1 FROM moved) THEN %s {otherwise}ELSE %s END)
RETURNING id, verdict
"""
# Looked at again under the lock that every entry takes on its ticket: a ticket that is handed on or cancelled in the
# same moment (FOR UPDATE there) is either in before, and that is refused, or its code admits nobody.
ENTERED = """
WITH good AS (
  SELECT id FROM registrations_ticket WHERE id = %s AND serial = %s AND (voided_at IS NULL OR %s::bool) FOR KEY SHARE),
moved AS (
  INSERT INTO scanning_entry (check_in_list_id, ticket_id, period, gate_id, admitted_at, entries) SELECT %s, id, %s, %s, %s, 1 FROM good
  ON CONFLICT (check_in_list_id, ticket_id, period) DO"""
# Most lists: one entry. The others are not even locked.
NOT_GOOD = "WHEN NOT EXISTS (SELECT 1 FROM good) THEN 'revoked' "
ADMIT_ONCE = f"{ENTERED} NOTHING RETURNING 1) {SCANNED.format(otherwise=NOT_GOOD)}"
# PostgreSQL looks at the row again under its lock, so the condition holds for what is there then.
ADMIT = f"""{ENTERED} UPDATE SET entries = scanning_entry.entries + 1, admitted_at = greatest(scanning_entry.admitted_at, excluded.admitted_at),
    gate_id = CASE WHEN excluded.admitted_at >= scanning_entry.admitted_at THEN excluded.gate_id ELSE scanning_entry.gate_id END
  WHERE scanning_entry.entries < %s::int AND (NOT %s::bool OR scanning_entry.left_at >= scanning_entry.admitted_at)
  RETURNING 1) {SCANNED.format(otherwise=NOT_GOOD)}"""
LEAVE = f"""
WITH moved AS (
  UPDATE scanning_entry SET left_at = %s WHERE check_in_list_id = %s AND ticket_id = %s AND period = %s
  AND admitted_at <= %s AND (left_at IS NULL OR left_at < admitted_at) AND %s::bool RETURNING 1) {SCANNED.format(otherwise="")}"""
NO_LIMIT = 32_767

LISTED = CheckInList.ticket_types.through.objects.filter
TICKET = Prepared(
    lambda: (
        Ticket.objects.select_related("order", "ticket_type")
        .annotate(
            listed=ExpressionWrapper(
                ~Exists(LISTED(checkinlist=Param("list")))
                | Exists(LISTED(checkinlist=Param("list"), tickettype=OuterRef("ticket_type_id"))),
                output_field=BooleanField(),
            ),
            static_codes=Subquery(RotatingCodes.objects.filter(event=OuterRef("event_id")).values("static_codes")[:1]),
        )
        .only(
            *(field.name for field in Ticket._meta.concrete_fields),
            *(f"order__{name}" for name in ("code", "confirmed_at", "cancelled_at")),
            "ticket_type__name",
        )
        .filter(serial=Param("serial"))
    )
)
ENTRY = Prepared(
    lambda: Entry.objects.select_related("gate").filter(check_in_list=Param("list"), ticket=Param("ticket"), period=Param("period"))
)
SCAN = Prepared(
    lambda: Scan.objects.select_related("ticket__ticket_type", "ticket__order").filter(event=Param("event"), nonce=Param("nonce"))
)
ADD_SCAN = PreparedInsert(lambda: Scan)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the gate shows. `earlier` is the admission that stood before, if there was one. `repeated`:
    this nonce was answered before, and nothing was written now."""

    verdict: str
    ticket: Ticket | None
    earlier: Entry | None
    scan: Scan | None
    repeated: bool = False

    @property
    def let_in(self) -> bool:
        return self.verdict in LET_IN


LET_IN = (Verdict.ADMITTED, Verdict.EXITED, Verdict.NOT_INSIDE)


def redeem(
    *,
    gate: Gate,
    presented: str,
    now: datetime,
    direction: str = Direction.IN,
    via: str = Via.CODE,
    nonce: str | None = None,
    scanned_at: datetime | None = None,
    steward: Any = None,
    device_id: int | None = None,
) -> Answer:
    """Judge what was read or typed at a gate. Never raises for bad input: that is a verdict too.

    `presented`: a ticket code (125 characters, or 134 with its changing end) or a serial (12). `nonce`:
    the device's key of this attempt; the same again returns the first answer and writes nothing.
    `via`: hand, when a steward picked the serial from a search; else it is seen from what was presented."""
    at = scanned_at or now
    ticket, verdict, seen_as = identify(gate, presented, at, by_hand=via == Via.HAND)
    scan = Scan(
        event_id=gate.event_id,
        gate=gate,
        check_in_list_id=gate.check_in_list_id,
        ticket=ticket,
        steward=steward,
        device_id=device_id,
        nonce=nonce or None,
        via=Via.HAND if via == Via.HAND else seen_as,
        direction=direction,
        scanned_at=at,
        received_at=now,
        presented=fingerprint(presented),
    )
    return settle(scan=scan, gate=gate, refusal=verdict)


def admit_by_hand(*, gate: Gate, ticket: Ticket, now: datetime, steward: Any) -> Answer:
    """A steward found the ticket by name."""
    return redeem(gate=gate, presented=tokens.serial_text(ticket.serial), via=Via.HAND, now=now, steward=steward)


def fingerprint(presented: str) -> str:
    """What was read, as the Scan keeps it: never the code itself."""
    return hashlib.sha256(presented.encode()).hexdigest()[:32] if presented else ""


def identify(
    gate: Gate, presented: str, at: datetime, *, by_hand: bool = False, as_of: datetime | None = None
) -> tuple[Ticket | None, str | None, str]:
    """The ticket and, when it is refused, the verdict (None: it may move). `as_of`: revocations after
    this time do not count, for a scan that a phone made then."""
    code, _, suffix = presented.partition(".")
    claim = codes.decode(code)
    if claim is None:
        serial = tokens.serial_from_text(presented)
        ticket = _ticket(serial, gate) if serial is not None else None
        if ticket is None and serial is not None:
            ticket, ended = _ended(serial, gate, as_of)
            if ended:
                return ticket, ended, Via.SERIAL
        if ticket is None or ticket.event_id != gate.event_id:  # a typed number proves nothing about other events
            return None, Verdict.UNKNOWN, Via.SERIAL if serial is not None else Via.CODE
        return ticket, _standing(gate, ticket, as_of) or (None if by_hand else _unmoving(ticket)), Via.SERIAL
    public_key = codes.public_key_of(event_id=claim.event_id, key_id=claim.key_id)
    if public_key is None or not codes.check(claim=claim, public_key=public_key):
        return None, Verdict.FORGED, Via.CODE
    if claim.event_id != gate.event_id:
        return None, Verdict.WRONG_EVENT, Via.CODE
    ticket = _ticket(claim.serial, gate)
    if ticket is None:
        ticket, ended = _ended(claim.serial, gate, as_of)
        if ended:
            return ticket, ended, Via.CODE
    if ticket is None:
        return None, Verdict.AUTHENTIC_UNKNOWN, Via.CODE
    return ticket, _standing(gate, ticket, as_of) or _unmoving(ticket, suffix, at), Via.CODE


def _ticket(serial: int, gate: Gate) -> Ticket | None:
    """The ticket; `listed` says whether the gate's list accepts its type."""
    return TICKET.first(serial=serial, list=gate.check_in_list_id)


def _ended(serial: int, gate: Gate, as_of: datetime | None) -> tuple[Ticket | None, str | None]:
    """Of a code that ended when its ticket was handed on: the ticket, and the refusal, unless it was good
    still at the time of a phone's scan."""
    moved = Transfer.objects.filter(old_serial=serial, event_id=gate.event_id).select_related("ticket").first()
    if moved is None:
        return None, None
    ticket = _ticket(moved.ticket.serial, gate)
    return ticket, None if as_of is not None and as_of < moved.made_at else Verdict.REVOKED


def _standing(gate: Gate, ticket: Ticket, as_of: datetime | None = None) -> str | None:
    """Why this ticket may not enter here, or None."""
    if ticket.event_id != gate.event_id:
        return Verdict.WRONG_EVENT
    if ticket.order.cancelled_at is not None and (as_of is None or ticket.order.cancelled_at <= as_of):
        return Verdict.CANCELLED
    if ticket.voided_at is not None and (as_of is None or ticket.voided_at <= as_of):
        return Verdict.REVOKED
    if ticket.order.confirmed_at is None:
        return Verdict.UNPAID
    return None if ticket.listed else Verdict.WRONG_LIST  # type: ignore[attr-defined]


def _unmoving(ticket: Ticket, suffix: str = "", at: datetime | None = None) -> str | None:
    """Where the event's codes change every 30 seconds: why this one is not good, or None."""
    static_codes = ticket.static_codes  # type: ignore[attr-defined]
    if static_codes is None:
        return None
    if suffix and at is not None:
        return None if rotating.is_current(ticket=ticket, suffix=suffix, at=at) else Verdict.EXPIRED_CODE
    return None if static_codes else Verdict.STATIC_CODE


def settle(*, scan: Scan, gate: Gate, refusal: str | None, decide: Any = None) -> Answer:
    """Write the scan with its verdict. `decide`: what admits it, if not `move`."""
    rule = rule_of(gate.check_in_list)
    scan.period = rule.period(at=scan.scanned_at, zone=gate.event.zone) if rule.per_day else rules.PER_EVENT
    if refusal is None and scan.ticket is not None:
        refusal = rules.barred(
            rule=rule, types=None, type_id=scan.ticket.ticket_type_id, direction=scan.direction, at=scan.scanned_at
        )  # types: with the ticket's own query
    scan.verdict = refusal or Verdict.ADMITTED
    try:
        if refusal is None:
            (decide or move)(scan, rule)
        else:
            write_scan(scan, refusal)
    except IntegrityError:
        if connection.in_atomic_block:  # the caller's transaction is lost with it: the caller looks
            raise
        if scan.nonce and (before := answered_before(event_id=scan.event_id, nonce=scan.nonce)):
            return before
        raise
    return Answer(verdict=scan.verdict, ticket=scan.ticket, earlier=_earlier(scan), scan=scan)


def rule_of(check_in_list: CheckInList) -> Rule:
    return rules.parse(check_in_list.rule) if check_in_list.rule else rules.ONCE


def move(scan: Scan, rule: Rule) -> None:
    """Write the entry or the exit, if the rule allows it, and the scan with the verdict that follows."""
    where = [scan.check_in_list_id, scan.ticket_id, scan.period, scan.gate_id, scan.scanned_at]
    attempt = [scan.event_id, scan.steward_id, scan.device_id, scan.nonce, scan.presented, scan.via, scan.direction]
    ticket = scan.ticket
    # A scan that a phone made alone is judged as of its time; what became void since does not count.
    entering = [scan.ticket_id, ticket.serial if ticket else None, bool(scan.shown), where[0], *where[2:]]
    row = [*where, *attempt, scan.shown, scan.let_in, scan.skew_ms, scan.received_at]
    if scan.direction == Direction.OUT:
        leaving = [scan.scanned_at, *where[:3], scan.scanned_at, rule.exits]
        _write(scan, LEAVE, [*leaving, *row, Verdict.EXITED, Verdict.NOT_INSIDE])
    elif rule.entries == 1:
        _write(scan, ADMIT_ONCE, [*entering, *row, Verdict.ADMITTED, Verdict.ALREADY_ADMITTED])
    else:
        _write(scan, ADMIT, [*entering, rule.entries or NO_LIMIT, rule.exits, *row, Verdict.ADMITTED, Verdict.ALREADY_ADMITTED])


def write_scan(scan: Scan, verdict: str) -> None:
    """Write a scan whose verdict is decided."""
    scan.verdict = verdict
    ADD_SCAN.run([scan])


def add_entry(*, entry: Entry, scan: Scan) -> None:
    """One more entry in a row that the caller has locked, at its place in time."""
    last = scan.scanned_at >= entry.admitted_at
    changes = {"admitted_at": scan.scanned_at, "gate": scan.gate} if last else {}
    Entry.objects.filter(pk=entry.pk).update(entries=F("entries") + 1, **changes)
    write_scan(scan, Verdict.ADMITTED)


def _write(scan: Scan, statement: str, values: list[Any]) -> None:
    cursor = kept_cursor()
    cursor.execute(statement, values)
    scan.pk, scan.verdict = cursor.fetchone()


def _earlier(scan: Scan) -> Entry | None:
    """The ticket's admission by this gate's list, with the gate's name, where the verdict speaks of one."""
    if scan.verdict != Verdict.ALREADY_ADMITTED:
        return None
    return ENTRY.first(list=scan.check_in_list_id, ticket=scan.ticket_id, period=scan.period)


def answered_before(*, event_id: int, nonce: str) -> Answer | None:
    """The answer this nonce was given before."""
    scan = SCAN.first(event=event_id, nonce=nonce)
    if scan is None:
        return None
    return Answer(verdict=scan.verdict, ticket=scan.ticket, earlier=_earlier(scan), scan=scan, repeated=True)
