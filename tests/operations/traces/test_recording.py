"""What is recorded of requests and tasks, what of it is kept, and which belong together."""

import json

import pytest
from django.db import connection

from registrations import fulfilment
from registrations.models import Order
from tests import cast
from tests.operations.traces.kept import forget, handed_over, named
from ticketing.lib import clock, meters, traces
from ticketing.lib.running import MOST_SPANS, here

pytestmark = pytest.mark.django_db
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(autouse=True)
def quiet():
    forget()
    yield
    forget()


def checkout(client, kind):
    """Dana's whole way, as her browser goes it."""
    there = client.post(f"/events/{kind.event.slug}/holds/", {f"quantity-{kind.pk}": "1"}, HTTP_ORIGIN="http://testserver").url
    client.get(there)
    client.post(there, {"buyer_name": "Dana", "buyer_email": "dana@example.com", "t1-name": "Dana", "seat-0-name": "Dana"})
    client.get(f"{there}review/")
    client.post(f"{there}order/")
    return Order.objects.get()


def test_a_request_is_a_recording_with_its_statements_and_cache_calls(client, concert):
    client.get(concert.get_absolute_url())
    (told,) = named("events:event")
    assert told["facts"] == {"http.request.method": "GET", "http.response.status_code": 200, "http.route": "/events/<slug:slug>/"}
    kinds = [span[0] for span in told["spans"]]
    assert "sql" in kinds and "redis" in kinds
    assert any(span[1].startswith("SELECT events_") for span in told["spans"])
    assert all(span[2] >= 0 and span[2] + span[3] <= told["us"] + 1 for span in told["spans"])


def test_all_of_a_checkout_is_one_trace(client, concert):
    order = checkout(client, cast.ticket_type(concert))
    client.get(order.get_absolute_url())
    fulfilled(order.pk)
    ours = f"{traces.checkout_id(order.trace_key):032x}"
    told = [each for each in handed_over() if each["trace"] == ours]
    assert {each["name"] for each in told} == {
        "registrations:hold-new",
        "registrations:details",
        "registrations:review",
        "registrations:order-new",
        "registrations:order",
        "registrations.fulfil",
    }
    (task,) = [each for each in told if each["kind"] == "task"]
    assert {"pdf", "mail", "sql"} <= {span[0] for span in task["spans"]}


def fulfilled(order_id):
    """As the worker runs the task, with the header that the nudge carried."""
    usage = meters.begin()
    fulfilment.fulfil(order_id=order_id, now=clock.now())
    meters.end(usage, kind="task", name="registrations.fulfil", outcome="ok", facts=lambda: {"order_id": order_id})


def test_two_checkouts_are_two_traces_that_nobody_can_guess(settings):
    assert traces.checkout_id("hold:1") != traces.checkout_id("hold:2")
    before = traces.checkout_id("hold:1")
    settings.SECRET_KEY = "another"
    assert traces.checkout_id("hold:1") != before


def test_a_parent_from_outside_is_followed_and_a_checkout_only_points_to_it(client, concert):
    client.get("/tickets/find/", HTTP_TRACEPARENT=PARENT)
    (told,) = named("registrations:find-tickets")
    assert (told["trace"], told["parent"][-16:]) == (PARENT[3:35], PARENT[36:52])
    held = cast.held(cast.ticket_type(concert))
    client.get(f"/checkout/{held.token}/", HTTP_TRACEPARENT=PARENT)
    (told,) = named("registrations:details")
    assert told["trace"] == f"{traces.checkout_id(held.trace_key):032x}" and told["link"].startswith(PARENT[3:35])


@pytest.mark.parametrize(
    "wrong", ["", "x", PARENT.upper(), PARENT[:-3], "00-" + "0" * 32 + PARENT[35:], PARENT.replace("b7ad6b7169203331", "0" * 16)]
)
def test_a_parent_that_is_none_is_not_followed(client, wrong):
    client.get("/tickets/find/", HTTP_TRACEPARENT=wrong)
    (told,) = named("registrations:find-tickets")
    assert told["trace"] != PARENT[3:35] and "parent" not in told and "link" not in told


def test_what_is_asked_next_is_told_the_span_that_asks():
    usage = meters.begin()
    asked = traces.traceparent()
    with traces.span("publish", "x"):
        pass
    meters.end(usage, kind="page", name="x", outcome="ok")
    (told,) = named("x")
    assert asked == f"00-{told['trace']}-{traces.child_id(int(told['span'], 16), 0):016x}-01"
    assert traces.traceparent() == ""


def run(name="x", outcome="ok", kind="page", checkout="", middle=lambda: None):
    usage = meters.begin()
    meters.about(checkout=checkout)
    middle()
    meters.end(usage, kind=kind, name=name, outcome=outcome)


def test_failed_and_busy_and_slow_ones_are_kept_when_others_are_not(monkeypatch):
    traces._shares.update(page=0.0, task=0.0)
    run("well")
    run("refused", "refused")
    run("failed", "failed")
    run("busy", "busy")
    run("troubled", middle=traces.trouble)
    run("sweep", "failed", kind="task")
    monkeypatch.setitem(traces.SLOW_NS, "page", 0)
    run("slow")
    assert {told["name"]: told["why"] for told in handed_over()} == {
        "failed": "failed",
        "busy": "failed",
        "troubled": "failed",
        "sweep": "failed",
        "slow": "slow",
    }


def test_an_exception_in_a_step_keeps_the_whole_and_says_of_which_kind():
    def middle():
        with pytest.raises(ValueError), traces.span("pdf", "order"):
            raise ValueError("dana@example.com")

    traces._shares.update(page=0.0)
    run(middle=middle)
    (told,) = named("x")
    assert told["spans"][0][4] == {"error.type": "ValueError"} and "dana" not in json.dumps(told)


def test_what_machines_ask_again_and_again_is_kept_only_when_it_fails(client):
    client.get("/livez")
    run("static")
    run("static", "failed")
    assert [told["name"] for told in handed_over()] == ["static"]


def test_above_the_budget_every_process_chooses_the_same_checkouts(settings):
    settings.TRACES_PER_SECOND = 10

    def kept_of(keys):
        forget()
        traces._shares["checkout"] = 0.2
        traces._left["checkout"] = 1000
        for key in keys:
            run(checkout=key)
        return {told["trace"] for told in handed_over()}

    keys = [f"hold:{number}" for number in range(400)]
    first, second = kept_of(keys), kept_of(reversed(keys))
    assert first == second and 40 < len(first) < 130


def test_the_share_follows_the_traffic_down_at_once_and_up_slowly(settings):
    settings.TRACES_PER_SECOND = 10
    traces._counted_at = traces.time.monotonic() - 1
    traces._seen["checkout"] = 100
    traces._set_shares()
    assert traces._shares["checkout"] == pytest.approx(0.1, rel=0.1)
    traces._counted_at -= 1
    traces._set_shares()
    assert traces._shares["checkout"] == pytest.approx(0.125, rel=0.1)


def test_a_flood_of_faults_keeps_no_more_than_its_budget(settings):
    settings.TRACES_PER_SECOND = 10
    traces.due()
    for _ in range(3000):
        run("failed", "failed")
    assert 0 < len(handed_over()) <= 1300


def test_a_recording_does_not_grow_without_end(db):
    def middle():
        with connection.cursor() as cursor:
            for _ in range(MOST_SPANS + 20):
                cursor.execute("SELECT 1")

    run(middle=middle)
    (told,) = named("x")
    assert len(told["spans"]) == MOST_SPANS


def test_a_turn_in_a_sweep_is_a_recording_of_its_own():
    usage = meters.begin()
    meters.about(event=3)
    for number in (1, 2):
        with traces.part("turn"):
            meters.about(event=number, checkout=f"hold:{number}")
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
    with pytest.raises(ValueError), traces.part("turn"):
        raise ValueError
    assert here.usage is usage and usage.event == 3
    meters.end(usage, kind="task", name="sweep", outcome="ok")
    first, second, third = named("turn")
    assert first["trace"] == f"{traces.checkout_id('hold:1'):032x}" != second["trace"]
    (sweep,) = named("sweep") or [None]
    assert first["link"] == f"{sweep['trace']}-{sweep['span']}" and third["parent"] == first["link"]
    assert third["outcome"] == "failed" and third["facts"] == {"error.type": "ValueError"}
    assert usage.counts[meters.INDEX["sql"]] == 2  # the meters count the whole


def test_a_step_outside_of_any_request_is_nobodys():
    with traces.span("pdf", "order"), traces.part("turn"):
        traces.trouble()
    assert handed_over() == [] and traces.current() is None


def test_traces_wait_while_redis_is_away():
    run("failed", "failed")
    writer = meters.Writer(role="web")
    there, writer.redis = writer.redis, meters.redis.Redis(unix_socket_path="/nowhere.sock")
    assert not writer.flush()
    writer.redis = there
    assert [told["name"] for told in handed_over()] == ["failed"]


def test_disabled_by_the_standard_variable_nothing_is_kept(settings):
    settings.TRACES_ENABLED = False
    run("failed", "failed")
    assert handed_over() == []


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ('SELECT "events_event"."id" FROM "events_event" WHERE x', "SELECT events_event"),
        ("INSERT INTO outbox_mail (a) VALUES (%s)", "INSERT INTO outbox_mail"),
        ('UPDATE "events_quota" SET a = 1', "UPDATE events_quota"),
        ("DELETE FROM a WHERE b", "DELETE FROM a"),
        ("WITH x AS (SELECT 1) UPDATE registrations_hold SET a = 1", "UPDATE registrations_hold"),
        ("SELECT a, EXISTS(SELECT 1 FROM b WHERE (c)) FROM d", "SELECT d"),
        ("WITH x AS (SELECT 1), y AS (SELECT 2 FROM b) SELECT * FROM y", "SELECT y"),
        ("INSERT INTO a (b, c) SELECT 1 FROM d", "INSERT INTO a"),
        ("SAVEPOINT s1", "SAVEPOINT"),
        ("", "SQL"),
    ],
)
def test_a_statement_is_told_by_what_it_does_to_which_table(sql, words):
    assert traces.summary(sql) == words


def test_a_slow_statement_is_told_without_its_values(monkeypatch):
    monkeypatch.setattr(traces, "SLOW_STATEMENT_US", 0)

    def middle():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'dana@example.com', 42 WHERE 1 = %s", [7])

    run(middle=middle)
    (told,) = named("x")
    assert told["spans"][0][4] == {"db.query.text": "SELECT ?, ? WHERE ? = %s"}


def test_a_broken_page_gives_the_reference_of_its_trace(client, settings):
    settings.ROOT_URLCONF = "tests.operations.traces.broken_urls"
    client.raise_request_exception = False
    page = client.get("/broken/s3cr3t/").content.decode()
    (told,) = [each for each in handed_over() if each["outcome"] == "failed"]
    assert f">{told['trace'][:12]}</strong>" in page
    assert told["facts"]["http.route"] == "/broken/<str:secret>/" and "s3cr3t" not in json.dumps(told)
