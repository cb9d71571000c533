"""A paid order whose first PDF fails for real: from its page staff see every request, notice, retry and task, with durations."""

import os
import re
import sys
from pathlib import Path

import pytest

from bench.client import Client, hidden_fields
from tests.faults.stage import Stage, until
from tests.journeys.conftest import axe_findings
from tests.journeys.test_sell_and_admit import sign_in
from ticketing.embedded import children

MINE = "from registrations.models import Order\norder = Order.objects.get()\n"
STAFF = (
    "from accounts.models import User\nUser.objects.filter(email='alice@example.com').update(is_staff=True)\n" + MINE + "print(order.code)"
)
TROUBLE = """
from operations.traces import finding
print([row.name for row in finding.newest(shown="trouble") if row.outcome == "failed"])
"""
FULFILLED = (
    MINE + "from outbox.models import Mail\nprint(bool(order.fulfilled_at and Mail.objects.filter(sent_at__isnull=False).count() == 1))"
)
KEPT = MINE + (
    "from operations.traces import finding\nprint(*(each.row.name for each in finding.recordings(trace=finding.of_order(order=order))))"
)
SEEN = {
    "registrations:hold-new": "request",
    "registrations:details": "request",
    "registrations:review": "request",
    "registrations:order-new": "request",
    "payments:payment-start": "request",
    "payments:payment-return": "request",
    "payments:notice-new": "notice",
    "payments.handle_notice": "task",
    "registrations.fulfil": "task, and its retry",
}


def pays(client, stage):
    """Dana's way with a browser's requests; back from the provider she sees her tickets."""
    answer = client.post("/events/fault/holds/", {f"quantity-{stage.type_id}": 1, "attempt": "1"})
    there = answer.location
    form = hidden_fields(client.get(there).body) | {"buyer_name": "Dana Buyer", "buyer_email": "dana@example.com"}
    review = client.post(there, form).location
    payment = client.post(review.replace("/review/", "/order/"), hidden_fields(client.get(review).body)).location
    provider = client.get(payment).location
    landing = client.post(provider, hidden_fields(client.get(provider).body) | {"act": "pay", "late": "1"}).location
    order = client.get(landing).location
    assert client.get(order).status == 200
    return order


@pytest.fixture(scope="module")
def stage():
    """A worker that was started where no fonts are to be found, as by a wrong image; then the right one."""
    with Stage(price=1500, worker=False, PDF_IN_MAIL="1") as stage:
        path, stage.env["PATH"] = stage.env["PATH"], str(Path(sys.executable).parent)
        stage.start_worker()
        client = Client(stage.port)
        pays(client, stage)
        until(lambda: "registrations.fulfil" in stage.python(TROUBLE), seconds=90)
        children.stop(stage.worker, seconds=10)
        stage.env["PATH"] = path
        stage.start_worker()
        until(lambda: stage.python(FULFILLED) == "True", seconds=120)
        until(lambda: {*SEEN} <= {*stage.python(KEPT).split()}, seconds=120)
        yield stage


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_trace_shows_every_request_notice_retry_and_task(browser, stage, width, scheme):
    code, site = stage.python(STAFF), f"http://127.0.0.1:{stage.port}"
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page = context.new_page()
    sign_in(page, site, "alice@example.com")
    page.goto(f"{site}/manage/events/fault/orders/{code}/")
    page.click("text=Trace of this checkout")
    page.wait_for_url("**/operations/traces/**")
    recordings = page.locator(".recording > summary").all_inner_texts()
    for name in SEEN:
        assert any(name in text for text in recordings), (name, recordings)
    assert all(re.search(r"\d (ms|s)\b", text) for text in recordings), recordings
    fulfil = [text for text in recordings if "registrations.fulfil" in text]
    assert any("Failed" in text and "task" in text for text in fulfil) and "Failed" not in fulfil[-1], fulfil
    failed = page.locator(".recording[open]", has_text="registrations.fulfil").first
    assert failed.locator(".spans .bad", has_text="FileNotFoundError").count()
    assert not re.search(r"dana|Dana|" + code, page.locator("#waterfall").inner_text())
    assert axe_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    pictured(page, f"trace-{scheme}-{width}")
    reference = page.locator("#waterfall h2 code").inner_text()[:12]
    page.goto(f"{site}/operations/traces/")
    page.wait_for_selector("text=registrations.fulfil")
    assert axe_findings(page) == []
    pictured(page, f"traces-{scheme}-{width}")
    page.fill("#find", reference)
    page.press("#find", "Enter")
    page.wait_for_selector(f"#waterfall h2:has-text('{reference}')")
    context.close()


def pictured(page, name):
    """PICTURES=folder keeps what was seen, for the documentation."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
