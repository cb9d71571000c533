"""Scans as a phone sends them, one or two hundred: each is judged for itself and answered in its place. HOT."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scanning import conflicts, devices, late, redemption
from scanning.late import LateScan, Received
from scanning.models import Device, Direction, Gate, Verdict, Via
from scanning.setup import moment
from scanning.verdicts import words_of
from ticketing.lib import tokens

MOST_SCANS = 200
MOST_SKEW_MS = 2_000_000_000


class BadUpload(ValueError):
    """A scan that does not say what the protocol asks; nothing of the upload was written."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """How the phone is."""

    battery: int | None
    queue: int
    copy_number: int | None
    copy_age_seconds: int | None

    @classmethod
    def read(cls, sent: dict[str, Any]) -> "Report":
        battery, queue, number, age = (_whole(sent.get(name)) for name in ("battery", "queue", "copy_number", "copy_age_s"))
        return cls(battery=min(battery, 100) if battery is not None else None, queue=queue or 0, copy_number=number, copy_age_seconds=age)


@dataclass(frozen=True, kw_only=True)
class _Scan:
    """One scan of an upload, read."""

    nonce: str
    gate: Gate
    presented: str
    via: str
    direction: str
    scanned_at: datetime | None
    skew_ms: int
    shown: str | None
    let_in: bool


def receive_all(*, device: Device, written: list[Any], report: Report, now: datetime) -> list[dict[str, Any]]:
    """Judge each scan, in order. BadUpload before anything is written."""
    gates = devices.gates_of_device(device=device) if written else {}
    read = [_read(each, gates) for each in written]
    results = [_result(scan, _received(scan, device, now)) for scan in read]
    devices.seen(device=device, now=now, skew_ms=read[-1].skew_ms if read else None, **vars(report))
    return results


def _received(scan: _Scan, device: Device, now: datetime) -> Received:
    if scan.shown is None or scan.scanned_at is None:
        answer = redemption.redeem(
            gate=scan.gate,
            presented=scan.presented,
            direction=scan.direction,
            via=scan.via,
            nonce=scan.nonce,
            now=now,
            device_id=device.pk,
        )
        return Received(answer=answer, conflict=None)
    told = LateScan(
        nonce=scan.nonce,
        presented=scan.presented,
        via=scan.via,
        direction=scan.direction,
        scanned_at=scan.scanned_at,
        skew_ms=scan.skew_ms,
        shown=scan.shown,
        let_in=scan.let_in,
    )
    return late.receive(gate=scan.gate, late=told, device_id=device.pk, now=now)


def _result(scan: _Scan, received: Received) -> dict[str, Any]:
    answer, conflict = received.answer, received.conflict
    words, ticket, earlier = words_of(answer.verdict), answer.ticket, answer.earlier
    return {
        "nonce": scan.nonce,
        "verdict": answer.verdict,
        "let_in": answer.let_in,
        "word": words.word,
        "glyph": words.glyph,
        "colour": words.colour,
        "sentence": words.sentence,
        "ticket": {
            "attendee": ticket.attendee_name,
            "type": ticket.ticket_type.name,
            "type_id": ticket.ticket_type_id,
            "order": ticket.order.code,
            "serial": tokens.serial_text(ticket.serial),
        }
        if ticket
        else None,
        "earlier": {"at": moment(earlier.admitted_at), "gate": earlier.gate.name} if earlier else None,
        "conflict": {"kind": conflict.kind, "cause": conflict.cause, "sentence": conflicts.sentence_of(conflict)} if conflict else None,
    }


def _read(each: Any, gates: dict[int, Gate]) -> _Scan:
    if not isinstance(each, dict):
        raise BadUpload("A scan is an object.")
    nonce, presented, offline = each.get("nonce"), each.get("presented"), each.get("offline")
    if not (isinstance(nonce, str) and 0 < len(nonce) <= 40 and "\0" not in nonce):
        raise BadUpload("nonce is a text of 1 to 40 characters.")
    if not isinstance(presented, str):
        raise BadUpload("presented is a text.")
    gate = gates.get(each["gate"]) if isinstance(each.get("gate"), int) else None
    if gate is None:
        raise BadUpload("This device does not work that gate.")
    if offline is not None and not (isinstance(offline, dict) and offline.get("verdict") in Verdict.values):
        raise BadUpload("offline is null, or says which verdict was shown.")
    return _Scan(
        nonce=nonce,
        gate=gate,
        presented=presented[:400],
        via=str(each["via"]) if each.get("via") in Via.values else Via.CODE,
        direction=Direction.OUT if each.get("direction") == "out" else Direction.IN,
        scanned_at=_moment(each.get("scanned_at")) if offline else None,
        skew_ms=_skew(each.get("skew_ms")),
        shown=offline["verdict"] if offline else None,
        let_in=bool(offline and offline.get("let_in")),
    )


def _moment(value: Any) -> datetime:
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadUpload("scanned_at is an ISO 8601 time.") from error


def _skew(value: Any) -> int:
    return max(-MOST_SKEW_MS, min(MOST_SKEW_MS, int(value))) if isinstance(value, int | float) and value == value else 0


def _whole(value: Any) -> int | None:
    """A number that fits its column, or None."""
    return min(int(value), 2_000_000_000) if isinstance(value, int | float) and 0 <= value < 1e12 else None
