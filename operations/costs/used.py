"""What this installation used in a span of time, read from its meters."""

import functools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, Min, Q, Sum
from django.db.models.functions import Cast

from operations.costs.functions import function_of
from operations.models import DAY, HOUR, EventMeter, Meter


@dataclass
class Used:
    """Sums. Times in microseconds, sizes in bytes, the rest are counts; names are the meters' own."""

    count: int = 0
    duration_us: int = 0
    cpu_us: int = 0
    sql: int = 0
    page_hits: int = 0
    bytes_out: int = 0
    s3_puts: int = 0
    s3_gets: int = 0
    s3_bytes_up: int = 0
    provider_calls: int = 0
    mails: int = 0
    pdfs: int = 0
    pdf_bytes: int = 0

    def add(self, other: "Used") -> None:
        for name in FIELDS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def without(self, other: "Used") -> "Used":
        """What is left; never below nothing, as meters of pages and of events are closed a moment apart."""
        return Used(**{name: max(0, getattr(self, name) - getattr(other, name)) for name in FIELDS})

    @property
    def cpu_seconds(self) -> float:
        return self.cpu_us / 1e6

    @property
    def rendered(self) -> int:
        """Requests and tasks that were not answered from the page cache."""
        return self.count - self.page_hits


FIELDS = tuple(each.name for each in fields(Used))


@dataclass
class Metered:
    """From `since` to `until`. `of_events` are parts of `total`; what is nobody's is shared."""

    since: datetime
    until: datetime
    total: Used = field(default_factory=Used)
    of_functions: dict[str, Used] = field(default_factory=lambda: defaultdict(Used))
    of_events: dict[int, Used] = field(default_factory=lambda: defaultdict(Used))
    of_days: dict[date, Used] = field(default_factory=lambda: defaultdict(Used))
    measured_from: datetime | None = None

    @functools.cached_property
    def shared(self) -> Used:
        of_events = self.of_events.values()
        return self.total.without(Used(*(sum(getattr(used, name) for used in of_events) for name in FIELDS)))

    def as_one(self) -> "Metered":
        """Without the events apart, for what only asks how much it was altogether."""
        return Metered(since=self.since, until=self.until, total=self.total, measured_from=self.measured_from)

    @property
    def hours(self) -> float:
        return (self.until - self.since).total_seconds() / 3600


def metered(*, since: datetime, until: datetime) -> Metered:
    """Read the closed days, and of what is not yet a day the closed hours. Three statements, sums made by the database."""
    found = Metered(since=since, until=until)
    spans = _closed(since, until)
    for name, day, *sums in Meter.objects.filter(spans).values_list("name", "started_at__date").annotate(**_sums()):
        used = _used(sums)
        found.total.add(used)
        found.of_functions[function_of(name=name)].add(used)
        found.of_days[day].add(used)
    for event, *sums in EventMeter.objects.filter(spans, event__gt=0).values_list("event").annotate(**_sums()):
        found.of_events[event] = _used(sums)
    found.measured_from = Meter.objects.filter(seconds=DAY).aggregate(first=Min("started_at"))["first"]
    return found


def hourly(*, since: datetime, until: datetime) -> dict[datetime, Used]:
    """Each closed hour that was metered; one that was not is missing, not zero."""
    rows = Meter.objects.filter(seconds=HOUR, started_at__gte=since, started_at__lt=until)
    return {hour: _used(sums) for hour, *sums in rows.values_list("started_at").annotate(**_sums())}


def _closed(since: datetime, until: datetime) -> Q:
    """Whole days, then the hours after the last of them."""
    within = Q(started_at__gte=since, started_at__lt=until)
    last = Meter.objects.filter(within, seconds=DAY).order_by("-started_at").values_list("started_at", flat=True).first()
    days_end = last + timedelta(days=1) if last else since
    return Q(seconds=DAY) & within | Q(seconds=HOUR, started_at__gte=max(days_end, since), started_at__lt=until)


def _sums() -> dict[str, Cast]:
    return {name: Cast(Sum(name), BigIntegerField()) for name in FIELDS}  # a sum is numeric, and costly to read as that


def _used(sums: Sequence[Any]) -> Used:
    """Of a row of sums, in the order of FIELDS."""
    return Used(*sums)


def month_of(*, moment: datetime) -> tuple[datetime, datetime]:
    """The calendar month around a moment, in UTC, as providers bill."""
    start = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return start, (start + timedelta(days=32)).replace(day=1)


def together(*, several: Iterable[Used]) -> Used:
    total = Used()
    for used in several:
        total.add(used)
    return total
