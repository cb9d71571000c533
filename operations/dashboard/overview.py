"""What the dashboard shows: read in a few queries, the same for all staff."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from redis.exceptions import RedisError

from operations.dashboard import capacity, sparkline
from operations.meters import live, reading
from operations.models import MINUTE, Alarm, Meter, Minute, Rule, Sample, State
from operations.watch import evaluation, measures
from operations.watch.paths import HOT_PATHS, HotPath

SHOWN_MINUTES = 60
OVERDUE = timedelta(seconds=evaluation.STEP_SECONDS * 3)


@dataclass(frozen=True, kw_only=True)
class PathRow:
    path: HotPath
    rate: float | None
    error_share: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    line: str
    count: int

    @property
    def state(self) -> str:
        """ok, warn (slower than its target), bad (more faults than its budget), quiet (nothing asked) or missing."""
        if self.rate is None:
            return "missing"
        if not self.count:
            return "quiet"
        if (self.error_share or 0) > self.path.budget:
            return "bad"
        return "warn" if (self.p95 or 0) > self.path.p95_ms else "ok"


def overview(*, now: datetime) -> dict[str, Any]:
    """The context of the live part."""
    recent = reading.recent(now=now)
    sample = measures.latest()
    values = {name: value for name, (value, _) in (sample.values if sample else {}).items()}
    rules = list(Rule.objects.filter(enabled=True))
    firing = list(Alarm.objects.filter(cleared_at=None).select_related("rule", "acknowledged_by").order_by("fired_at"))
    return {
        "now": now,
        "firing": firing,
        "missing": [rule for rule in rules if rule.state == State.MISSING],
        "rules": len(rules),
        "watched_at": sample.sampled_at if sample else None,
        "overdue": sample is None or now - sample.sampled_at > OVERDUE,
        "paths": path_rows(now=now, recent=recent),
        "parts": parts(values),
        "capacity": capacity.table(values=values, recent=recent),
        "funnel": funnel(values),
        "failures": failures(),
        "age": _age(recent, now),
    }


def _age(recent: reading.Recent, now: datetime) -> float | None:
    """Seconds since a web process last wrote its meters."""
    heard = recent.heard_at("web")
    return max(0.0, now.timestamp() - heard) if heard else None


def path_rows(*, now: datetime, recent: reading.Recent) -> list[PathRow]:
    lines = _lines(now)
    rows = []
    for path in HOT_PATHS:
        span = recent.span(path.routes)
        p50, p95, p99 = span.percentiles()
        rows.append(
            PathRow(
                path=path,
                rate=span.rate,
                error_share=span.error_share,
                p50=p50,
                p95=p95,
                p99=p99,
                count=span.count,
                line=sparkline.path(lines[path.name]),
            )
        )
    return rows


def _lines(now: datetime) -> dict[str, list[float | None]]:
    """Requests in each of the last sixty finished minutes, by path; None where nothing was metered."""
    until = now.replace(second=0, microsecond=0)
    since = until - timedelta(minutes=SHOWN_MINUTES)
    known = set(Minute.objects.filter(started_at__gte=since, started_at__lt=until, complete=True).values_list("started_at", flat=True))
    names = {route: path.name for path in HOT_PATHS for route in path.routes}
    counts: dict[tuple[str, datetime], int] = {}
    rows = Meter.objects.filter(seconds=MINUTE, name__in=names, started_at__gte=since, started_at__lt=until, kind="page")
    for name, moment, count in rows.values_list("name", "started_at", "count"):
        counts[names[name], moment] = counts.get((names[name], moment), 0) + count
    moments = [since + timedelta(minutes=number) for number in range(SHOWN_MINUTES)]
    return {path.name: [float(counts.get((path.name, at), 0)) if at in known else None for at in moments] for path in HOT_PATHS}


PARTS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Database",
        (
            ("Connections", "database.connections", ""),
            ("Waiting for locks", "database.waiting", ""),
            ("Slowest statement now", "database.slowest_statement_s", "s"),
            ("Oldest transaction", "database.oldest_transaction_s", "s"),
            ("Size", "database.bytes", "bytes"),
            ("Standbys", "database.replicas", ""),
            ("Archive broken for", "database.archive_broken_s", "s"),
        ),
    ),
    ("Redis", (("Memory", "redis.bytes", "bytes"), ("Of its limit", "redis.memory_share", "share"))),
    (
        "Tasks",
        (
            ("Waiting, a buyer too", "queue.now", ""),
            ("Waiting, mail", "queue.soon", ""),
            ("Waiting, reports", "queue.whenever", ""),
            ("Oldest order without tickets", "ticket.oldest_unmade_s", "s"),
            ("Failed, last 2 minutes", "task.error_share", "share"),
            ("Worker last heard", "worker.silent_s", "s"),
        ),
    ),
    (
        "Storage",
        (("Answers in", "storage.answer_ms", "ms"), ("Refused (4xx)", "storage.refused_share", "share"), ("Failed", "storage.failed_share", "share")),
    ),
    ("Mail", (("Waiting", "mail.waiting", ""), ("Oldest", "mail.oldest_s", "s"), ("Not taken", "mail.failed_share", "share"))),
    (
        "Provider",
        (("No answer", "provider.failed_share", "share"), ("Oldest notice", "notice.oldest_s", "s"), ("Oldest refund", "refund.oldest_s", "s")),
    ),
    (
        "Around",
        (
            ("Clock skew", "clock.skew_s", "s"),
            ("Disk used", "disk.used_share", "share"),
            ("Certificate ends in", "certificate.days_left", "days"),
            ("Last restore drill", "drill.age_days", "days"),
            ("Month's cost of its budget", "cost.forecast_share", "share"),
            ("Oldest leaked hold", "hold.oldest_leaked_s", "s"),
        ),
    ),
)  # fmt: skip


def parts(values: dict[str, float | None]) -> list[tuple[str, list[tuple[str, float | None, str, str]]]]:
    """[(part, [(label, value, unit, measure)])]"""
    return [(title, [(label, values.get(name), unit, name) for label, name, unit in lines]) for title, lines in PARTS]


def funnel(values: dict[str, float | None]) -> list[tuple[str, float | None]]:
    """What became of the last fifteen minutes' holds, in their order."""
    names = (
        ("Holds", "sale.holds"),
        ("Orders", "sale.orders"),
        ("Paid", "sale.confirmed"),
        ("Tickets made", "sale.made"),
        ("Mails sent", "sale.mails"),
        ("Scans", "sale.scans"),
    )
    return [(label, values.get(name)) for label, name in names]


def failures() -> list[dict[str, Any]] | None:
    """Tasks that raised, newest first; None when Redis does not answer."""
    try:
        return live.failures(most=10)
    except (RedisError, OSError):
        return None


def history_of(*, rule: Rule, most: int = 50) -> list[Alarm]:
    return list(Alarm.objects.filter(rule=rule).select_related("acknowledged_by").order_by("-fired_at")[:most])


def sample_age(*, now: datetime) -> float | None:
    newest = Sample.objects.order_by("-sampled_at").values_list("sampled_at", flat=True).first()
    return (now - newest).total_seconds() if newest else None


def rules_in_order() -> list[Rule]:
    """Firing first, then missing, then the rest."""
    order = {State.FIRING: 0, State.MISSING: 1}
    return sorted(Rule.objects.all(), key=lambda rule: (order.get(State(rule.state), 2), rule.pk))


def last_alarms(*, most: int = 50) -> list[Alarm]:
    return list(Alarm.objects.select_related("rule", "acknowledged_by").order_by("-fired_at")[:most])
