"""Entry: the one door is `redeem`. HOT.

The insertion of the Entry decides: of any number of scans at once, one inserts and admits, the
others find it. Every attempt is written as a Scan. Works for a code, a typed serial, a ticket
picked by hand, and later for scans a device made offline (nonce, scanned_at).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from registrations import codes
from registrations.models import Ticket
from scanning.models import Entry, Gate, Scan, Verdict, Via
from ticketing.lib import tokens
from ticketing.lib.prepared import Param, Prepared, PreparedInsert

ADMIT = """
INSERT INTO scanning_entry (check_in_list_id, ticket_id, gate_id, admitted_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (check_in_list_id, ticket_id) DO NOTHING
"""
ACCEPTED = "SELECT tickettype_id FROM scanning_checkinlist_ticket_types WHERE checkinlist_id = %s"
TICKET = Prepared(
    lambda: (
        Ticket.objects.select_related("order", "ticket_type")
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
    return _settle(
        gate=gate,
        ticket=ticket,
        verdict=_standing(gate, ticket),
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
        ticket = _ticket(serial) if serial is not None else None
        if ticket is None or ticket.event_id != gate.event_id:  # a typed number proves nothing about other events
            return None, Verdict.UNKNOWN, Via.SERIAL if serial is not None else Via.CODE
        return ticket, _standing(gate, ticket), Via.SERIAL
    public_key = codes.public_key_of(event_id=claim.event_id, key_id=claim.key_id)
    if public_key is None or not codes.check(claim=claim, public_key=public_key):
        return None, Verdict.FORGED, Via.CODE
    if claim.event_id != gate.event_id:
        return None, Verdict.WRONG_EVENT, Via.CODE
    ticket = _ticket(claim.serial)
    if ticket is None:
        return None, Verdict.AUTHENTIC_UNKNOWN, Via.CODE
    return ticket, _standing(gate, ticket), Via.CODE


def _ticket(serial: int) -> Ticket | None:
    return TICKET.first(serial=serial)


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
    accepted = accepted_types(gate)
    if accepted and ticket.ticket_type_id not in accepted:
        return Verdict.WRONG_LIST
    return None


def accepted_types(gate: Gate) -> frozenset[int]:
    """Ids of the types the gate's list accepts; empty for all."""
    with connection.cursor() as cursor:
        cursor.execute(ACCEPTED, [gate.check_in_list_id])
        return frozenset(type_id for (type_id,) in cursor.fetchall())


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
    earlier = None
    try:
        with transaction.atomic():
            if verdict is None and ticket is not None and not _admitted(gate, ticket, scanned_at):
                scan.verdict = Verdict.ALREADY_ADMITTED
                earlier = entry_of(gate=gate, ticket=ticket)
            ADD_SCAN.run([scan])  # last: a nonce that was there before takes the entry back with it
    except IntegrityError:
        if nonce and (before := _repeated(gate, nonce)):
            return before
        raise
    return Answer(verdict=scan.verdict, ticket=ticket, earlier=earlier, scan=scan)


def _admitted(gate: Gate, ticket: Ticket, at: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(ADMIT, [gate.check_in_list_id, ticket.pk, gate.pk, at])
        return bool(cursor.rowcount == 1)


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
