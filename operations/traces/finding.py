"""Finding traces: the newest, by the reference on an error page, by the number in a log line, by the order."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from redis.exceptions import RedisError

from operations.models import Recording
from operations.traces import keeping, tree
from registrations.models import Order
from ticketing.lib import traces

REFERENCE = re.compile(r"[0-9a-f]{6,32}")
SHOWN = {"trouble": "Failed or slow", "all": "All that were kept"}
MOST_LISTED = 40
MOST_RECORDINGS = 300  # of one trace, on its page


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A recording on a trace's page. `pause`: since the end of what was before it."""

    row: Recording
    pause: timedelta
    steps: list[tree.Step]

    @property
    def statements(self) -> int:
        return sum(step.kind == "sql" and step.name != "COMMIT" for step in self.steps)


def newest(*, shown: str) -> list[Recording]:
    """Recordings, the newest first, also those that are not in rows yet. `shown`: a key of SHOWN."""
    rows = Recording.objects.exclude(why="sampled") if shown == "trouble" else Recording.objects.all()
    found = list(rows.defer("spans").order_by("-started_at")[:MOST_LISTED])
    found += [row for row in _waiting() if shown == "all" or row.why != "sampled"]
    return sorted(found, key=lambda row: row.started_at, reverse=True)[:MOST_LISTED]


def recordings(*, trace: UUID) -> list[Shown]:
    """All that is known of a trace, in its order."""
    rows = list(Recording.objects.filter(trace=trace).order_by("started_at")[:MOST_RECORDINGS])
    there = {row.span for row in rows}
    rows += [row for row in _waiting(trace) if row.span not in there]
    rows.sort(key=lambda row: row.started_at)
    found, ended = [], rows[0].started_at if rows else None
    for row in rows:
        pause = max(timedelta(0), row.started_at - (ended or row.started_at))
        found.append(Shown(row=row, pause=pause, steps=list(tree.steps(row.spans))))
        ended = max(ended or row.started_at, end_of(row))
    return found


def end_of(row: Recording) -> datetime:
    return row.started_at + timedelta(microseconds=row.duration_us)


def of_order(*, order: Order) -> UUID:
    """The trace of the order's whole way; of an earlier SECRET_KEY where only that one has any."""
    numbers = [
        UUID(int=traces.checkout_id(order.trace_key, secret=secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]
    known = set(Recording.objects.filter(trace__in=numbers).values_list("trace", flat=True)) if len(numbers) > 1 else set()
    return next((number for number in numbers if number in known), numbers[0])


def asked_for(*, text: str) -> UUID | None:
    """A trace by the beginning of its number, or by an order's code. None when there is no such thing."""
    wanted = re.sub(r"[\s-]", "", text)
    if found := REFERENCE.fullmatch(wanted.lower()):
        first, last = found[0].ljust(32, "0"), found[0].ljust(32, "f")
        row = Recording.objects.filter(trace__range=(UUID(first), UUID(last))).order_by("trace").first()
        row = row or next((each for each in _waiting() if each.trace.hex.startswith(found[0])), None)
        if row is not None:
            return row.trace
    order = Order.objects.select_related("hold").filter(code=wanted.upper()).first()
    return of_order(order=order) if order is not None else None


def _waiting(trace: UUID | None = None) -> list[Recording]:
    """What is not in rows yet; nothing while Redis is away, since what is kept is shown all the same."""
    try:
        return keeping.waiting() if trace is None else keeping.waiting_of(trace=trace)
    except (RedisError, OSError):
        return []
