"""Recordings from Redis into rows, and old rows away."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Max

from operations.meters import live
from operations.models import Recording
from ticketing.lib import meters, traces

AT_ONCE = 500
MOST_ROWS = 200_000  # some 200 MB; the oldest go first, whatever they tell


def take_in(*, now: datetime) -> int:
    """Write what processes handed over. Returns how many recordings. Raises redis.RedisError.

    What is taken and not written, as when this process is killed in between, is lost: a trace is never the truth."""
    taken = 0
    while texts := live.connect().lpop(meters.key(traces.LISTS[0]), AT_ONCE):
        Recording.objects.bulk_create([row_of(json.loads(text)) for text in texts])
        taken += len(texts)
    return taken


def row_of(told: Mapping[str, Any]) -> Recording:
    """The row of what a process told; see `ticketing.lib.traces._text`."""
    return Recording(
        trace=UUID(told["trace"]),
        span=told["span"],
        parent=told.get("parent", "")[-16:],
        link=told.get("link", "")[:32],
        started_at=datetime.fromtimestamp(told["at"] / 1e6, tz=UTC),
        duration_us=told["us"],
        kind=told["kind"],
        name=told["name"][:120],
        outcome=told["outcome"],
        why=told["why"],
        event=told.get("event", 0),
        facts=told["facts"],
        spans=told["spans"],
    )


def waiting() -> list[Recording]:
    """What is on its way to the rows, unsaved. Raises redis.RedisError."""
    return [row_of(json.loads(text)) for text in live.connect().lrange(meters.key(traces.LISTS[0]), 0, -1)]


def waiting_of(*, trace: UUID) -> list[Recording]:
    """The same of one trace; the others are not looked into."""
    number = trace.hex.encode()
    return [row_of(json.loads(text)) for text in live.connect().lrange(meters.key(traces.LISTS[0]), 0, -1) if number in text]


def thin_out(*, now: datetime) -> None:
    """Delete what is older than TRACES_KEPT_DAYS, and the oldest of more than MOST_ROWS."""
    Recording.objects.filter(started_at__lt=now - timedelta(days=settings.TRACES_KEPT_DAYS)).delete()
    newest = Recording.objects.aggregate(newest=Max("pk"))["newest"] or 0
    Recording.objects.filter(pk__lte=newest - MOST_ROWS).delete()
