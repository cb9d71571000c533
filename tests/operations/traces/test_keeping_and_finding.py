"""Recordings become rows, are found by what people have in hand, and shown; nobody but staff sees them."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.urls import reverse

from operations.models import Recording
from operations.traces import finding, keeping, tree
from tests import cast
from tests.operations.traces.kept import forget, handed_over, taken_in
from tests.operations.traces.test_recording import run
from ticketing.lib import clock, meters, traces

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet():
    forget()
    yield
    forget()


@pytest.fixture
def staff(client, alice):
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    forget()
    return client


def test_what_was_handed_over_becomes_rows_once():
    run("failed", "failed", checkout="hold:7")
    assert taken_in(clock.now()) == 1
    assert keeping.take_in(now=clock.now()) == 0
    row = Recording.objects.get()
    assert (row.trace, row.name, row.why, row.kind) == (UUID(int=traces.checkout_id("hold:7")), "failed", "failed", "page")
    assert abs(row.started_at - clock.now()) < timedelta(seconds=30)


def test_the_watch_takes_them_in():
    from operations.tasks import keep_watch

    run("failed", "failed")
    handed_over()
    keep_watch.run()  # without the worker's own look after its connections
    assert Recording.objects.filter(name="failed").exists()


def test_old_ones_go_and_so_do_the_oldest_of_too_many(monkeypatch, settings):
    for number in range(5):
        run(f"r{number}", "failed")
    taken_in(clock.now())
    monkeypatch.setattr(keeping, "MOST_ROWS", 3)
    keeping.thin_out(now=clock.now())
    assert set(Recording.objects.values_list("name", flat=True)) == {"r2", "r3", "r4"}
    keeping.thin_out(now=clock.now() + timedelta(days=settings.TRACES_KEPT_DAYS + 1))
    assert not Recording.objects.exists()


@pytest.mark.parametrize("in_rows", [True, False])
def test_a_trace_is_found_by_its_beginning_and_by_the_orders_code(concert, in_rows):
    order = cast.ordered(cast.ticket_type(concert))
    run("registrations:order", "failed", checkout=order.trace_key)
    told = handed_over()[0]
    if in_rows:
        taken_in(clock.now())
    for text in (told["trace"], told["trace"][:12], f" {told['trace'][:12].upper()} ", order.code, order.code.lower()):
        assert finding.asked_for(text=text) == UUID(told["trace"]), text
    assert [shown.row.name for shown in finding.recordings(trace=UUID(told["trace"]))] == ["registrations:order"]


def test_what_is_not_there_is_not_found(db):
    assert [finding.asked_for(text=text) for text in ("", "abcdef012345", "ZZZZZZZZ", "' OR 1=1")] == [None] * 4


def test_an_order_made_under_an_earlier_secret_key_is_found(concert, settings):
    order = cast.ordered(cast.ticket_type(concert))
    run("failed", "failed", checkout=order.trace_key)
    taken_in(clock.now())
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a-new-one"
    assert finding.of_order(order=order) == Recording.objects.get().trace


def test_staff_get_from_the_orders_page_to_its_trace(staff, hall, concert):
    order = cast.ordered(cast.ticket_type(concert))
    run("registrations.fulfil", "failed", kind="task", checkout=order.trace_key)
    handed_over()
    link = reverse("operations:order-trace", args=[order.pk])
    assert link in staff.get(f"/manage/events/{concert.slug}/orders/{order.code}/").content.decode()
    page = staff.get(link, follow=True).content.decode()
    assert "registrations.fulfil" in page and "Failed" in page


def test_the_list_shows_trouble_first_and_all_when_asked(staff):
    run("well")
    run("broken", "failed")
    handed_over()
    page = staff.get("/operations/traces/").content.decode()
    assert "broken" in page and ">well<" not in page
    assert ">well<" in staff.get("/operations/traces/?shown=all").content.decode()
    assert staff.get("/operations/traces/?shown=x").status_code == 404


def test_a_reference_leads_straight_to_its_trace_and_a_wrong_one_says_so(staff):
    run("broken", "failed")
    told = handed_over()[0]
    assert staff.get(f"/operations/traces/?find={told['trace'][:12]}").url == f"/operations/traces/{told['trace']}/"
    answer = staff.get("/operations/traces/?find=000000000000")
    assert answer.status_code == 404 and "Nothing was kept under" in answer.content.decode()


def test_a_part_of_the_page_is_answered_to_htmx(staff):
    run("broken", "failed")
    told = handed_over()[0]
    for path in ("/operations/traces/", f"/operations/traces/{told['trace']}/"):
        part = staff.get(path, HTTP_HX_REQUEST="true").content.decode()
        assert "broken" in part and "<html" not in part


def test_traces_are_not_there_for_anybody_else(client, alice, hall, concert):
    order = cast.ordered(cast.ticket_type(concert))
    paths = ["/operations/traces/", f"/operations/traces/{'a' * 32}/", f"/operations/traces/order/{order.pk}/"]
    assert [client.get(path).status_code for path in paths] == [404] * 3
    client.force_login(alice)
    assert [client.get(path).status_code for path in paths] == [404] * 3
    assert "order-trace" not in client.get(f"/manage/events/{concert.slug}/orders/{order.code}/").content.decode()


def test_without_redis_the_rows_are_shown(staff, monkeypatch):
    run("broken", "failed")
    taken_in(clock.now())
    with monkeypatch.context() as away:
        away.setattr(keeping.live, "connect", lambda: meters.redis.Redis(unix_socket_path="/nowhere.sock"))
        assert "broken" in staff.get("/operations/traces/").content.decode()


def test_spans_lie_within_each_other_as_their_times_say():
    flat = [["sql", "a", 10, 5], ["pdf", "b", 8, 20], ["log", "c", 12, 0], ["sql", "d", 40, 5], ["sql", "e", 45, 5]]
    found = [(step.name, step.depth, step.within) for step in tree.steps(flat)]
    assert found == [("b", 0, None), ("a", 1, 1), ("c", 2, 0), ("d", 0, None), ("e", 0, None)]
