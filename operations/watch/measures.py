"""What the whole measures about itself, every 20 seconds. A measure that can't be taken is None: missing.

Shares are between 0 and 1, ages and times in seconds (`_s`) or milliseconds (`_ms`), sizes in bytes.
Each is [value, samples it rests on].
"""

import logging
import shutil
import time
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Q, Sum
from django.db.models.fields.json import KeyTransform

from operations.costs.month import month
from operations.meters import live, reading
from operations.models import MINUTE, Drill, Meter, Sample
from operations.watch import business, certificate
from operations.watch.paths import HOT_PATHS
from ticketing.lib import meters

logger = logging.getLogger("ticketing.watch")
Measures = dict[str, tuple[float | None, int]]
OBJECTIVE = 0.999  # of requests are answered without a fault of ours, over a month
PROBES = ("operations:health", "ticketing.health.readyz")  # what they report is no fault of a visitor's request
MONEY_SECONDS = 3600
QUEUES = ("now", "soon", "whenever")
STATEMENTS = """
SELECT count(*) FILTER (WHERE backend_type = 'client backend'), current_setting('max_connections')::int,
  count(*) FILTER (WHERE wait_event_type = 'Lock'),
  coalesce(extract(epoch FROM max(clock_timestamp() - xact_start) FILTER (WHERE backend_type = 'client backend' AND pid <> pg_backend_pid())), 0),
  coalesce(extract(epoch FROM max(clock_timestamp() - query_start) FILTER (WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid())), 0),
  pg_database_size(current_database())
FROM pg_stat_activity
"""
REPLICAS = "SELECT count(*), extract(epoch FROM max(replay_lag)) FROM pg_stat_replication WHERE state = 'streaming'"
ARCHIVE = """
SELECT current_setting('archive_mode') <> 'off',
  CASE WHEN last_failed_time > coalesce(last_archived_time, '-infinity') THEN extract(epoch FROM clock_timestamp() - last_failed_time) END
FROM pg_stat_archiver
"""


def take(*, now: datetime) -> Measures:
    """All measures, each group on its own: what fails leaves its measures missing."""
    found: Measures = {}
    for group in (traffic, objective, database, redis_server, background, storage, surroundings, money, business.ages, business.ratios):
        try:
            found |= group(now)
        except Exception as error:  # a part that is away must not blind the watch to the others
            logger.warning("Measures of %s are missing (%s).", group.__name__, type(error).__name__)
    return found


def share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _of(part: int, whole: int) -> tuple[float | None, int]:
    """A share that rests on nothing is no trouble, and says that it rests on nothing."""
    return (part / whole if whole else 0.0), whole


def traffic(now: datetime) -> Measures:
    """From the meters of the last two minutes. Nothing metered: everything is missing."""
    recent = reading.recent(now=now)
    heard = recent.heard_at("web")
    worker = recent.heard_at("worker")
    found: Measures = {
        "web.silent_s": (max(0.0, now.timestamp() - heard) if heard else None, 1),
        "worker.silent_s": (max(0.0, now.timestamp() - worker) if worker else (120.0 if recent.redis_answers else None), 1),
        "clock.skew_s": (abs(recent.skew_ms) / 1000 if recent.minutes else None, len(recent.minutes)),
    }
    if not recent.minutes or not heard:
        return found
    pages, tasks = recent.span(but=PROBES), recent.span(kind="task")
    found |= {"page.error_share": _of(pages.failed, pages.count), "page.rate": (pages.rate, pages.count)}
    found |= {"task.error_share": _of(tasks.failed, tasks.count), "task.rate": (tasks.rate, tasks.count)}
    for path in HOT_PATHS:
        span = recent.span(path.routes)
        found[f"{path.name}.error_share"] = _of(span.failed, span.count)
        found[f"{path.name}.rate"] = (span.rate, span.count)
        found[f"{path.name}.p95_ms"] = (span.percentiles()[1] or 0.0, span.count)
    both = {name: pages.counts.get(name, 0) + tasks.counts.get(name, 0) for name in meters.FIELDS}
    calls = both["s3_puts"] + both["s3_gets"]
    return found | {
        "storage.refused_share": _of(both["s3_refused"], calls),
        "storage.failed_share": _of(both["s3_failed"], calls),
        "provider.failed_share": _of(both["provider_failed"], both["provider_calls"]),
        "mail.failed_share": _of(both["mails_failed"], both["mails"] + both["mails_failed"]),
    }


def objective(now: datetime) -> Measures:
    """How fast the error budget is spent: 1 is exactly the budget. Both a short and a long span must burn."""
    spans = {"5m": 5, "1h": 60, "30m": 30, "6h": 360}
    sums: dict[str, Any] = {}
    for name, minutes in spans.items():
        within = Q(started_at__gte=now - timedelta(minutes=minutes + 1))
        sums[f"n{name}"] = Sum("count", filter=within)
        sums[f"f{name}"] = Sum("count", filter=within & Q(outcome__in=reading.FAILED))
    row = (
        Meter.objects.filter(seconds=MINUTE, kind="page", started_at__gte=now - timedelta(minutes=361))
        .exclude(name__in=PROBES)
        .aggregate(**sums)
    )
    burn = {name: (row[f"f{name}"] or 0) / (row[f"n{name}"] or 1) / (1 - OBJECTIVE) for name in spans}
    return {
        "objective.burn_fast": (min(burn["5m"], burn["1h"]), row["n5m"] or 0),
        "objective.burn_slow": (min(burn["30m"], burn["6h"]), row["n30m"] or 0),
    }


def database(now: datetime) -> Measures:
    with connection.cursor() as cursor:
        cursor.execute(STATEMENTS)
        used, most, waiting, oldest, slowest, size = cursor.fetchone()
        cursor.execute(REPLICAS)
        replicas, lag = cursor.fetchone()
        cursor.execute(ARCHIVE)
        archives, broken_s = cursor.fetchone()
    return {
        "database.connections": (used, 1),
        "database.connections_limit": (most, 1),
        "database.capacity_share": (used / most, 1),
        "database.waiting": (waiting, 1),
        "database.oldest_transaction_s": (float(oldest), 1),
        "database.slowest_statement_s": (float(slowest), 1),
        "database.bytes": (size, 1),
        "database.replicas": (replicas, 1),
        "database.replica_lag_s": (float(lag or 0), replicas),
        "database.archive_broken_s": (float(broken_s or 0), int(archives)),
    }


def redis_server(now: datetime) -> Measures:
    told = live.connect().info("memory")
    limit = told.get("maxmemory") or told.get("total_system_memory") or 0
    return {"redis.bytes": (told["used_memory"], 1), "redis.memory_share": (share(told["used_memory"], limit), 1)}


def background(now: datetime) -> Measures:
    pipe = live.connect().pipeline(transaction=False)
    for queue in QUEUES:
        pipe.llen(settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] + queue)  # type: ignore[operator]
    lengths = pipe.execute()
    found: Measures = {"queue.length": (float(sum(lengths)), 1)}
    for queue, length in zip(QUEUES, lengths, strict=True):
        found[f"queue.{queue}"] = (length, 1)
    return found


def storage(now: datetime) -> Measures:
    """How long the file store takes to say whether a file exists; missing when it does not answer."""
    began = time.monotonic()
    default_storage.exists("watch/probe")
    return {"storage.answer_ms": ((time.monotonic() - began) * 1000, 1)}


def surroundings(now: datetime) -> Measures:
    disk = shutil.disk_usage(settings.VAR_DIR if settings.VAR_DIR.exists() else "/")
    drill = Drill.objects.filter(passed=True).order_by("-finished_at").first()
    days = certificate.days_left(now=now)
    return {
        "disk.used_share": (disk.used / disk.total, 1),
        "drill.age_days": ((now - drill.finished_at) / timedelta(days=1) if drill else None, 1),
        "certificate.days_left": (days, 1),
    }


def money(now: datetime) -> Measures:
    """The month's forecast of /operations/costs/ as a share of COST_BUDGET; reckoned once an hour, missing on a first day."""
    known = cache.get("cost-forecast-share")
    if known is None:
        found = month(now=now)
        metered = len(found.daily) > 1 and found.is_metered
        known = [float(found.forecast.share_of_budget) if metered else None]
        cache.set("cost-forecast-share", known, MONEY_SECONDS)
    return {"cost.forecast_share": (known[0], 1)}


def latest() -> Sample | None:
    return Sample.objects.order_by("-sampled_at").first()


def series(
    *, names: Collection[str], since: datetime, until: datetime, every_minutes: int = 0
) -> dict[str, list[tuple[datetime, float | None]]]:
    """{measure: [(moment, value)]} of the samples in the span, oldest first; one in so many minutes, or all (0)."""
    rows = Sample.objects.filter(sampled_at__gte=since, sampled_at__lt=until).order_by("sampled_at")
    if every_minutes > 60:
        rows = rows.filter(sampled_at__minute=0, sampled_at__second=0)
    elif every_minutes:
        rows = rows.filter(sampled_at__minute__in=range(0, 60, min(every_minutes, 30)), sampled_at__second=0)
    picked = list(rows.values_list("sampled_at", *(KeyTransform("0", KeyTransform(name, "values")) for name in names)))
    return {name: [(row[0], row[number + 1]) for row in picked] for number, name in enumerate(names)}
