"""All planted faults together: each of their alarms fires within two minutes, no other does, and all clear.

Time is made to pass; connections and rows are real. The same in real time against real processes: `python -m bench alarms`.
"""

from datetime import timedelta
from types import SimpleNamespace

import psycopg
import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from operations.models import Alarm, Drill, Rule, State
from operations.watch import measures
from payments.models import Notice
from tests.operations.watch.traffic import forget, tell, watch

pytestmark = pytest.mark.django_db(transaction=True)  # within one transaction PostgreSQL tells its sessions only once
PLANTED = {"error-rate", "storage-slow", "worker-silent", "database-capacity", "notice-stuck"}
WITHIN = timedelta(minutes=2)


@pytest.fixture
def start():
    forget()
    Drill.objects.create(finished_at=timezone.now(), passed=True)
    yield timezone.now().replace(second=0, microsecond=0)
    forget()


@pytest.fixture
def store(monkeypatch):
    """A file store whose answers take as long as `store.seconds` says, without waiting for it."""
    store = SimpleNamespace(seconds=0.01, at=0.0)
    monkeypatch.setattr(measures, "time", SimpleNamespace(monotonic=lambda: store.at))
    monkeypatch.setattr(default_storage, "exists", lambda name: setattr(store, "at", store.at + store.seconds))
    return store


def connections_to(share):
    """So many real connections that the server is full to this share."""
    there = connection.settings_dict
    made = [psycopg.connect(host=there["HOST"], user=there["USER"], dbname="postgres", autocommit=True)]
    while True:
        used, most = (
            made[0]
            .execute(
                "SELECT count(*) FILTER (WHERE backend_type = 'client backend'), current_setting('max_connections')::int FROM pg_stat_activity"
            )
            .fetchone()
        )
        if used >= most * share:
            return made
        made.append(psycopg.connect(host=there["HOST"], user=there["USER"], dbname="postgres", autocommit=True))


def faulty(now):
    """Two in a hundred requests fail, and no worker says anything."""
    tell(now=now, outcomes={"ok": 98, "failed": 2})


def test_each_fires_within_two_minutes_no_other_does_and_all_clear(start, store):
    now = began = watch(start, seconds=120)
    assert not Alarm.objects.exists()
    store.seconds, taken = 3.0, connections_to(0.85)
    Notice.objects.create(gateway="practice", provider_notice_id="n", kind="x", body={}, received_at=began - timedelta(minutes=5))
    now = watch(now, seconds=int(WITHIN.total_seconds()), each=faulty)
    fired = dict(Alarm.objects.values_list("rule__name", "fired_at"))
    assert fired.keys() - {"objective-fast"} == PLANTED  # two per cent also burn the month's budget of faults
    assert all(at - began <= WITHIN for at in fired.values())
    store.seconds = 0.01
    for each in taken:
        each.close()
    Notice.objects.update(handled_at=now)
    watch(now, seconds=360)
    assert not Alarm.objects.filter(rule__name__in=PLANTED, cleared_at=None).exists()
    assert {*Rule.objects.filter(name__in=PLANTED).values_list("state", flat=True)} == {State.OK}
