"""What phones carry to work without a network: a whole copy, and parts with what changed after it.

Parts are rows, so that every web server gives the same and a cursor is a number. What changed is asked
of PostgreSQL itself: each row knows the transaction that wrote it last (xmin), and all before the oldest
one still running is there for good. So no room below has to tell, nothing is missed that commits late,
and a question costs some 40 ms per event of 100,000 tickets, at most every two seconds for all phones.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from events.models import Event, TicketType
from registrations import codes, rotating
from registrations.models import RotatingCodes
from scanning import parts
from scanning.models import CheckInList, Copy, CopyPart, Gate
from scanning.redemption import rule_of

REFRESH_EVERY = timedelta(seconds=2)
WHOLE_AGAIN_BYTES = 2_000_000  # deltas that long are more than half of a whole
PARTS_LIVE = timedelta(hours=6)  # a phone that was away longer takes the whole

# age(xmin) counts from the own transaction, which the lock on the copy has begun.
UP_TO = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_current_xact_id()::text::bigint"
TICKETS = """
SELECT t.id, t.serial, t.key_id, t.event_id, t.ticket_type_id, t.attendee_name, t.voided_at IS NOT NULL,
  o.code, o.cancelled_at IS NOT NULL, o.confirmed_at IS NULL, s.record_id, s.secret
FROM registrations_ticket t JOIN registrations_order o ON o.id = t.order_id
LEFT JOIN scanning_seal s ON s.ticket_id = t.id AND s.of_serial = t.serial
WHERE t.event_id = %(event)s AND (%(whole)s OR age(t.xmin) <= %(age)s)
"""
# Codes that ended when their tickets were handed on: whoever kept one finds it revoked.
ENDED_CODES = """
SELECT r.id, r.old_serial, r.old_key_id, r.event_id, t.ticket_type_id, '', true, o.code, false, false, NULL, NULL
FROM registrations_transfer r JOIN registrations_ticket t ON t.id = r.ticket_id JOIN registrations_order o ON o.id = t.order_id
WHERE r.event_id = %(event)s AND (%(whole)s OR age(r.xmin) <= %(age)s)
"""
# An entry that was undone altogether has no row any more: its undoing tells of it.
STATES = """
WITH changed AS (
  SELECT check_in_list_id, ticket_id, period FROM scanning_entry
  WHERE check_in_list_id = ANY(%(lists)s) AND (%(whole)s OR age(xmin) <= %(age)s)
  UNION
  SELECT c.check_in_list_id, c.ticket_id, c.period FROM scanning_undo u JOIN scanning_scan c ON c.id = u.scan_id
  WHERE NOT %(whole)s AND c.event_id = %(event)s AND age(u.xmin) <= %(age)s)
SELECT s.record_id, check_in_list_id, e.gate_id, e.admitted_at, e.left_at, period, coalesce(e.entries, 0)
FROM changed JOIN scanning_seal s USING (ticket_id) LEFT JOIN scanning_entry e USING (check_in_list_id, ticket_id, period)
"""
Seals = dict[int, tuple[bytes, bytes]]
ADD_SEALS = """
INSERT INTO scanning_seal (ticket_id, of_serial, record_id, secret) SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[], %s::bytea[])
ON CONFLICT (ticket_id) DO UPDATE SET of_serial = excluded.of_serial, record_id = excluded.record_id, secret = excluded.secret
"""


def refresh(*, event: Event, now: datetime) -> int:
    """See that the parts hold what is so now, good to two seconds. Returns the newest part's number.
    While another process refreshes, its earlier number is good."""
    copy, _ = Copy.objects.get_or_create(event=event)
    if copy.refreshed_at is not None and timedelta(0) <= now - copy.refreshed_at < REFRESH_EVERY:
        return copy.number
    with transaction.atomic():
        mine = Copy.objects.select_for_update(skip_locked=True).filter(event=event).first()
        if mine is None or mine.refreshed_at != copy.refreshed_at:
            return mine.number if mine else copy.number
        return _Builder(event, mine, now).refresh()


def content_since(*, event: Event, number: int | None) -> bytes:
    """The parts after `number`, or the whole and what came after it. Empty when nothing is newer."""
    newest = Copy.objects.filter(event=event).values_list("number", flat=True).first() or 0
    if number is not None and number <= newest:
        deltas = _contents(CopyPart.objects.filter(event=event, whole=False, number__gt=number))
        if len(deltas) == newest - number:  # none is gone
            return b"".join(deltas)
    whole = CopyPart.objects.filter(event=event, whole=True).order_by("-number").first()
    if whole is None:
        return b""
    after = CopyPart.objects.filter(event=event, whole=False, number__gt=whole.number, number__lte=newest)
    return b"".join((bytes(whole.content), *_contents(after)))


def _contents(rows: QuerySet[CopyPart]) -> list[bytes]:
    return [bytes(content) for content in rows.order_by("number").values_list("content", flat=True)]


class _Builder:
    """One refresh: what the parts' headers and contents need, read once."""

    def __init__(self, event: Event, copy: Copy, now: datetime) -> None:
        self.event, self.copy, self.now = event, copy, now
        self.rotating: RotatingCodes | None = rotating.settings_of(event_id=event.pk)
        lists = list(CheckInList.objects.filter(event=event).order_by("id"))
        self.exits = {row.pk: rule_of(row).exits for row in lists}
        self.lists = [row.pk for row in lists]
        self.gates = list(Gate.objects.filter(event=event).order_by("id").values_list("id", flat=True))
        self.types = list(TicketType.objects.filter(event=event).order_by("id").values_list("id", flat=True))

    def refresh(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(UP_TO)
            oldest_running, own = cursor.fetchone()
        basis = self._basis()
        known = self.copy.number > 0 and self.copy.basis == basis and self.copy.read_up_to <= own
        if known:
            self._write(whole=False, age=own - self.copy.read_up_to)
        if not known or self._is_long():
            self.copy.number += 0 if known else 1
            self._write(whole=True, age=0)
            CopyPart.objects.filter(event=self.event, number__lte=self.copy.number, built_at__lt=self.now - PARTS_LIVE).delete()
        Copy.objects.filter(pk=self.copy.pk).update(number=self.copy.number, basis=basis, read_up_to=oldest_running, refreshed_at=self.now)
        return self.copy.number

    def _basis(self) -> str:
        """What, when it changes, makes all records other ones."""
        text = self.rotating.started_at.isoformat() if self.rotating else "static"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _is_long(self) -> bool:
        whole = CopyPart.objects.filter(event=self.event, whole=True).order_by("-number").values_list("number", flat=True).first()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(sum(length(content)), 0) FROM scanning_copypart WHERE event_id = %s AND NOT whole AND number > %s",
                [self.event.pk, whole or 0],
            )
            return bool(cursor.fetchone()[0] > WHOLE_AGAIN_BYTES)

    def _write(self, *, whole: bool, age: int) -> None:
        salt = os.urandom(parts.SALT_BYTES)
        asked = {"event": self.event.pk, "whole": whole, "age": age, "lists": self.lists}
        tickets, ended = _rows(TICKETS, asked), _rows(ENDED_CODES, asked)
        records = sorted([*self._records(tickets, _seal_missing(tickets), salt), *self._records(ended, _seals(ended), salt)])
        states = self._states(_rows(STATES, asked))
        if not whole and not records and not states:
            return
        before = self.copy.number
        self.copy.number += 0 if whole else 1
        key_id = codes.signing_key_id(event_id=self.event.pk, now=self.now)
        header = {
            "event": self.event.pk,
            "number": self.copy.number,
            "after": 0 if whole else before,
            "kind": "whole" if whole else "delta",
            "built_at": self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "salt": salt.hex(),
            "types": self.types,
            "lists": self.lists,
            "gates": self.gates,
            "rotating": self.rotating is not None,
            "key_id": key_id,
        }
        unsigned = parts.assemble(header=header, records=records, states=states)
        signature = codes.sign(event_id=self.event.pk, key_id=key_id, prefix=parts.SIGNED_PREFIX, message=parts.digest(unsigned))
        CopyPart.objects.create(event=self.event, number=self.copy.number, whole=whole, content=unsigned + signature, built_at=self.now)

    def _records(self, rows: Sequence[tuple[Any, ...]], made: Seals, salt: bytes) -> list[tuple[bytes, bytes]]:
        index = {type_id: place for place, type_id in enumerate(self.types)}
        found = []
        for ticket_id, serial, _, _, type_id, name, void, order_code, cancelled, unpaid, record_id, secret in rows:
            if secret is None:
                record_id, secret = made[ticket_id]
            text = parts.plaintext(
                standing=2 if cancelled else 1 if void else 3 if unpaid else 0,
                type_index=index[type_id],
                order_code=order_code,
                name=name,
                rotating_secret=rotating.secret_of(sealed_key=self.rotating.sealed_key, serial=serial) if self.rotating else b"",
            )
            record_id = bytes(record_id)
            found.append((record_id, parts.seal(secret=bytes(secret), record_id=record_id, salt=salt, text=text)))
        return found

    def _states(self, rows: Sequence[tuple[Any, ...]]) -> list[bytes]:
        lists = {pk: place for place, pk in enumerate(self.lists)}
        gates = {pk: place for place, pk in enumerate(self.gates)}
        return [
            parts.State(
                record_id=bytes(record_id),
                list_index=lists[list_id],
                gate_index=gates.get(gate_id, parts.NO_GATE),
                moved_at=max(admitted_at, left_at or admitted_at) if admitted_at else self.now,
                period=period,
                entries=entries,
                inside=bool(entries and self.exits[list_id] and (left_at is None or left_at < admitted_at)),
            ).packed()
            for record_id, list_id, gate_id, admitted_at, left_at, period, entries in rows
        ]


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _seals(rows: Iterable[tuple[Any, ...]]) -> Seals:
    """{row's id: (record id, secret)} of rows that have none yet."""
    made: Seals = {}
    for row_id, serial, key_id, event_id, *_, secret in rows:
        if secret is None:
            found = parts.secret_of(codes.raw_code(event_id=event_id, key_id=key_id, serial=serial))
            made[row_id] = parts.record_id_of(found), found
    return made


def _seal_missing(rows: Sequence[tuple[Any, ...]]) -> Seals:
    """The seals of tickets that were in no copy yet, or with another code; kept, since each costs a signature."""
    made = _seals(rows)
    if made:
        serials = [serial for ticket_id, serial, *_ in rows if ticket_id in made]
        with connection.cursor() as cursor:
            cursor.execute(ADD_SEALS, [list(made), serials, [each for each, _ in made.values()], [each for _, each in made.values()]])
    return made
