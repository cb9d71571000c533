"""What was used, by route, task, event and organiser: the answers that pages, alarms, exports and costs read.

Units as in ticketing.lib.meters.FIELDS once written: times in microseconds, sizes in bytes, the rest counts.
Spans are half-open, [since, until). What was not metered is missing: None, or named by `missing_minutes`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import connection
from django.db.models import Sum
from redis.exceptions import RedisError

from operations.meters import live, sketches
from operations.models import HOUR, MINUTE, EventMeter, Meter, Minute
from ticketing.lib import meters

Counts = dict[str, int]
FAILED = ("failed", "busy")


@dataclass(kw_only=True)
class Span:
    """What some routes did together. `seconds` is the metered time; 0 means that nothing is known."""

    seconds: float = 0
    by_outcome: dict[str, int] = field(default_factory=dict)
    counts: Counts = field(default_factory=dict)
    bins: dict[int, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(self.by_outcome.values())

    @property
    def rate(self) -> float | None:
        """A second."""
        return self.count / self.seconds if self.seconds else None

    @property
    def failed(self) -> int:
        return sum(self.by_outcome.get(outcome, 0) for outcome in FAILED)

    @property
    def error_share(self) -> float | None:
        """Of requests answered 5xx or 503, between 0 and 1. None when there were none."""
        return self.failed / self.count if self.count else None

    def percentiles(self) -> list[float | None]:
        """p50, p95, p99 in milliseconds."""
        return sketches.percentiles(self.bins)


@dataclass(kw_only=True)
class Recent:
    """The last minutes, from Redis and from rows. `minutes`: those of which something is known, oldest first."""

    now: datetime
    minutes: dict[int, live.Told] = field(default_factory=dict)
    redis_answers: bool = True

    def seconds(self) -> float:
        """How much time is covered, the running minute up to now."""
        current = live.minute_of(self.now)
        return sum(60.0 if minute < current else max(1.0, self.now.timestamp() % 60) for minute in self.minutes)

    def span(self, names: Collection[str] | None = None, *, kind: str = "page", but: Collection[str] = ()) -> Span:
        """The routes or tasks of these names (all when None) together, `but` for some."""
        total = Span(seconds=self.seconds())
        for told in self.minutes.values():
            for (its_kind, name, outcome), counts in told.routes.items():
                if its_kind == kind and (names is None or name in names) and name not in but:
                    _take(total, outcome, counts, told.bins.get((its_kind, name, outcome), {}))
        return total

    def heard_at(self, role: str) -> float | None:
        """When a process of this role last wrote, Unix seconds; None when none did."""
        return max((told.heard_at[role] for told in self.minutes.values() if role in told.heard_at), default=None)

    @property
    def skew_ms(self) -> int:
        """The largest difference of a process's clock from the database's."""
        return max((told.skew_ms for told in self.minutes.values()), key=abs, default=0)


def _take(total: Span, outcome: str, counts: list[int], bins: Mapping[int, int]) -> None:
    total.by_outcome[outcome] = total.by_outcome.get(outcome, 0) + counts[0]
    for name, count in zip(meters.FIELDS, counts, strict=True):
        total.counts[name] = total.counts.get(name, 0) + count
    for place, count in bins.items():
        total.bins[place] = total.bins.get(place, 0) + count


def recent(*, now: datetime, minutes: int = 2) -> Recent:
    """The last `minutes` minutes, the running one included: from Redis while it is there, else from the rows.

    A minute that neither knows is not in it."""
    wanted = range(live.minute_of(now) - minutes + 1, live.minute_of(now) + 1)
    found = Recent(now=now)
    try:
        found.minutes = {minute: live.merged(texts) for minute, texts in live.texts_of(wanted).items()}
    except (RedisError, OSError):
        found.redis_answers = False
    absent = [minute for minute in wanted if minute not in found.minutes]
    if absent:
        _from_rows(found, absent)
    return found


def _from_rows(found: Recent, absent: list[int]) -> None:
    moments = [live.moment_of(minute) for minute in absent]
    for row in Minute.objects.filter(started_at__in=moments, complete=True):
        found.minutes[live.minute_of(row.started_at)] = live.Told(processes=row.processes)
    for meter in Meter.objects.filter(seconds=MINUTE, started_at__in=moments):
        told = found.minutes.get(live.minute_of(meter.started_at))
        if told is not None:
            key = (meter.kind, meter.name, meter.outcome)
            told.routes[key], told.bins[key] = [getattr(meter, name) for name in meters.FIELDS], sketches.unpacked(meter.sketch)
    found.minutes = dict(sorted(found.minutes.items()))


def usage(*, since: datetime, until: datetime, seconds: int = HOUR) -> dict[tuple[str, str], Counts]:
    """{(kind, route or task): sums of FIELDS} over a span, from rows of this resolution (60: two days are kept,
    3600: two months, 86400: three years). The running hour and day are at most five minutes old."""
    rows = Meter.objects.filter(seconds=seconds, started_at__gte=since, started_at__lt=until).order_by().values("kind", "name")
    return {(row.pop("kind"), row.pop("name")): row for row in rows.annotate(**_sums())}  # type: ignore[misc]


def event_usage(*, since: datetime, until: datetime, seconds: int = HOUR) -> dict[tuple[int, int], Counts]:
    """{(event id, organiser id): sums of FIELDS} over a span, pages and tasks together, from rows of this resolution
    (3600 or 86400). Event 0: the organiser's own pages. What belongs to nobody is the rest of `usage`: shared."""
    rows = EventMeter.objects.filter(seconds=seconds, started_at__gte=since, started_at__lt=until).order_by().values("event", "organiser")
    return {(row.pop("event"), row.pop("organiser")): row for row in rows.annotate(**_sums())}  # type: ignore[misc]


def _sums() -> dict[str, Sum]:
    return {name: Sum(name) for name in meters.FIELDS}


def missing_minutes(*, since: datetime, until: datetime) -> int:
    """Minutes of the span in which nothing was metered, or not all: what was used then is unknown."""
    known = Minute.objects.filter(started_at__gte=since, started_at__lt=until, complete=True).count()
    return max(0, int((until - since).total_seconds() // 60) - known)


def history(
    *, names: Collection[str] | None, since: datetime, until: datetime, seconds: int, kind: str = "page", durations: bool = True
) -> list[tuple[datetime, Span]]:
    """One Span for each step of the span, oldest first; `seconds` 60, 3600 or 86400. A missing step has `seconds` 0.

    `by_outcome` and, when `durations` are asked for, `bins` are filled; `counts` are not."""
    rows = Meter.objects.filter(seconds=seconds, started_at__gte=since, started_at__lt=until, kind=kind)
    if names is not None:
        rows = rows.filter(name__in=names)
    steps = {moment: Span(seconds=covered) for moment, covered in _known(since, until, seconds).items()}
    for moment, outcome, count in rows.order_by().values_list("started_at", "outcome").annotate(Sum("count")):
        if moment in steps:
            steps[moment].by_outcome[outcome] = count
    if durations:
        for moment, sketch in rows.values_list("started_at", "sketch"):
            if moment in steps:
                bins = steps[moment].bins
                for place, count in sketches.unpacked(sketch).items():
                    bins[place] = bins.get(place, 0) + count
    first = -(-since.timestamp() // seconds) * seconds
    moments = [
        datetime.fromtimestamp(first + number * seconds, tz=UTC) for number in range(int((until.timestamp() - first) // seconds) + 1)
    ]
    return [(moment, steps.get(moment, Span())) for moment in moments if moment < until]


def _known(since: datetime, until: datetime, seconds: int) -> dict[datetime, float]:
    """{step: seconds of it that were metered}."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT date_bin(make_interval(secs => %s), started_at, 'epoch'), count(*) * 60.0 FROM operations_minute "
            "WHERE complete AND started_at >= %s AND started_at < %s GROUP BY 1",
            [seconds, since, until],
        )
        return {moment: float(covered) for moment, covered in cursor.fetchall()}
