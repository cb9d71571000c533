"""Answers about gates, check-in lists and scans."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.answers import moment
from api.words import Shown
from registrations.models import Ticket
from scanning.models import CheckInList, Gate, Scan
from scanning.redemption import Answer
from scanning.verdicts import words_of
from ticketing.lib import tokens

At = datetime


class GateShape(Shown):
    id: int
    name: str
    check_in_list: int


class Gates(Shown):
    items: list[GateShape]


class ListShape(Shown):
    id: int
    name: str
    ticket_types: list[int] = Field(description="Ids of the types it admits; empty: all.")
    rule: dict[str, Any] = Field(description="How often and when; {} is one entry at any time.")


class Lists(Shown):
    items: list[ListShape]


def gate(row: Gate) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "check_in_list": row.check_in_list_id}


def check_in_list(row: CheckInList) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "ticket_types": sorted(kind.pk for kind in row.ticket_types.all()), "rule": row.rule}


class ScannedTicket(Shown):
    attendee: str
    ticket_type: str
    order: str
    serial: str


class Earlier(Shown):
    admitted_at: At
    gate: str


class ScanAnswer(Shown):
    verdict: str
    let_in: bool
    word: str
    sentence: str
    ticket: ScannedTicket | None = None
    earlier: Earlier | None = Field(None, description="The admission that stood before.")
    repeated: bool = Field(description="This nonce was answered before; nothing was written now.")


class ScanShape(Shown):
    id: int
    scanned_at: At
    gate: str
    direction: Literal["in", "out"]
    verdict: str
    ticket: ScannedTicket | None = None
    undone: bool = Field(description="This admission was taken back.")


class Scans(Shown):
    items: list[ScanShape]
    next: str | None = None


def scan(row: Scan, *, undone: bool) -> dict[str, Any]:
    """`row` has its gate, and its ticket with type and order."""
    return {
        "id": row.pk,
        "scanned_at": moment(row.scanned_at),
        "gate": row.gate.name,
        "direction": row.direction,
        "verdict": row.verdict,
        "ticket": _scanned(row.ticket) if row.ticket else None,
        "undone": undone,
    }


def _scanned(found: Ticket) -> dict[str, Any]:
    return {
        "attendee": found.attendee_name,
        "ticket_type": found.ticket_type.name,
        "order": found.order.code,
        "serial": tokens.serial_text(found.serial),
    }


def scan_answer(answer: Answer) -> dict[str, Any]:
    words, found, earlier = words_of(answer.verdict), answer.ticket, answer.earlier
    return {
        "verdict": str(answer.verdict),
        "let_in": answer.let_in,
        "word": words.word,
        "sentence": words.sentence,
        "ticket": _scanned(found) if found else None,
        "earlier": {"admitted_at": moment(earlier.admitted_at), "gate": earlier.gate.name} if earlier else None,
        "repeated": answer.repeated,
    }
