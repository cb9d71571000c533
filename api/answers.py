"""Answers: JSON as small as it can be written, with an ETag, and 304 for what the caller has already."""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse

CONTENT_TYPE = "application/json"
PRIVATE = "private, no-cache"  # may be kept by its caller, who asks each time whether it is still true
MOST = 100
T = TypeVar("T")
_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False, default=str).encode


def written(said: Any) -> bytes:
    return _write(said).encode()


def moment(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, such as 2026-12-03T19:00:00Z."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds" if at.microsecond else "seconds").replace("+00:00", "Z")


def shown(request: HttpRequest, said: Any, *, cache: str = PRIVATE) -> HttpResponse:
    """The answer to a GET."""
    body = written(said)
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    known = request.headers.get("If-None-Match")
    if known is not None and is_among(tag, known):
        response = HttpResponse(status=304)
        del response.headers["Content-Type"]
    else:
        response = HttpResponse(body, content_type=CONTENT_TYPE)
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = cache
    return response


def is_among(tag: str, known: str) -> bool:
    """Whether If-None-Match names this tag; a weak one is as good for reading."""
    return known.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in known.split(","))


def done(said: Any, *, status: int = 200) -> HttpResponse:
    """The answer to a call that changed something."""
    response = HttpResponse(written(said), status=status, content_type=CONTENT_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def page(rows: Sequence[T], *, limit: int, place: Any) -> tuple[Sequence[T], str | None]:
    """The rows of one page, of one more than `limit` that were asked for, and the cursor of the next page.
    `place(row)`: the values by which the list is ordered."""
    if len(rows) <= limit:
        return rows, None
    shown_rows = rows[:limit]
    return shown_rows, cursor_of(*place(shown_rows[-1]))


def cursor_of(*values: object) -> str:
    text = json.dumps([value.isoformat() if isinstance(value, datetime) else value for value in values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(cursor: str) -> tuple[datetime, int] | None:
    """The (time, id) of a cursor, or None for a text that is none of ours."""
    try:
        at, number = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        at = datetime.fromisoformat(at)
    except (ValueError, TypeError, binascii.Error):
        return None
    return (at, number) if at.tzinfo is not None and type(number) is int and 0 < number < 2**63 else None
