"""A network that comes and goes: what the phone decides alone, and what it and the server make of it afterwards."""

import time

import pytest

from registrations import codes
from scanning import redemption, setup
from scanning.gates import add_gate
from scanning.models import Conflict, Entry, Scan, Unlisted
from tests import cast
from tests.journeys.test_gate_looks import begin, opened, scan
from ticketing.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)
LATE_SECONDS = 0.6  # more than the phone waits


@pytest.fixture
def kind(concert):
    return cast.ticket_type(concert)


@pytest.fixture
def phone(browser, site, concert, kind):
    cast.ordered(kind)  # the event's key is in the phone's set-up
    page = opened(browser, site, concert, viewport={"width": 390, "height": 844})
    begin(page)
    page.click("text=Start scanning")
    wait(page, lambda: "old" in page.inner_text("[data-sign=age]"))
    wait(page, lambda: page.inner_text("[data-sign=queue]").strip() == "0 waiting")
    yield page
    page.context.close()


def wait(page, true):
    for _ in range(300):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError("not within 15 s")


def verdict(page):
    return page.get_attribute("#verdict", "data-verdict"), page.get_attribute("#verdict", "data-by")


def back(page):
    page.context.set_offline(False)
    wait(page, lambda: page.inner_text("[data-sign=queue]").strip() == "0 waiting")


def new_ticket(kind):
    return cast.ordered(kind).tickets.get()


@pytest.mark.parametrize(("choice", "entries", "conflicts"), [("Let in", 1, 0), ("Turn away", 0, 0)])
def test_a_ticket_sold_after_the_last_sync_is_the_stewards_to_decide(phone, kind, choice, entries, conflicts):
    phone.context.set_offline(True)
    scan(phone, codes.code_of(new_ticket(kind)))
    assert verdict(phone) == ("authentic_unknown", "phone")
    phone.click(f"text={choice}")
    back(phone)
    assert Entry.objects.count() == entries
    assert Conflict.objects.count() == conflicts


@pytest.mark.parametrize(("policy", "entries"), [(Unlisted.ADMIT, 1), (Unlisted.REFUSE, 0)])
def test_or_the_gates_policy_decides(browser, site, concert, kind, policy, entries):
    cast.ordered(kind)
    setup.set_policy(event=concert, unlisted=policy)
    page = opened(browser, site, concert)
    begin(page)
    page.click("text=Start scanning")
    wait(page, lambda: "old" in page.inner_text("[data-sign=age]"))
    page.context.set_offline(True)
    code = codes.code_of(new_ticket(kind))
    scan(page, code)
    assert verdict(page) == ("authentic_unknown", "phone")
    assert page.is_hidden("[data-does=let-in]")
    page.click("[data-does=next]")
    if policy == Unlisted.ADMIT:
        scan(page, code)
        assert verdict(page) == ("already_admitted", "phone"), "the phone remembers whom it let in"
    back(page)
    assert Entry.objects.count() == entries
    page.context.close()


def test_a_decision_cut_off_by_a_restart_is_no(phone, site, kind):
    phone.context.set_offline(True)
    scan(phone, codes.code_of(new_ticket(kind)))
    phone.context.set_offline(False)
    phone.goto(f"{site}/gate/scanner/")
    wait(phone, lambda: Scan.objects.filter(verdict="authentic_unknown").exists())
    assert not Entry.objects.exists()


def test_a_number_typed_without_a_network_says_so(phone, kind):
    phone.context.set_offline(True)
    scan(phone, "7QF2-M9XK-3T4B")
    assert phone.inner_text("#verdict .word") == "No network"


def test_an_answer_that_comes_too_late_is_put_right_once_it_is_known(phone, concert, kind):
    """The server says "already in" after the phone has let somebody in on its own copy: a conflict, and only one."""
    ticket = new_ticket(kind)
    phone.click("[data-does=more]")
    phone.click("text=Sync now")
    phone.click("#more [data-closes]")
    wait(phone, lambda: phone.inner_text("[data-tally=total]") == "2")
    phone.context.route("**/gate/device/scans/", late)
    phone.context.route("**/gate/device/snapshot/**", lambda route: route.abort())  # the copy stays as it is
    there = add_gate(event=concert, name="Back door")
    assert redemption.redeem(gate=there, presented=codes.code_of(ticket), now=clock.now()).verdict == "admitted"
    scan(phone, codes.code_of(ticket))
    assert verdict(phone) == ("admitted", "phone")
    phone.context.unroute("**/gate/device/scans/")
    wait(phone, lambda: Conflict.objects.exists())
    wait(phone, lambda: phone.inner_text("[data-sign=queue]").strip() == "0 waiting")
    assert Conflict.objects.count() == 1
    assert Entry.objects.count() == 1
    assert verdict(phone)[0] == "already_admitted", "the steward sees what the server holds"


def test_in_time_the_server_decides_and_nothing_waits(phone, kind):
    scan(phone, codes.code_of(new_ticket(kind)))
    assert verdict(phone) == ("admitted", "server"), "also for a ticket that the copy does not have yet"
    assert not Conflict.objects.exists()


def late(route):
    """The request reaches the server at once; its answer is long on the way."""
    answer = route.fetch()
    time.sleep(LATE_SECONDS)
    try:
        route.fulfill(response=answer)
    except Exception as gone:  # the phone gave up waiting
        assert "Error" in type(gone).__name__
