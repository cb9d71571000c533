"""Codes that change every 30 seconds, where the organiser wants them: a screenshot is worth a minute.

The buyer's page derives the end of the code from the ticket's own secret and the clock, without a
network; so does the gate. Layout: docs/gate-protocol.md, section 5. The script's twin: static/js/rotating-code.js.
"""

import functools
import hmac
import secrets
from datetime import datetime

from django.db import transaction

from events.models import Event
from registrations import codes
from registrations.models import RotatingCodes, Ticket
from ticketing.lib import tokens

STEP_SECONDS = 30
SECRET_BYTES = 10
SUFFIX_LENGTH = 8


def start(*, event: Event, static_codes: bool, now: datetime) -> None:
    """Codes change from now on. `static_codes`: printed tickets and old pictures enter too."""
    sealed = codes.seal().encrypt(secrets.token_bytes(32))
    with transaction.atomic():
        RotatingCodes.objects.get_or_create(event=event, defaults={"sealed_key": sealed, "static_codes": static_codes, "started_at": now})
        RotatingCodes.objects.filter(event=event).update(static_codes=static_codes)


def stop(*, event: Event) -> None:
    """Codes stay as they are. Whoever shows a changing one still enters."""
    RotatingCodes.objects.filter(event=event).delete()


def settings_of(*, event_id: int) -> RotatingCodes | None:
    return RotatingCodes.objects.filter(event_id=event_id).first()


def secret_of(*, row: RotatingCodes, serial: int) -> bytes:
    """The ticket's own secret, 10 bytes: on its buyer's page, and sealed in gates' copies."""
    return hmac.digest(_key(bytes(row.sealed_key)), serial.to_bytes(8, "big"), "sha256")[:SECRET_BYTES]


def suffix_at(*, secret: bytes, step: int) -> str:
    """The 8 characters of a step: the first 40 bits."""
    number = int.from_bytes(hmac.digest(secret, b"rotating-code:" + step.to_bytes(8, "big"), "sha256")[:5], "big")
    return "".join(tokens.ALPHABET[(number >> shift) & 31] for shift in range(35, -1, -5))


def step_of(at: datetime) -> int:
    return int(at.timestamp()) // STEP_SECONDS


def is_current(*, ticket: Ticket, suffix: str, at: datetime) -> bool:
    """True for the suffix of this step, the one before and the one after: clocks differ."""
    row = settings_of(event_id=ticket.event_id)
    if row is None:
        return True
    secret, step, given = secret_of(row=row, serial=ticket.serial), step_of(at), tokens.normalise(suffix).encode("utf-8", "replace")
    return any(hmac.compare_digest(suffix_at(secret=secret, step=step + off).encode(), given) for off in (-1, 0, 1))


@functools.lru_cache(maxsize=64)
def _key(sealed: bytes) -> bytes:
    return codes.seal().decrypt(sealed)
