"""Hand scanners, repeated readings and the phone's clock."""

import pytest

from registrations import codes
from scanning.models import Scan
from tests import cast
from tests.journeys.phones import keyed
from tests.journeys.test_gate_looks import begin, opened
from tests.journeys.test_gate_network import wait

pytestmark = pytest.mark.django_db(transaction=True)
CLOCK = """async (answers) => {
  const { ServerClock } = await import("/static/js/gate/clock.js");
  const clock = new ServerClock();
  for (const [there, asked, answered] of answers) clock.heard(new Date(there).toISOString(), asked, answered);
  return clock.skewMs;
}"""
REPEATS = """async (seen) => {
  const { Repeats } = await import("/static/js/gate/repeats.js");
  const repeats = new Repeats();
  return seen.map(([text, at]) => repeats.has(text, at));
}"""

PRINTED = "() => document.documentElement.dataset.printed ?? '0'"
COUNTS_PRINTS = """<script>window.print = () => {
  const { dataset } = parent.document.documentElement;
  dataset.printed = String(Number(dataset.printed ?? 0) + 1);
}</script>"""


@pytest.fixture
def tickets(concert):
    return list(cast.ordered(cast.ticket_type(concert), 3).tickets.order_by("id"))


@pytest.fixture
def phone(browser, site, concert, tickets):
    page = opened(browser, site, concert, viewport={"width": 390, "height": 844})
    begin(page)
    page.click("text=Start scanning")
    wait(page, lambda: "old" in page.inner_text("[data-sign=age]"))
    yield page
    page.context.close()


def verdict(page):
    return page.get_attribute("#verdict", "data-verdict")


def test_a_hand_scanner_is_heard_wherever_the_focus_is(phone, tickets):
    phone.click("[data-does=find]")
    phone.fill("#find-text", "Guest")
    phone.focus("#find-text")
    keyed(phone, codes.code_of(tickets[0]))
    phone.wait_for_selector("#verdict[data-verdict=admitted]:not([hidden])")
    assert phone.input_value("#find-text") == "Guest", "what the scanner typed is taken out again"
    assert phone.is_hidden("#find"), "nothing lies over the verdict"


def test_a_hand_scanner_without_an_end_key_is_read_by_its_silence(phone, tickets):
    keyed(phone, codes.code_of(tickets[0]).lower(), end=None)
    phone.wait_for_selector("#verdict[data-verdict=admitted]:not([hidden])")


def test_a_person_who_types_is_no_hand_scanner(phone, tickets):
    phone.click("[data-does=type]") if not phone.is_visible("#typed") else None
    phone.focus("#typed")
    keyed(phone, "7QF2-M9XK-3T", end=None, gap_ms=90)
    phone.wait_for_timeout(300)
    assert phone.input_value("#typed") == "7QF2-M9XK-3T"
    assert not Scan.objects.exists()


def test_what_a_hand_scanner_reads_while_a_verdict_stands_waits_in_line(phone, tickets):
    for ticket in tickets:
        keyed(phone, codes.code_of(ticket))
    wait(phone, lambda: Scan.objects.filter(verdict="admitted").count() == 3)


def test_a_code_read_twice_within_five_seconds_is_one_scan(phone, tickets):
    for _ in range(2):
        keyed(phone, codes.code_of(tickets[0]))
    phone.wait_for_selector("#verdict[data-verdict=admitted]:not([hidden])")
    phone.wait_for_timeout(1000)
    assert verdict(phone) == "admitted"
    assert Scan.objects.count() == 1


def test_the_five_seconds_begin_anew_while_a_code_is_held_there(phone):
    seen = [["a", 0], ["a", 4000], ["a", 8000], ["b", 9000], ["a", 9100], ["a", 14200]]
    assert phone.evaluate(REPEATS, seen) == [False, True, True, False, False, False]


def test_the_clock_believes_the_quickest_answer(phone):
    slow, quick, fast = [300_000 + 3_000, 0, 4_000], [310_000, 9_990, 10_010], [330_500, 20_000, 22_000]
    assert phone.evaluate(CLOCK, [slow, quick, fast]) == 300_000
    assert phone.evaluate(CLOCK, [slow]) == 301_000  # the control


def test_a_kiosk_admits_but_offers_no_names_no_undo_and_no_decision(browser, site, concert, tickets):
    page = opened(browser, site, concert, kiosk=True, viewport={"width": 390, "height": 844})
    begin(page)
    page.click("text=Start scanning")
    wait(page, lambda: "old" in page.inner_text("[data-sign=age]"))
    assert [page.is_hidden(part) for part in (".pad", ".typing", ".tallies")] == [True] * 3
    keyed(page, codes.code_of(tickets[0]), end=None)
    page.wait_for_selector("#verdict[data-verdict=admitted]:not([hidden])")
    assert page.is_hidden("#verdict [data-does=undo]")
    assert page.inner_text("#verdict-word") == "Welcome"
    page.context.set_offline(True)
    keyed(page, codes.code_of(cast.ordered(tickets[0].ticket_type).tickets.get()), end=None)
    page.wait_for_selector("#verdict[data-verdict=authentic_unknown]:not([hidden])")
    assert page.is_hidden("#verdict [data-does=let-in]"), "nobody admits themselves"
    assert page.inner_text("#verdict-word") == "Please see a steward"
    page.context.close()


def test_a_badge_is_printed_at_entry_by_itself_and_again_by_a_button(browser, site, concert, tickets):
    page = opened(browser, site, concert, viewport={"width": 390, "height": 844})
    # A headless browser has no printer and falls over; what is printed is checked in tests/scanning/test_badges.py.
    page.route("**/gate/device/badges/W*/", lambda route: route.fulfill(body=COUNTS_PRINTS, content_type="text/html"))
    begin(page)
    page.select_option("[name=badge]", "62x100")
    page.check("[name=print]")
    page.click("text=Start scanning")
    wait(page, lambda: "old" in page.inner_text("[data-sign=age]"))
    keyed(page, codes.code_of(tickets[0]), end=None)
    page.wait_for_selector("#verdict[data-verdict=admitted]:not([hidden])")
    wait(page, lambda: page.evaluate(PRINTED) == "1")
    page.click("[data-does=next]", force=True) if page.is_visible("[data-does=next]") else None
    page.click("[data-does=past]")
    page.click("#past button:has-text('Badge')")
    wait(page, lambda: page.evaluate(PRINTED) == "2")
    assert page.input_value("[name=badge]") == "62x100"
    page.context.close()
