"""A code that changes, on the buyer's phone and before the gate: both without a network too."""

import io
import json

import pytest
import zxingcpp
from PIL import Image

from registrations.rotating import STEP_SECONDS
from tests.faults.stage import Stage
from tests.journeys import phones
from tests.journeys.phones import Phone

CHANGING = """
from events.models import Event
from registrations import rotating
from tests import cast
event = Event.objects.get(slug="fault")
rotating.start(event=event, static_codes=False, now=now)
print(cast.ordered(event.ticket_types.get(), 3).get_absolute_url())
"""
EXPECTED = """
import json
from registrations import rotating
from registrations.models import Order, RotatingCodes
order = Order.objects.order_by("-id").first()
key = RotatingCodes.objects.get().sealed_key
from datetime import UTC, datetime
at = datetime.fromtimestamp({step} * rotating.STEP_SECONDS, UTC)
print(json.dumps([rotating.live_code(ticket=ticket, sealed_key=key, now=at) for ticket in order.tickets.order_by("position")]))
"""


@pytest.fixture(scope="module")
def stage():
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("WEB_WORKERS", "1")
        with Stage(worker=False) as made:
            yield made


@pytest.fixture
def buyer(browser, stage):
    """Dana's phone at her order's page."""
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    page.goto(f"http://127.0.0.1:{stage.port}{stage.python(CHANGING)}")
    page.wait_for_selector("body.live")
    yield page
    page.context.close()


def expected(stage, step):
    return json.loads(stage.python(EXPECTED.format(step=step)))


def shown(page):
    """(step, what a camera reads off each ticket), of one moment."""
    while True:
        step = int(page.evaluate("document.documentElement.dataset.step"))
        read = [zxingcpp.read_barcodes(Image.open(io.BytesIO(box.screenshot())))[0].text for box in page.locator("[data-live]").all()]
        if step == int(page.evaluate("document.documentElement.dataset.step")):
            return step, read


def until_kept(page):
    for _ in range(400):
        if page.evaluate(
            "async () => (await (await caches.open('order-pages')).keys()).length === 1 && (await (await caches.open('order-files')).keys()).length > 8"
        ):
            return
        page.wait_for_timeout(50)
    raise AssertionError(page.evaluate("async () => (await (await caches.open('order-files')).keys()).map((kept) => kept.url)"))


def test_the_page_shows_the_code_of_each_step_and_goes_on_without_a_network(buyer, stage):
    step, read = shown(buyer)
    assert read == expected(stage, step)
    until_kept(buyer)
    buyer.context.set_offline(True)
    buyer.reload()
    buyer.wait_for_selector("body.live")
    assert buyer.evaluate("getComputedStyle(document.body).display") == "flex", "its style is kept too"
    # The phone's clock goes half a minute and more ahead: another code, and the right one.
    buyer.clock.install()
    buyer.reload()
    buyer.wait_for_selector("body.live")
    first, _ = shown(buyer)
    buyer.clock.fast_forward(1000 * STEP_SECONDS)
    buyer.wait_for_function("first => Number(document.documentElement.dataset.step) > first", arg=first)
    later, read = shown(buyer)
    assert later > first and read == expected(stage, later)


def test_a_phone_whose_clock_is_wrong_shows_the_right_code_all_the_same(browser, stage):
    context = browser.new_context()
    page = context.new_page()
    page.clock.install(time=1_000_000_000)  # the year 2001
    page.goto(f"http://127.0.0.1:{stage.port}{stage.python(CHANGING)}")
    page.wait_for_selector("body.live")
    step, read = shown(page)
    assert abs(step - int(stage.python(f"print(int(now.timestamp()) // {STEP_SECONDS})"))) <= 1
    assert read == expected(stage, step)
    context.close()


def test_the_gate_takes_the_live_code_and_neither_an_old_picture_nor_a_still_one(buyer, stage, browser, tmp_path):
    gate = Phone(browser, tmp_path / "gate").opens(phones.link_for(stage))
    gate.knows(int(stage.python("from registrations.models import Ticket\nprint(Ticket.objects.count())")))
    step, (first, _, third) = shown(buyer)
    old = expected(stage, step - 5)
    assert gate.reads(old[0]) == "expired_code"
    assert gate.reads(first.partition(".")[0]) == "static_code"
    assert gate.types(shown(buyer)[1][0]) == "admitted"
    gate.context.set_offline(True)
    assert gate.reads(old[1]) == "expired_code"
    assert gate.types(shown(buyer)[1][1]) == "admitted"
    assert gate.page.get_attribute("#verdict", "data-by") == "phone"
    assert gate.types(third.partition(".")[0]) == "static_code"
    assert gate.troubles == []
    gate.off()
