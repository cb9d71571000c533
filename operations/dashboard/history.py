"""Charts: an hour by minutes, a day by hours, a month by hours and days; and where a version began."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from operations.meters import reading
from operations.models import DAY, HOUR, MINUTE, Deploy
from operations.watch import measures
from operations.watch.paths import HOT_PATHS

# How long, and the rows that rates and durations are read from: percentiles of a whole day come from the day's sketch.
SPANS = {
    "hour": ("The last hour", timedelta(hours=1), MINUTE, MINUTE),
    "day": ("The last day", timedelta(days=1), HOUR, HOUR),
    "month": ("The last 30 days", timedelta(days=30), HOUR, DAY),
}
MOST_ROWS = 60


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One chart: `times` in Unix seconds, `lines` of values as long; a missing value is None."""

    name: str
    title: str
    unit: str
    times: list[float]
    lines: list[tuple[str, list[float | None]]]

    @property
    def unit_short(self) -> str:
        return "/s" if self.unit == "a second" else self.unit

    @property
    def rows(self) -> list[tuple[datetime, list[float | None]]]:
        """For the table behind it: at most MOST_ROWS, the newest first."""
        step = max(1, -(-len(self.times) // MOST_ROWS))
        picked = range(len(self.times) - 1, -1, -step)
        return [(datetime.fromtimestamp(self.times[at], tz=UTC), [values[at] for _, values in self.lines]) for at in picked]

    def as_json(self) -> dict[str, Any]:
        return {"times": self.times, "unit": self.unit, "lines": [{"label": label, "values": values} for label, values in self.lines]}


def charts(*, span: str, path: str, now: datetime) -> list[Chart]:
    """Rate, faults and durations of one hot path, or rate and faults of all pages; then the samples."""
    _, length, seconds, sketched = SPANS[span]
    routes = next((each.routes for each in HOT_PATHS if each.name == path), None)
    since = now - length
    steps = reading.history(names=routes, since=since, until=now, seconds=seconds, durations=False)
    times = [moment.timestamp() for moment, _ in steps]
    rates = [each.rate for _, each in steps]
    faults = [None if not each.seconds else (each.error_share or 0) * 100 for _, each in steps]
    found = [
        Chart(name="rate", title="Requests", unit="a second", times=times, lines=[("Requests", rates)]),
        Chart(name="errors", title="Faults", unit="%", times=times, lines=[("Faults", faults)]),
    ]
    if routes:
        found.append(_durations(routes, since, now, sketched))
    return found + _samples(since, now)


def _durations(routes: Collection[str], since: datetime, now: datetime, seconds: int) -> Chart:
    steps = reading.history(names=routes, since=since, until=now, seconds=seconds)
    cuts = [each.percentiles() for _, each in steps]
    lines = [(label, [cut[number] for cut in cuts]) for number, label in enumerate(("p50", "p95", "p99"))]
    return Chart(name="durations", title="Durations", unit="ms", times=[moment.timestamp() for moment, _ in steps], lines=lines)


SAMPLED = (
    ("connections", "Database connections", "", "database.connections"),
    ("queue", "Tasks waiting", "", "queue.length"),
)


def _samples(since: datetime, now: datetime) -> list[Chart]:
    thin = max(1, round((now - since) / timedelta(hours=1)))
    found = measures.series(names=[name for *_, name in SAMPLED], since=since, until=now, every_minutes=thin if thin > 1 else 0)
    return [
        Chart(
            name=key,
            title=title,
            unit=unit,
            times=[moment.timestamp() for moment, _ in found[name]],
            lines=[(title, [value for _, value in found[name]])],
        )
        for key, title, unit, name in SAMPLED
    ]


def deploys(*, since: datetime) -> list[Deploy]:
    return list(Deploy.objects.filter(started_at__gte=since).order_by("started_at"))
