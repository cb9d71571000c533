"""/metrics: what the watch knows, in the words Prometheus reads; right over all processes and machines.

Counters are sums of all processes' meters since midnight UTC, rows and live minutes together, and so begin again
each day as after a restart, which Prometheus expects. Durations come as percentiles of the last two minutes.
"""

import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from redis.exceptions import RedisError

from operations.meters import live, reading
from operations.models import MINUTE, Meter, Minute, Rule, State
from operations.watch import measures
from operations.watch.paths import HOT_PATHS
from ticketing.lib import clock, meters

LOOPBACK = ("127.0.0.1", "::1")
CACHED_SECONDS = 5
RECENT = timedelta(minutes=10)
HELP = {
    "count": ("ticketing_requests", "Requests and tasks"),
    "duration_us": ("ticketing_duration_seconds", "Time they took"),
    "cpu_us": ("ticketing_cpu_seconds", "CPU they used"),
    "sql": ("ticketing_sql_statements", "SQL statements"),
    "sql_us": ("ticketing_sql_seconds", "Time in SQL statements"),
    "bytes_out": ("ticketing_answer_bytes", "Bytes answered"),
}  # the other fields are ticketing_<field>


def metrics(request: HttpRequest) -> HttpResponse:
    """For a token (METRICS_TOKEN), for staff, and without a token set for this machine itself. 404 otherwise."""
    if not _may_read(request):
        raise Http404
    text = cache.get("operations-metrics")
    if text is None:
        text = _text(clock.now())
        cache.set("operations-metrics", text, CACHED_SECONDS)
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
            return True
    elif request.META.get("REMOTE_ADDR") in LOOPBACK and "X-Forwarded-For" not in request.headers and "Forwarded" not in request.headers:
        return True
    return bool(request.user.is_active and request.user.is_staff)  # type: ignore[union-attr]


def _text(now: datetime) -> str:
    from prometheus_client import CollectorRegistry, generate_latest  # only a process that is asked loads it

    registry = CollectorRegistry()
    registry.register(_Collector(now))  # type: ignore[arg-type]
    return generate_latest(registry).decode()


class _Collector:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily

        yield from _counters(self.now)
        recent = reading.recent(now=self.now)
        quantiles = GaugeMetricFamily(
            "ticketing_path_duration_seconds", "Percentiles of the last two minutes, of a hot path", labels=["path", "quantile"]
        )
        for path in HOT_PATHS:
            for share, value in zip(("0.5", "0.95", "0.99"), recent.span(path.routes).percentiles(), strict=True):
                if value is not None:
                    quantiles.add_metric([path.name, share], value / 1000)
        yield quantiles
        sample = measures.latest()
        taken = GaugeMetricFamily("ticketing_measure", "The watch's last measures; one that is missing is not here", labels=["measure"])
        for name, (value, _) in (sample.values if sample else {}).items():
            if value is not None:
                taken.add_metric([name], value)
        yield taken
        age = GaugeMetricFamily("ticketing_watch_age_seconds", "Since the watch last looked")
        if sample:
            age.add_metric([], (self.now - sample.sampled_at).total_seconds())
        yield age
        alarms = GaugeMetricFamily("ticketing_alarm", "1 while the rule is in this state", labels=["rule", "severity", "state"])
        for rule in Rule.objects.filter(enabled=True):
            for state in State.values:
                alarms.add_metric([rule.name, rule.severity, state], float(rule.state == state))
        yield alarms


def totals(*, now: datetime) -> dict[live.Route, list[int]]:
    """{(kind, name, outcome): sums of FIELDS} since midnight UTC, what is not rolled up yet included."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Meter.objects.filter(seconds=MINUTE, started_at__gte=midnight).order_by().values_list("kind", "name", "outcome")
    found = {row[:3]: list(row[3:]) for row in rows.annotate(*(Sum(name) for name in meters.FIELDS))}
    since = max(midnight, now - RECENT)
    rolled = {live.minute_of(at) for at in Minute.objects.filter(started_at__gte=since).values_list("started_at", flat=True)}
    try:
        texts = live.texts_of(set(range(live.minute_of(since), live.minute_of(now) + 1)) - rolled)
    except (RedisError, OSError):
        texts = {}
    for written in texts.values():
        for route, counts in live.merged(written).routes.items():
            found[route] = live.added(found.get(route, live.NOBODY), counts)
    return found


def _counters(now: datetime) -> Iterator[Any]:
    from prometheus_client.core import CounterMetricFamily

    found = totals(now=now)
    for number, field in enumerate(meters.FIELDS):
        name, words = HELP.get(field, (f"ticketing_{field}", f"{field.replace('_', ' ').capitalize()} of requests and tasks"))
        family = CounterMetricFamily(name, words, labels=["kind", "route", "outcome"])
        for route, counts in found.items():
            family.add_metric(list(route), counts[number] / (1e6 if number in meters.TIMES else 1))
        yield family
