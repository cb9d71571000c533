"""The plan's capacity table, measured: each part's limit, what is used of it, and which part will end first."""

import os
from dataclasses import dataclass

from operations.meters import reading

S3_PUTS, S3_GETS = 3500, 5500  # requests a second and prefix, as S3 publishes them


@dataclass(frozen=True, kw_only=True)
class Part:
    """`share` between 0 and 1; None where it can't be known now. `rest`: where the limit comes from."""

    name: str
    used: float | None
    limit: float | None
    unit: str
    rest: str
    is_bottleneck: bool = False

    @property
    def share(self) -> float | None:
        return None if self.used is None or not self.limit else self.used / self.limit


def table(*, values: dict[str, float | None], recent: reading.Recent) -> list[Part]:
    """One row for each part; the fullest is named the bottleneck."""
    pages, tasks = recent.span(), recent.span(kind="task")
    places = _places(recent, "web")
    seconds = pages.seconds
    busy = pages.counts.get("duration_us", 0) / 1e6 / seconds if seconds else None
    cpu = (pages.counts.get("cpu_us", 0) + tasks.counts.get("cpu_us", 0)) / 1e6 / seconds if seconds else None
    working = tasks.counts.get("duration_us", 0) / 1e6 / seconds if seconds else None
    puts = (pages.counts.get("s3_puts", 0) + tasks.counts.get("s3_puts", 0)) / seconds if seconds else None
    rate_limit = pages.count / busy / seconds * places if busy and seconds else None
    rows = [
        Part(name="Web threads", used=busy, limit=places or None, unit="busy", rest="one request each"),
        Part(name="Requests at today's mix", used=pages.rate, limit=rate_limit, unit="/s", rest="threads ÷ mean duration"),
        Part(name="CPU of requests and tasks", used=cpu, limit=os.cpu_count(), unit="cores", rest="this machine's cores"),
        Part(name="Task threads", used=working, limit=_places(recent, "worker") or None, unit="busy", rest="one task each"),
        Part(
            name="Database connections",
            used=values.get("database.connections"),
            limit=values.get("database.connections_limit"),
            unit="",
            rest="max_connections",
        ),
        Part(name="Redis memory", used=_percent(values.get("redis.memory_share")), limit=100, unit="%", rest="maxmemory"),
        Part(name="Disk", used=_percent(values.get("disk.used_share")), limit=100, unit="%", rest="this machine's disk"),
        Part(name="S3 writes", used=puts, limit=S3_PUTS, unit="/s", rest="published, per prefix"),
    ]
    fullest = max((row for row in rows if row.share is not None), key=lambda row: row.share or 0, default=None)
    return [row if row is not fullest else Part(**{**row.__dict__, "is_bottleneck": True}) for row in rows]


def _places(recent: reading.Recent, role: str) -> int:
    """How many requests or tasks all processes of this role do at once. A minute out of the rows knows only the processes."""
    return max((told.at_once.get(role, sum(its == role for its in told.processes.values())) for told in recent.minutes.values()), default=0)


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100
