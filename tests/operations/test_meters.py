"""Meters against an independent count: exact counts, percentiles within 2 %, what is lost is missing."""

import json
import random
import time
from datetime import UTC, datetime, timedelta

import pytest
from ddsketch import DDSketch
from django.http import HttpResponse

from operations.dashboard import capacity
from operations.meters import live, reading, rollup, sketches
from operations.models import HOUR, MINUTE, EventMeter, Meter, Minute
from tests import cast
from ticketing.lib import clock, meters
from ticketing.metering import MeteredTask, MeterMiddleware

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet():
    """No meters from before; nothing in Redis."""
    store = live.connect()
    for name in store.scan_iter(meters.key("*")):
        store.delete(name)
    meters.forget()
    yield
    meters.forget()


def written(role="web", name=None, at_once=1):
    writer = meters.Writer(role=role, at_once=at_once, name=name)
    assert writer.flush()
    return writer


def later(minutes=1):
    return clock.now() + timedelta(minutes=minutes)


def test_every_request_is_counted_once_with_its_route_and_outcome(client, concert):
    paths = ["/events/", concert.get_absolute_url(), "/nothing-here/", "/livez"]
    asked = [(path, client.get(path).status_code) for path in paths * 3]
    written()
    now = clock.now()
    recent = reading.recent(now=now)
    assert recent.span().count == len(asked) == 12
    assert recent.span(["events:event"]).by_outcome == {"ok": 3}
    assert recent.span(["unknown"]).by_outcome == {"refused": 3}
    assert recent.span().counts["page_hits"] == 4  # answered by the page cache after the first


def test_an_event_and_its_organiser_are_known_also_from_the_page_cache(client, concert):
    for _ in range(3):
        client.get(concert.get_absolute_url())
    written()
    rollup.roll_up_minutes(now=later())
    rollup.roll_up_hours(now=later())
    (key, counts), *others = reading.event_usage(since=clock.now() - timedelta(hours=2), until=later()).items()
    assert (key, counts["count"], others) == ((concert.pk, concert.organiser_id), 3, [])


def test_statements_are_counted_as_django_counts_them(client, concert, django_assert_max_num_queries):
    with django_assert_max_num_queries(100) as queries:
        client.get(concert.get_absolute_url())
    written()
    assert reading.recent(now=clock.now()).span(["events:event"]).counts["sql"] == len(queries.captured_queries) > 1


def test_percentiles_are_within_two_percent_of_an_independent_measurement(rf):
    chance, own = random.Random(1), []

    def answer(request):
        time.sleep(chance.lognormvariate(-5.2, 0.5))
        return HttpResponse("x")

    middleware = MeterMiddleware(answer)
    for _ in range(300):
        request = rf.get("/")
        request.resolver_match = None
        began = time.perf_counter()
        middleware(request)
        own.append((time.perf_counter() - began) * 1000)
    written()
    measured = reading.recent(now=clock.now()).span(["unknown"]).percentiles()
    own.sort()  # the same ranks: between two of the slowest there may be more than two per cent
    for found, true in zip(measured, (own[int(share * (len(own) - 1))] for share in (0.5, 0.95, 0.99)), strict=True):
        assert found == pytest.approx(true, rel=0.02)


def test_bins_are_those_of_the_library():
    sketch, bins = DDSketch(meters.ACCURACY), {}
    for number in range(1, 4000):
        milliseconds = number**2 / 977
        sketch.add(milliseconds)
        place = meters.math.ceil(meters.math.log(milliseconds) / meters._GAMMA_LOG)
        bins[place] = bins.get(place, 0) + 1
    assert sketches.percentiles(sketches.unpacked(sketches.packed(bins)), (0.01, 0.5, 0.99)) == [
        sketch.get_quantile_value(share) for share in (0.01, 0.5, 0.99)
    ]


def work(name="x", times=1, **counts):
    for _ in range(times):
        usage = meters.begin()
        for field, amount in counts.items():
            meters.add(field, amount)
        meters.about(event=counts.get("event"))
        meters.end(usage, kind="page", name=name, outcome="ok")


def test_several_processes_are_merged_and_a_write_repeated_changes_nothing():
    work(times=3, mails=2)
    first = written(name="web:one")
    work(times=2)
    assert first.flush() and first.flush()
    meters.forget()
    work(times=4, mails=1)
    written(name="web:two")
    span = reading.recent(now=clock.now()).span(["x"])
    assert (span.count, span.counts["mails"], sum(span.bins.values())) == (9, 10, 9)


def test_what_all_processes_do_at_once_is_the_limit_of_the_capacity_table():
    for name, at_once in [("one", 2), ("two", 3)]:
        work(times=1)
        written(role="worker", at_once=at_once, name=f"worker:{name}")
    limits = {part.name: part.limit for part in capacity.table(values={}, recent=reading.recent(now=clock.now()))}
    assert (limits["Task threads"], limits["Web threads"]) == (5, None)


def test_a_minute_is_rolled_up_once_it_is_over_and_again_when_a_process_is_late():
    work(times=3)
    written(name="web:one")
    rollup.roll_up_minutes(now=clock.now())
    assert not Minute.objects.exists()
    rollup.roll_up_minutes(now=later())
    assert Meter.objects.get(seconds=MINUTE).count == 3
    meters.forget()
    work(times=2)
    written(name="web:two")
    rollup.roll_up_minutes(now=later())
    assert Meter.objects.get(seconds=MINUTE).count == 5
    assert sum(sketches.unpacked(Meter.objects.get(seconds=MINUTE).sketch).values()) == 5


def test_what_redis_lost_after_a_roll_up_stays_in_the_rows():
    work(times=3)
    written(name="web:one")
    rollup.roll_up_minutes(now=later())
    for name in live.connect().scan_iter(meters.key("*")):
        live.connect().delete(name)
    meters.forget()
    work(times=2)
    written(name="web:two")
    rollup.roll_up_minutes(now=later())
    assert Meter.objects.get(seconds=MINUTE).count == 5


def test_a_flushed_redis_is_filled_again_by_the_next_write():
    work(times=3)
    writer = written()
    live.connect().delete(meters.key(live.minute_of(clock.now())))
    work()
    writer.flush()
    assert reading.recent(now=clock.now()).span(["x"]).count == 4


def test_hours_and_days_are_sums_of_minutes_and_old_ones_go():
    work(times=3, pdfs=1)
    written()
    rollup.roll_up_minutes(now=later())
    for _ in range(2):
        rollup.roll_up_hours(now=later())
    hour, day = Meter.objects.get(seconds=HOUR), Meter.objects.get(seconds=86400)
    assert (hour.count, hour.pdfs, day.count) == (3, 3, 3)
    assert reading.usage(since=clock.now() - timedelta(hours=2), until=later())["page", "x"]["pdfs"] == 3
    rollup.roll_up_hours(now=clock.now() + timedelta(days=100))
    assert set(Meter.objects.values_list("seconds", flat=True)) == {86400}


def test_a_quiet_minute_is_zero_and_a_missing_one_is_none():
    now = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
    Minute.objects.create(started_at=now - timedelta(minutes=2))
    Minute.objects.create(started_at=now - timedelta(minutes=3), complete=False)
    spans = dict(reading.history(names=["x"], since=now - timedelta(minutes=4), until=now, seconds=60))
    rates = [spans[now - timedelta(minutes=back)].rate for back in (4, 3, 2, 1)]
    assert rates == [None, None, 0.0, None]
    assert reading.missing_minutes(since=now - timedelta(minutes=4), until=now) == 3


def test_minutes_dropped_while_redis_was_away_are_named(settings, monkeypatch):
    minute = live.minute_of(clock.now())
    with meters._lock:
        for back in range(meters.KEPT_MINUTES + 3, 0, -1):
            meters._minutes[minute - back] = meters.Bucket()
    Minute.objects.create(started_at=live.moment_of(minute - meters.KEPT_MINUTES - 3))
    work()
    written()
    rollup.roll_up_minutes(now=later())
    assert not Minute.objects.get(started_at=live.moment_of(minute - meters.KEPT_MINUTES - 3)).complete


def test_meters_wait_while_redis_is_away(settings, monkeypatch):
    work(times=2)
    writer = meters.Writer(role="web")
    there = writer.redis
    writer.redis = meters.redis.Redis(unix_socket_path="/nowhere.sock")
    assert not writer.flush()
    writer.redis = there
    assert writer.flush()
    assert reading.recent(now=clock.now()).span(["x"]).count == 2


def test_a_failed_task_is_kept_with_its_ids_and_without_the_errors_text():
    try:
        raise ValueError("dana@example.com is not welcome")
    except ValueError as error:
        meters.failed(task="registrations.fulfil", arguments={"order_id": 7}, error=error, at=1.0)
    written()
    (kept,) = live.failures()
    assert kept == {"task": "registrations.fulfil", "arguments": {"order_id": 7}, "error": "ValueError", "at": 1.0}
    assert "dana" not in json.dumps(kept)


def test_tasks_are_metered_with_their_mails_and_documents(concert):
    from registrations import tasks
    from ticketing.celery import app

    order = cast.ordered(cast.ticket_type(concert))
    work = app.tasks["registrations.fulfil"]
    assert work is not None and tasks
    MeteredTask.__call__(work, order_id=order.pk)  # without the worker's own look after its connections
    written()
    span = reading.recent(now=clock.now()).span(["registrations.fulfil"], kind="task")
    assert (span.by_outcome, span.counts["mails"], span.counts["pdfs"]) == ({"ok": 1}, 1, 1)
    assert EventMeter.objects.count() == 0
    rollup.roll_up_minutes(now=later())
    rollup.roll_up_hours(now=later())
    assert EventMeter.objects.get(seconds=HOUR).event == concert.pk
