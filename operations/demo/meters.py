"""A month that the demo was watched: what was asked, what it used, what fired. Made of rows, as the meters would have left them."""

import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from events.models import Event
from operations.meters import sketches
from operations.models import DAY, HOUR, MINUTE, Alarm, Deploy, Drill, EventMeter, Meter, Rule
from operations.watch import defaults

DAYS = 31
MINUTES = 200  # the last ones, which the dashboard's small lines show
# kind, name, asked in a common hour, ms, of which CPU, statements, share answered from the page cache, what else it uses
WORK: tuple[tuple[str, str, int, float, float, int, float, dict[str, int]], ...] = (
    ("page", "events:event-list", 300, 24, 14, 3, 0.8, {}),
    ("page", "events:event", 900, 30, 18, 4, 0.85, {}),
    ("page", "registrations:hold-new", 60, 14, 8, 5, 0, {}),
    ("page", "registrations:details", 110, 12, 8, 3, 0, {}),
    ("page", "registrations:order-new", 45, 20, 10, 7, 0, {}),
    ("page", "payments:payment-start", 30, 420, 12, 9, 0, {"provider_calls": 1}),
    ("page", "payments:notice-new", 30, 9, 5, 4, 0, {}),
    ("page", "workspace:event-home", 40, 60, 38, 14, 0, {}),
    ("page", "scanning:scan-new", 70, 7, 5, 3, 0, {}),
    ("task", "registrations.fulfil", 45, 85, 52, 12, 0, {"pdfs": 1, "pdf_bytes": 22_000, "s3_puts": 1, "s3_gets": 1, "s3_bytes_up": 22_000, "mails": 1}),
    ("task", "payments.handle_notice", 30, 160, 9, 11, 0, {"provider_calls": 1}),
)  # fmt: skip
MINUTE_ROWS = """
INSERT INTO operations_minute (started_at, complete, processes, events)
SELECT %(last)s - n * interval '1 minute', true, '{"web:demo": "web", "worker:demo": "worker"}', '[]' FROM generate_series(0, %(minutes)s) n
ON CONFLICT DO NOTHING
"""
SAMPLES = """
INSERT INTO operations_sample (sampled_at, values)
SELECT %(last)s - n * interval '5 minutes', jsonb_build_object(
  'database.connections', jsonb_build_array(6 + (n * 7) %% 5, 1), 'queue.length', jsonb_build_array((n * 13) %% 7, 1))
FROM generate_series(1, %(minutes)s / 5) n ON CONFLICT DO NOTHING
"""


def make(*, now: datetime) -> bool:
    """The month before now. False when something was metered before: then it is the truth that is shown."""
    if Meter.objects.exists():
        return False
    chance, last = random.Random(7), now.replace(second=0, microsecond=0) - timedelta(minutes=1)
    with connection.cursor() as cursor:
        for statement in (MINUTE_ROWS, SAMPLES):
            cursor.execute(statement, {"last": last, "minutes": DAYS * 1440})
    Meter.objects.bulk_create(_meters(last, chance), batch_size=2000)
    EventMeter.objects.bulk_create(_event_meters(last, chance), batch_size=2000)
    _history(now)
    return True


def busy(moment: datetime) -> float:
    """How much is asked at this hour, 1.0 as a rule: evenings and week-ends more, nights little."""
    return max(0.05, 1 + 0.9 * math.sin((moment.hour - 13) / 24 * 2 * math.pi)) * (1.4 if moment.weekday() > 4 else 1)


def _meters(last: datetime, chance: random.Random) -> Iterator[Meter]:
    this_hour = last.replace(minute=0)
    hours = [this_hour - timedelta(hours=number) for number in range(DAYS * 24)]
    for kind, name, often, *costs in WORK:
        of_days: dict[datetime, int] = {}
        for hour in hours:
            calls = round(often * busy(hour) * chance.uniform(0.8, 1.25))
            of_days[hour.replace(hour=0)] = of_days.get(hour.replace(hour=0), 0) + calls
            yield _meter(hour, HOUR, kind, name, calls, *costs)
            if chance.random() < 0.01:
                yield _meter(hour, HOUR, kind, name, 1, *costs, outcome="failed")
        for day, calls in of_days.items():
            yield _meter(day, DAY, kind, name, calls, *costs)
        for number in range(MINUTES):
            moment = last - timedelta(minutes=number)
            if calls := round(often / 60 * busy(moment) * chance.uniform(0.3, 1.8)):
                yield _meter(moment, MINUTE, kind, name, calls, *costs)


def _meter(
    at: datetime,
    seconds: int,
    kind: str,
    name: str,
    calls: int,
    ms: float,
    cpu: float,
    sql: int,
    hits: float,
    more: dict[str, int],
    outcome: str = "ok",
) -> Meter:
    counts = _counts(calls, ms, cpu, sql, hits, more)
    # A bell over the logarithm of the duration, with a tail: what real ones look like.
    bins = {sketches.MAPPING.key(ms * 1.25**step): max(1, round(calls * math.exp(-((step + 1) ** 2) / 6) / 4)) for step in range(-4, 7)}
    return Meter(started_at=at, seconds=seconds, kind=kind, name=name, outcome=outcome, sketch=sketches.packed(bins), **counts)


def _counts(calls: int, ms: float, cpu: float, sql: int, hits: float, more: dict[str, int]) -> dict[str, Any]:
    found = round(calls * hits)
    rendered = calls - found
    return {
        "count": calls,
        "page_hits": found,
        "duration_us": round(rendered * ms * 1000),
        "cpu_us": round(rendered * cpu * 1000 + found * 400),
        "sql": rendered * sql,
        "sql_us": rendered * sql * 400,
        "cache_hits": found,
        "cache_misses": rendered,
        "bytes_out": calls * 14_000,
    } | {field: amount * calls for field, amount in more.items()}


def _event_meters(last: datetime, chance: random.Random) -> Iterator[EventMeter]:
    """Two thirds of a day's work, most of it of the events that everybody wants."""
    events = list(Event.objects.order_by("pk").values_list("pk", "organiser_id"))
    weights = [1 / (place + 2) for place in range(len(events))]
    today = last.replace(hour=0, minute=0)
    spans = [(today - timedelta(days=number), DAY, 24.0) for number in range(DAYS)]
    spans += [(last.replace(minute=0) - timedelta(hours=number), HOUR, 1.0) for number in range(last.hour + 1)]
    often = sum(each[2] for each in WORK) * 2 / 3
    for at, seconds, hours in spans:
        for (event, organiser), weight in zip(events, weights, strict=True):
            calls = max(1, round(often * hours * weight / sum(weights) * chance.uniform(0.7, 1.3)))
            counts = _counts(calls, 60, 14, 4, 0.5, {})
            yield EventMeter(started_at=at, seconds=seconds, event=event, organiser=organiser, **counts | {"mails": calls // 40})


def _history(now: datetime) -> None:
    """Versions, a drill, and two alarms that are over."""
    defaults.ensure()
    marks = [Deploy(version=f"demo-{number}", started_at=now - timedelta(days=days)) for number, days in enumerate((26, 15, 6), start=1)]
    Deploy.objects.bulk_create(marks, ignore_conflicts=True)
    Drill.objects.create(finished_at=now - timedelta(days=9), passed=True, rpo_seconds=2.1, rto_seconds=4.8)
    for name, days, minutes, value in (("mail-stuck", 12, 14, 410.0), ("register-slow", 6, 5, 1240.0)):
        fired = now - timedelta(days=days)
        Alarm.objects.create(rule=Rule.objects.get(name=name), fired_at=fired, value=value, cleared_at=fired + timedelta(minutes=minutes))
