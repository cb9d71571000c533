"""Who watches, whom it tells, and what people answer."""

import hashlib
import hmac
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core import mail
from django.utils import timezone

from operations.meters import live
from operations.models import Alarm, Channel, Deploy, Drill, Rule, Sample, State, Telling
from operations.watch import answering, evaluation, telling
from operations.watch.evaluation import judged_on, keep_watch
from tests import cast
from tests.operations.watch.traffic import forget, tell, watch, well
from ticketing.lib import meters

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet(settings):
    settings.OUTBOX_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    forget()
    Drill.objects.create(finished_at=timezone.now(), passed=True)
    yield
    forget()


@pytest.fixture
def start():
    return timezone.now().replace(second=0, microsecond=0)


def failing(now):
    well(now)
    tell(now=now, process="faulty", outcomes={"ok": 90, "failed": 10})


def judge(points, *, state=State.OK, value=1.0, samples=100, **fields):
    fields = {"threshold": 0.5, "clear_threshold": 0.2, "datapoints": 2, "evaluations": 3, "measure": "x", "name": "x"} | fields
    return judged_on(Rule(points=points, state=state, **fields), value, samples)


def test_m_of_n_points_fire():
    assert judge("gg").state == State.OK
    assert judge("gb").state == State.FIRING
    assert judge("bg").state == State.FIRING
    assert judge("bgg").state == State.OK


def test_it_clears_only_past_the_clearing_threshold_and_m_times_in_a_row():
    assert judge("bbb", state=State.FIRING, value=0.3).state == State.FIRING
    assert judge("bbb", state=State.FIRING, value=0.1).state == State.FIRING
    assert judge("bbg", state=State.FIRING, value=0.1).state == State.OK


def test_too_few_samples_say_nothing():
    assert judge("gb", samples=4, minimum_samples=5).state == State.OK
    assert judge("gb", samples=5, minimum_samples=5).state == State.FIRING


@pytest.mark.parametrize(
    ("policy", "expected"), [("missing", State.MISSING), ("firing", State.FIRING), ("ok", State.OK), ("keep", State.OK)]
)
def test_missing_data_is_what_the_rule_says(policy, expected):
    first = judge("ggg", value=None, missing=policy)
    assert judge(first.points, state=first.state, value=None, missing=policy).state == expected


def test_missing_data_clears_nothing():
    assert judge("bbm", state=State.FIRING, value=None).state == State.FIRING


def test_of_two_watchers_one_watches(start):
    well(start)
    assert keep_watch(now=start)
    assert not keep_watch(now=start + timedelta(seconds=3))
    assert Sample.objects.count() == 1


def test_mail_and_webhook_and_slack_are_told_once_when_it_fires_and_once_when_it_clears(start, settings):
    settings.ALARM_EMAILS, settings.ALARM_PRIVATE_NETWORKS = ["ops@example.com"], True
    received = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.path, dict(self.headers), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    Channel.objects.create(kind="webhook", address=f"{address}/hook", secret="s3cret")
    Channel.objects.create(kind="slack", address=f"{address}/slack", urgent_only=True)
    now = watch(start, seconds=120, each=failing)
    watch(now, seconds=300)
    server.shutdown()
    server.server_close()
    rate = [json.loads(body) for path, _, body in received if path == "/hook"]
    assert [told["state"] for told in rate if told["rule"] == "error-rate"] == ["firing", "cleared"]
    _, headers, body = next(each for each in received if each[0] == "/hook")
    stamp, _, signature = headers["Alarm-Signature"].partition(".")
    assert hmac.compare_digest(signature, hmac.new(b"s3cret", stamp.encode() + b"." + body, hashlib.sha256).hexdigest())
    assert all(set(json.loads(body)) == {"text"} for path, _, body in received if path == "/slack")
    subjects = [message.subject for message in mail.outbox if "1 % of requests" in message.subject]
    assert len(subjects) == 2 and "Cleared" in subjects[1]
    assert "/operations/alarms/error-rate/" in mail.outbox[0].body
    assert not Telling.objects.filter(told_at=None).exists()


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/x", "http://10.0.0.8/x", "http://169.254.169.254/latest/", "http://[::1]/x"])
def test_no_address_of_a_private_network_is_called(address, settings):
    settings.ALARM_PRIVATE_NETWORKS = False
    with pytest.raises(telling.NotTold):
        telling._refuse_private(address)


def test_a_channel_that_does_not_answer_is_tried_again_later(start, settings):
    settings.ALARM_PRIVATE_NETWORKS = True
    Channel.objects.create(kind="webhook", address="http://127.0.0.1:1/")
    watch(start, seconds=120, each=failing)
    row = Telling.objects.filter(alarm__rule__name="error-rate").get()
    assert row.told_at is None and row.tries >= 1 and "refused" in row.last_error
    assert row.due_at > row.alarm.fired_at


def test_a_silenced_rule_is_judged_but_tells_nobody(start, settings):
    settings.ALARM_EMAILS = ["ops@example.com"]
    watch(start, seconds=20)
    answering.silence(rule=Rule.objects.get(name="error-rate"), span=timedelta(hours=1), now=start)
    watch(start + timedelta(minutes=1), seconds=120, each=failing)
    assert Alarm.objects.filter(rule__name="error-rate", cleared_at=None).exists()
    assert [message for message in mail.outbox if "1 % of requests" in message.subject] == []


def test_the_first_who_acknowledges_stands(start, alice, bob):
    watch(start, seconds=120, each=failing)
    rule = Rule.objects.get(name="error-rate")
    assert answering.acknowledge(rule=rule, by=alice, now=start)
    assert not answering.acknowledge(rule=rule, by=bob, now=start)
    assert Alarm.objects.get(rule=rule).acknowledged_by == alice


def test_the_superusers_get_mail_when_no_address_is_set():
    cast.person("Root", is_superuser=True)
    cast.person("Other", is_staff=True)
    assert telling.addresses() == ["root@example.com"]


def test_a_changed_limit_stays_changed_and_a_missing_rule_comes_back(start):
    watch(start, seconds=20)
    Rule.objects.filter(name="error-rate").update(threshold=0.5)
    Rule.objects.filter(name="disk-full").delete()
    watch(start + timedelta(minutes=1), seconds=20)
    assert Rule.objects.get(name="error-rate").threshold == 0.5
    assert Rule.objects.filter(name="disk-full").exists()


def test_a_new_version_is_marked_once(start, settings):
    settings.VERSION = "a1b2c3"
    watch(start, seconds=60)
    assert Deploy.objects.get().version == "a1b2c3"


def test_who_stands_in_watches_every_20_seconds_and_a_worker_is_given_40(start):
    for stands_in, seconds in ((False, 40), (True, 18)):
        evaluation.keep_watch(now=start + timedelta(minutes=seconds), stands_in=stands_in)
        assert seconds - 2 <= live.connect().ttl(meters.key("watched")) <= seconds


def test_a_web_process_watches_when_nobody_else_does(start, monkeypatch):
    from ticketing.metering import Watchman

    watched = []
    monkeypatch.setattr(evaluation, "keep_watch", lambda now, stands_in: watched.append(now))
    monkeypatch.setattr("ticketing.metering.connection.close", lambda: None)
    watchman = Watchman()
    watchman.look()
    assert watched == []  # the worker starts too
    watchman.looked -= 60
    watchman.look()
    assert len(watched) == 1
    evaluation._remember_that_somebody_watches(for_seconds=40)
    watchman.looked -= 60
    watchman.look()
    assert len(watched) == 1
