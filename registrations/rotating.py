"""Codes that change every 30 seconds, where the organiser wants them: a screenshot is worth a minute.

The buyer's page derives the end of the code from the ticket's own secret and the clock, without a
network; so does the gate. Layout: docs/gate-protocol.md, section 5. The script's twin: static/js/gate/rotating.js.
"""

import functools
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.staticfiles import finders
from django.db import transaction
from django.templatetags.static import static
from django.urls import reverse

from events.models import Event
from events.publication import redraw_tickets
from registrations import codes
from registrations.models import RotatingCodes, Ticket
from ticketing.lib import tokens
from ticketing.lib.prepared import Param, Prepared
from trail import record

STEP_SECONDS = 30
SECRET_BYTES = 10
SUFFIX_LENGTH = 8
SETTINGS = Prepared(lambda: RotatingCodes.objects.filter(event=Param("event")))
WRITER = "vendor/qr/index.js"


def start(*, event: Event, static_codes: bool, now: datetime) -> None:
    """Codes change from now on. `static_codes`: printed tickets and old pictures enter too."""
    sealed = codes.seal().encrypt(secrets.token_bytes(32))
    fields = {"sealed_key": sealed, "static_codes": static_codes, "started_at": now}
    with transaction.atomic():
        row, made = RotatingCodes.objects.get_or_create(event=event, defaults=fields)
        if not made and row.static_codes == static_codes:
            return
        RotatingCodes.objects.filter(pk=row.pk).update(static_codes=static_codes)
        _changed(event, "Changing, printed ones enter too" if static_codes else "Changing, the live one alone enters")


def stop(*, event: Event) -> None:
    """Codes stay as they are. Whoever shows a changing one still enters."""
    with transaction.atomic():
        if RotatingCodes.objects.filter(event=event).delete()[0]:
            _changed(event, "The same for ever")


def _changed(event: Event, words: str) -> None:
    """PDFs say what their code is good for, so they are drawn anew."""
    redraw_tickets(event=event)
    record.note(act="codes_changed", about="event", about_id=event.pk, event_id=event.pk, organiser_id=event.organiser_id, words=words)


def settings_of(*, event_id: int) -> RotatingCodes | None:
    return SETTINGS.first(event=event_id)


def live_alone(*, event_id: int) -> bool:
    """Whether the event's codes change and nothing printed enters."""
    found = settings_of(event_id=event_id)
    return found is not None and not found.static_codes


def secret_of(*, sealed_key: bytes | memoryview, serial: int) -> bytes:
    """The ticket's own secret, 10 bytes: on its buyer's page, and sealed in gates' copies."""
    return hmac.digest(_key(bytes(sealed_key)), serial.to_bytes(8, "big"), "sha256")[:SECRET_BYTES]


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
    secret, step = secret_of(sealed_key=row.sealed_key, serial=ticket.serial), step_of(at)
    given = tokens.normalise(suffix).encode("utf-8", "replace")
    return any(hmac.compare_digest(suffix_at(secret=secret, step=step + off).encode(), given) for off in (-1, 0, 1))


def live_code(*, ticket: Ticket, sealed_key: bytes, now: datetime) -> str:
    """The code as it is to be shown in this step: 134 characters."""
    return f"{codes.code_of(ticket)}.{suffix_at(secret=secret_of(sealed_key=sealed_key, serial=ticket.serial), step=step_of(now))}"


def facts_for_page(*, tickets: Sequence[Ticket], sealed_key: bytes, now: datetime, worker: str) -> dict[str, Any]:
    """What their holder's page needs to show its codes by itself, without a network (static/js/live-code.js)."""
    return {
        "now_ms": int(now.timestamp() * 1000),
        "codes": {
            ticket.position: {
                "code": codes.code_of(ticket),
                "secret": secret_of(sealed_key=sealed_key, serial=ticket.serial).hex(),
            }
            for ticket in tickets
        },
        "worker": reverse(f"registrations:{worker}"),
        "writer": static(WRITER) if _has_writer() else "",
    }


@functools.cache
def _has_writer() -> bool:
    """Whether this machine serves the package that draws codes on the phone; without it the page shows the server's picture."""
    return finders.find(WRITER) is not None


@functools.lru_cache(maxsize=64)
def _key(sealed: bytes) -> bytes:
    return codes.seal().decrypt(sealed)
