"""A month that the demo was watched: what was asked, what it used, what fired. Made of rows, as the meters would have left them."""

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

from events.models import Event
from operations.meters import sketches
from operations.models import DAY, HOUR, MINUTE, Alarm, Deploy, Drill, EventMeter, Meter, Rule
from operations.watch import defaults

DAYS = 31
MINUTES = 200  # the last ones, which the dashboard's small lines show


@dataclass(frozen=True, kw_only=True)
class Work:
    """A route or task: how often in a common hour, milliseconds, of which CPU, statements, and what else each uses."""

    name: str
    often: int
    ms: float
    cpu: float
    sql: int
    kind: str = "page"
    hits: float = 0  # share answered from the page cache
    more: Mapping[str, int] = field(default_factory=dict)


A_CALL = {"provider_calls": 1}
A_TICKET = {"pdfs": 1, "pdf_bytes": 22_000, "s3_puts": 1, "s3_gets": 1, "s3_bytes_up": 22_000, "mails": 1}
WORK = (
    Work(name="events:event-list", often=300, ms=24, cpu=14, sql=3, hits=0.8),
    Work(name="events:event", often=900, ms=30, cpu=18, sql=4, hits=0.85),
    Work(name="registrations:hold-new", often=60, ms=14, cpu=8, sql=5),
    Work(name="registrations:details", often=110, ms=12, cpu=8, sql=3),
    Work(name="registrations:order-new", often=45, ms=20, cpu=10, sql=7),
    Work(name="payments:payment-start", often=30, ms=420, cpu=12, sql=9, more=A_CALL),
    Work(name="payments:notice-new", often=30, ms=9, cpu=5, sql=4),
    Work(name="workspace:event-home", often=40, ms=60, cpu=38, sql=14),
    Work(name="scanning:scan-new", often=70, ms=7, cpu=5, sql=3),
    Work(name="registrations.fulfil", kind="task", often=45, ms=85, cpu=52, sql=12, more=A_TICKET),
    Work(name="payments.handle_notice", kind="task", often=30, ms=160, cpu=9, sql=11, more=A_CALL),
)
OF_EVENTS = Work(name="", often=sum(each.often for each in WORK) * 2 // 3, ms=60, cpu=14, sql=4, hits=0.5)
MINUTE_ROWS = """
INSERT INTO operations_minute (started_at, complete, processes, events)
SELECT %(last)s - n * interval '1 minute', true, '{"web:demo": "web", "worker:demo": "worker"}', '[]' FROM generate_series(0, %(minutes)s) n
ON CONFLICT DO NOTHING
"""
SAMPLES = """
INSERT INTO operations_sample (sampled_at, values)
SELECT date_bin('5 minutes', %(last)s, 'epoch') - n * interval '5 minutes', jsonb_build_object(
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
    for work in WORK:
        of_days: dict[datetime, int] = {}
        for hour in hours:
            calls = round(work.often * busy(hour) * chance.uniform(0.8, 1.25))
            of_days[hour.replace(hour=0)] = of_days.get(hour.replace(hour=0), 0) + calls
            yield _meter(work, hour, HOUR, calls)
            if chance.random() < 0.01:
                yield _meter(work, hour, HOUR, 1, outcome="failed")
        for day, calls in of_days.items():
            yield _meter(work, day, DAY, calls)
        for number in range(MINUTES):
            moment = last - timedelta(minutes=number)
            if calls := round(work.often / 60 * busy(moment) * chance.uniform(0.3, 1.8)):
                yield _meter(work, moment, MINUTE, calls)


def _meter(work: Work, at: datetime, seconds: int, calls: int, *, outcome: str = "ok") -> Meter:
    # A bell over the logarithm of the duration, with a tail: what real ones look like.
    bell = {step: max(1, round(calls * math.exp(-((step + 1) ** 2) / 6) / 4)) for step in range(-4, 7)}
    sketch = sketches.packed({sketches.MAPPING.key(work.ms * 1.25**step): count for step, count in bell.items()})
    return Meter(started_at=at, seconds=seconds, kind=work.kind, name=work.name, outcome=outcome, sketch=sketch, **_counts(work, calls))


def _counts(work: Work, calls: int) -> dict[str, int]:
    hits = round(calls * work.hits)
    rendered = calls - hits
    return {
        "count": calls,
        "page_hits": hits,
        "duration_us": round(rendered * work.ms * 1000),
        "cpu_us": round(rendered * work.cpu * 1000 + hits * 400),
        "sql": rendered * work.sql,
        "sql_us": rendered * work.sql * 400,
        "cache_hits": hits,
        "cache_misses": rendered,
        "bytes_out": calls * 14_000,
    } | {name: amount * calls for name, amount in work.more.items()}


def _event_meters(last: datetime, chance: random.Random) -> Iterator[EventMeter]:
    """Two thirds of a day's work, most of it of the events that everybody wants."""
    events = list(Event.objects.order_by("pk").values_list("pk", "organiser_id"))
    weights = [1 / (place + 2) for place in range(len(events))]
    today = last.replace(hour=0, minute=0)
    spans = [(today - timedelta(days=number), DAY, 24.0) for number in range(DAYS)]
    spans += [(last.replace(minute=0) - timedelta(hours=number), HOUR, 1.0) for number in range(last.hour + 1)]
    for at, seconds, hours in spans:
        for (event, organiser), weight in zip(events, weights, strict=True):
            calls = max(1, round(OF_EVENTS.often * hours * weight / sum(weights) * chance.uniform(0.7, 1.3)))
            counts = _counts(OF_EVENTS, calls) | {"mails": calls // 40}
            yield EventMeter(started_at=at, seconds=seconds, event=event, organiser=organiser, **counts)


def _history(now: datetime) -> None:
    """Versions, a drill, and two alarms that are over."""
    defaults.ensure()
    marks = [Deploy(version=f"demo-{number}", started_at=now - timedelta(days=days)) for number, days in enumerate((26, 15, 6), start=1)]
    Deploy.objects.bulk_create(marks, ignore_conflicts=True)
    Drill.objects.create(finished_at=now - timedelta(days=9), passed=True, rpo_seconds=2.1, rto_seconds=4.8)
    for name, days, minutes, value in (("mail-stuck", 12, 14, 410.0), ("register-slow", 6, 5, 1240.0)):
        fired = now - timedelta(days=days)
        Alarm.objects.create(rule=Rule.objects.get(name=name), fired_at=fired, value=value, cleared_at=fired + timedelta(minutes=minutes))
