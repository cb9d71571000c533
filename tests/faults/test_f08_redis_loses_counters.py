"""F8: Redis loses the counters, or is away. Alarms say "missing", not "ok"; and somebody still watches."""

import pytest
import redis

from tests.faults.stage import Stage, until

LOOK = """
from datetime import timedelta
from operations.models import Rule
from operations.watch.evaluation import keep_watch
from ticketing.lib import clock
for step in range({steps}):
    keep_watch(now=clock.now() + timedelta(seconds=20 * step + {ahead}))
print(*Rule.objects.filter(name="error-rate").values_list("state", "points", "value").get())
"""


def look(stage, *, steps=3, ahead=0):
    return stage.python(LOOK.format(steps=steps, ahead=ahead)).splitlines()[-1].split()


@pytest.fixture(scope="module")
def stage():
    with Stage(worker=False) as made:
        yield made


def requests(stage, count=60):
    from bench.client import Client

    client = Client(stage.port)
    for _ in range(count):
        client.get("/events/fault/")
    client.close()


def test_counters_lost_for_good_are_missing_and_those_of_living_processes_come_back(stage):
    requests(stage)
    store = redis.Redis(unix_socket_path=str(stage.servers.redis_socket))
    until(lambda: any(b":meters:" in name for name in store.keys("*")), seconds=5)
    state, points, _ = look(stage, steps=1)
    assert (state, points[-1]) == ("ok", "g")  # the control: with counters the rule is judged
    store.flushall()
    requests(stage, 3)
    until(lambda: any(b":meters:" in name for name in store.keys("*")), seconds=15)  # written whole again
    # Ten minutes later, as if every process had died with its counters: nothing is known of that time.
    state, points, value = look(stage, steps=3, ahead=600)
    assert (state, points[-2:], value) == ("missing", "mm", "None")


def test_redis_away_is_missing_and_a_web_process_watches_in_the_workers_place(stage):
    stage.servers.redis.kill()
    stage.servers.redis.wait()
    state, points, value = look(stage, steps=3, ahead=1200)
    assert (state, points[-2:], value) == ("missing", "mm", "None")
    before = stage.python("from operations.models import Sample\nprint(Sample.objects.filter(sampled_at__lt=now).count())")
    count = "from operations.models import Sample\nprint(Sample.objects.filter(sampled_at__lt=now).count())"
    until(lambda: int(stage.python(count)) > int(before), seconds=60)
