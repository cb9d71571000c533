"""Entry: the one door is `redeem`. HOT.

The insertion of the Entry decides: of any number of scans at once, one inserts and admits, the
others find it. Every attempt is written as a Scan. Works for a code, a typed serial, a ticket
picked by hand, and later for scans a device made offline (nonce, scanned_at).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef

from registrations import codes
from registrations.models import Ticket
from scanning.models import CheckInList, Entry, Gate, Scan, Verdict, Via
from ticketing.lib import tokens
from ticketing.lib.prepared import Param, Prepared, PreparedInsert

# One statement: the entry decides the verdict, and a nonce that was there before takes the entry back with it.
ADMIT = """
WITH entry AS (
    INSERT INTO scanning_entry (check_in_list_id, ticket_id, gate_id, admitted_at) VALUES (%s, %s, %s, %s)
    ON CONFLICT (check_in_list_id, ticket_id) DO NOTHING RETURNING 1
)
INSERT INTO scanning_scan
    (check_in_list_id, ticket_id, gate_id, scanned_at, event_id, steward_id, nonce, presented, via, received_at, verdict)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, CASE WHEN EXISTS (SELECT 1 FROM entry) THEN %s ELSE %s END)
RETURNING id, verdict
"""
LISTED = CheckInList.ticket_types.through.objects.filter
TICKET = Prepared(
    lambda: (
        Ticket.objects.select_related("order", "ticket_type")
        .annotate(
            listed=ExpressionWrapper(
                ~Exists(LISTED(checkinlist=Param("list")))
                | Exists(LISTED(checkinlist=Param("list"), tickettype=OuterRef("ticket_type_id"))),
                output_field=BooleanField(),
            )
        )
        .only(
            *(field.name for field in Ticket._meta.concrete_fields),
            *(f"order__{name}" for name in ("code", "confirmed_at", "cancelled_at")),
            "ticket_type__name",
        )
        .filter(serial=Param("serial"))
    )
)
ENTRY = Prepared(lambda: Entry.objects.select_related("gate").filter(check_in_list=Param("list"), ticket=Param("ticket")))
SCAN = Prepared(
    lambda: Scan.objects.select_related("ticket__ticket_type", "ticket__order").filter(event=Param("event"), nonce=Param("nonce"))
)
ADD_SCAN = PreparedInsert(lambda: Scan)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the gate shows. `earlier` is the admission that stood before, if there was one."""

    verdict: str
    ticket: Ticket | None
    earlier: Entry | None
    scan: Scan | None


def redeem(
    *, gate: Gate, presented: str, now: datetime, steward: Any = None, nonce: str | None = None, scanned_at: datetime | None = None
) -> Answer:
    """Judge what was read or typed at a gate. Never raises for bad input: that is a verdict too.

    `presented`: a ticket code (125 characters) or a serial (12). `nonce`: the device's key of this
    attempt; the same again returns the first answer and writes nothing."""
    ticket, verdict, via = _identify(gate, presented)
    return _settle(
        gate=gate,
        ticket=ticket,
        verdict=verdict,
        via=via,
        presented=presented,
        now=now,
        steward=steward,
        nonce=nonce,
        scanned_at=scanned_at or now,
    )


def admit_by_hand(*, gate: Gate, ticket: Ticket, now: datetime, steward: Any) -> Answer:
    """A steward found the ticket by name."""
    found = _ticket(ticket.serial, gate)
    return _settle(
        gate=gate,
        ticket=found,
        verdict=_standing(gate, found) if found else Verdict.UNKNOWN,
        via=Via.HAND,
        presented="",
        now=now,
        steward=steward,
        nonce=None,
        scanned_at=now,
    )


def _identify(gate: Gate, presented: str) -> tuple[Ticket | None, str | None, str]:
    """The ticket and, when it is refused, the verdict (None: it may enter)."""
    claim = codes.decode(presented)
    if claim is None:
        serial = tokens.serial_from_text(presented)
        ticket = _ticket(serial, gate) if serial is not None else None
        if ticket is None or ticket.event_id != gate.event_id:  # a typed number proves nothing about other events
            return None, Verdict.UNKNOWN, Via.SERIAL if serial is not None else Via.CODE
        return ticket, _standing(gate, ticket), Via.SERIAL
    public_key = codes.public_key_of(event_id=claim.event_id, key_id=claim.key_id)
    if public_key is None or not codes.check(claim=claim, public_key=public_key):
        return None, Verdict.FORGED, Via.CODE
    if claim.event_id != gate.event_id:
        return None, Verdict.WRONG_EVENT, Via.CODE
    ticket = _ticket(claim.serial, gate)
    if ticket is None:
        return None, Verdict.AUTHENTIC_UNKNOWN, Via.CODE
    return ticket, _standing(gate, ticket), Via.CODE


def _ticket(serial: int, gate: Gate) -> Ticket | None:
    """The ticket; `listed` says whether the gate's list accepts its type."""
    return TICKET.first(serial=serial, list=gate.check_in_list_id)


def _standing(gate: Gate, ticket: Ticket) -> str | None:
    """Why this ticket may not enter here, or None."""
    if ticket.event_id != gate.event_id:
        return Verdict.WRONG_EVENT
    if ticket.order.cancelled_at is not None:
        return Verdict.CANCELLED
    if ticket.voided_at is not None:
        return Verdict.REVOKED
    if ticket.order.confirmed_at is None:
        return Verdict.UNPAID
    return None if ticket.listed else Verdict.WRONG_LIST  # type: ignore[attr-defined]


def _settle(
    *,
    gate: Gate,
    ticket: Ticket | None,
    verdict: str | None,
    via: str,
    presented: str,
    now: datetime,
    steward: Any,
    nonce: str | None,
    scanned_at: datetime,
) -> Answer:
    scan = Scan(
        event_id=gate.event_id,
        gate=gate,
        check_in_list_id=gate.check_in_list_id,
        ticket=ticket,
        steward=steward,
        nonce=nonce or None,
        via=via,
        verdict=verdict or Verdict.ADMITTED,
        scanned_at=scanned_at,
        received_at=now,
        presented=hashlib.sha256(presented.encode()).hexdigest()[:32] if presented else "",
    )
    try:
        if verdict is None:
            _admit(scan)
        else:
            ADD_SCAN.run([scan])
    except IntegrityError:
        if nonce and (before := _repeated(gate, nonce)):
            return before
        raise
    earlier = entry_of(gate=gate, ticket=ticket) if ticket and scan.verdict == Verdict.ALREADY_ADMITTED else None
    return Answer(verdict=scan.verdict, ticket=ticket, earlier=earlier, scan=scan)


def _admit(scan: Scan) -> None:
    """Write the entry, if there is none, and the scan with the verdict that follows."""
    entry = [scan.check_in_list_id, scan.ticket_id, scan.gate_id, scan.scanned_at]
    attempt = [scan.event_id, scan.steward_id, scan.nonce, scan.presented, scan.via, scan.received_at]
    with connection.cursor() as cursor:
        cursor.execute(ADMIT, [*entry, *entry, *attempt, Verdict.ADMITTED, Verdict.ALREADY_ADMITTED])
        scan.pk, scan.verdict = cursor.fetchone()


def entry_of(*, gate: Gate, ticket: Ticket) -> Entry | None:
    """The ticket's admission by this gate's list, with the gate's name."""
    return ENTRY.first(list=gate.check_in_list_id, ticket=ticket.pk)


def _repeated(gate: Gate, nonce: str) -> Answer | None:
    """The answer this nonce was given before."""
    scan = SCAN.first(event=gate.event_id, nonce=nonce)
    if scan is None:
        return None
    earlier = entry_of(gate=gate, ticket=scan.ticket) if scan.verdict == Verdict.ALREADY_ADMITTED and scan.ticket else None
    return Answer(verdict=scan.verdict, ticket=scan.ticket, earlier=earlier, scan=scan)
