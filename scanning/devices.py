"""Phones that work gates without an account: made by a supervisor, opened once by a code, revocable at once.

The phone makes its own token and sends it with the code; kept is its SHA-256. A claim whose answer was
lost is repeated with the same two, and is the same device.
"""

import hashlib
import re
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Q, Subquery

from events.models import Event
from scanning.gates import forget as forget_gates_of_programs
from scanning.models import Copy, Device, Gate, Shift
from ticketing.lib import tokens
from ticketing.lib.later import later
from ticketing.lib.prepared import Param, Prepared, PreparedUpdate

CODE_LIVES = timedelta(hours=24)
ALIVE_AFTER_END = timedelta(days=2)  # late uploads of the last night
SEEN_EVERY = timedelta(seconds=10)
REMEMBER_SECONDS, MOST_REMEMBERED = 2.0, 1000
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
AUTHORIZATION = re.compile(r"Device ([A-Za-z0-9_-]{43})")

DEVICE = Prepared(
    lambda: (
        Device.objects.select_related("event")
        .defer("event__description", "event__summary")
        .annotate(newest_part=Subquery(Copy.objects.filter(event=OuterRef("event_id")).values("number")[:1]))
        .filter(token_hash=Param("token"))
    )
)
GATES = Prepared(
    lambda: Gate.objects.select_related("check_in_list").filter(
        pk__in=Device.gates.through.objects.filter(device=Param("device")).values("gate")
    )
)
SEEN = PreparedUpdate(
    lambda: Device.objects.filter(pk=Param("device")),
    **{name: Param(name) for name in ("last_seen_at", "battery", "queue", "copy_number", "copy_age_seconds", "skew_ms")},
)


class Refused(Exception):
    """The device may not; `code` is the protocol's word."""

    def __init__(self, code: str, *, status: int = 401) -> None:
        super().__init__(code)
        self.code, self.status = code, status


def make(*, event: Event, gates: Sequence[Gate], name: str, now: datetime, made_by: Any, kiosk: bool = False) -> Device:
    """A device that waits to be opened by its code."""
    with transaction.atomic():
        device = Device.objects.create(
            event=event,
            name=_free_name(event, name),
            kiosk=kiosk,
            code=_code(),
            code_expires_at=now + CODE_LIVES,
            made_by=made_by,
            made_at=now,
        )
        device.gates.set(gates)
        later("scanning.refresh_copy", event_id=event.pk)  # ready when the phone asks
    return device


def renew_code(*, device: Device, now: datetime) -> None:
    """Another code for a device that was not opened in time."""
    Device.objects.filter(pk=device.pk, claimed_at=None, revoked_at=None).update(code=_code(), code_expires_at=now + CODE_LIVES)


def claim(*, code: str, token: str, steward: str, now: datetime) -> Device:
    """Open the device with its code, once. Refused("code_unknown") for a code that is used, old or not there."""
    if not TOKEN.fullmatch(token):
        raise Refused("bad_request", status=400)
    written, hashed = tokens.normalise(code), hash_of(token)
    with transaction.atomic():
        try:
            with transaction.atomic():
                mine = Q(token_hash=None, claimed_at=None) | Q(token_hash=hashed)
                found = Device.objects.filter(mine, code=written, code_expires_at__gt=now, revoked_at=None, ended_at=None).update(
                    token_hash=hashed, claimed_at=now, last_seen_at=now, steward=steward[:60]
                )
        except IntegrityError:  # the token of another device
            found = 0
        if not found:
            raise Refused("code_unknown", status=404)
        device = Device.objects.select_related("event").get(token_hash=hashed)
        Shift.objects.get_or_create(device=device, nonce=f"claim-{device.pk}", defaults={"steward": steward[:60], "started_at": now})
    return device


def device_for_token(*, header: str, now: datetime) -> Device:
    """The device with its event and `newest_part`. Refused when it is revoked, ended or not known. HOT: one query."""
    sent = AUTHORIZATION.fullmatch(header)
    device = DEVICE.first(token=hash_of(sent[1])) if sent else None
    if device is None:
        raise Refused("device_unknown")
    if device.revoked_at is not None:
        raise Refused("device_revoked")
    if device.ended_at is not None or device.event.ends_at + ALIVE_AFTER_END < now:
        raise Refused("device_ended")
    return device


def gates_of_device(*, device: Device) -> dict[int, Gate]:
    """By id, with their lists; each knows the device's event. Remembered for two seconds: a busy phone
    asks ten times in that time, and a rule that was changed meanwhile holds soon enough."""
    until, gates = _remembered.get(device.pk, (0.0, {}))
    if time.monotonic() >= until:
        gates = {gate.pk: gate for gate in GATES.all(device=device.pk)}
        if len(_remembered) > MOST_REMEMBERED:
            _remembered.clear()
        _remembered[device.pk] = time.monotonic() + REMEMBER_SECONDS, gates
    for gate in gates.values():
        gate.event = device.event
    return gates


def forget_gates() -> None:
    """This process asks again; others do within two seconds."""
    _remembered.clear()
    forget_gates_of_programs()


_remembered: dict[int, tuple[float, dict[int, Gate]]] = {}


def seen(
    *,
    device: Device,
    now: datetime,
    battery: int | None,
    queue: int,
    copy_number: int | None,
    copy_age_seconds: int | None,
    skew_ms: int | None,
) -> None:
    """Note the phone's sign of life; not with every scan of a busy gate."""
    if device.last_seen_at is not None and now - device.last_seen_at < SEEN_EVERY and device.queue == queue:
        return
    SEEN.run(
        device=device.pk,
        last_seen_at=now,
        battery=battery,
        queue=queue,
        copy_number=copy_number,
        copy_age_seconds=copy_age_seconds,
        skew_ms=device.skew_ms if skew_ms is None else skew_ms,
    )


def start_shift(*, device: Device, steward: str, gate_id: int | None, nonce: str, started_at: datetime) -> None:
    """Another steward, or another gate. The same nonce again is the same shift."""
    with transaction.atomic():
        _, made = Shift.objects.get_or_create(
            device=device, nonce=nonce, defaults={"steward": steward[:60], "gate_id": gate_id, "started_at": started_at}
        )
        if made:
            Device.objects.filter(pk=device.pk).update(steward=steward[:60])


def revoke(*, device: Device, now: datetime) -> bool:
    """Shut the device out; at its next call it wipes its data. False when it was."""
    return bool(Device.objects.filter(pk=device.pk, revoked_at=None).update(revoked_at=now, code=None))


def end(*, device: Device, now: datetime) -> None:
    """The steward gives the phone's task back."""
    Device.objects.filter(pk=device.pk, ended_at=None).update(ended_at=now, code=None)


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _code() -> str:
    return tokens.serial_text(tokens.serial()).replace("-", "")


def _free_name(event: Event, wanted: str) -> str:
    """The name, or the first "Phone n" or "name n" that is free."""
    taken = set(Device.objects.filter(event=event).values_list("name", flat=True))
    base = wanted.strip()[:54]
    if base and base not in taken:
        return base
    return next(name for number in range(1 + bool(base), len(taken) + 3) if (name := f"{base or 'Phone'} {number}") not in taken)
