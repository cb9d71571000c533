"""The widget on a page of another site, in a Chromium that blocks third-party cookies: by keyboard from the frame to the order."""

import http.server
import shutil
import threading

import pytest

from registrations.models import Order
from tests import cast
from tests.journeys.conftest import ARGUMENTS, axe_findings

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = """<!doctype html><html lang="en"><head><title>Alice's own page</title></head><body><h1>Our concerts</h1>
<script src="{site}/widget.js" data-organiser="alices-hall" async></script><p><a href="#end">After the widget</a></p></body></html>"""
# Whether a framed site gets its own cookies.
PROBE = "() => { document.cookie = 'probe=1; SameSite=None; Secure'; return document.cookie.includes('probe=1'); }"


@pytest.fixture
def elsewhere(site):
    """Another site: 127.0.0.1 beside the product's localhost."""
    page = PAGE.format(site=site).encode()

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            if self.path == "/":
                self.wfile.write(page)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def strict(playwright):
    """A browser that gives a framed site no cookies."""
    arguments = [*ARGUMENTS, "--test-third-party-cookie-phaseout"]
    made = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
    yield made
    made.close()


def framed(page, elsewhere):
    page.goto(elsewhere)
    return page.wait_for_selector("iframe").content_frame()


def test_tickets_are_bought_by_keyboard_from_another_site(strict, site, elsewhere, files, concert):
    cast.ticket_type(concert)
    context = strict.new_context()
    page = context.new_page()
    frame = framed(page, elsewhere)
    frame.wait_for_selector("text=Concert")
    assert frame.evaluate(PROBE) is False, "third-party cookies are not blocked, so this proves nothing"
    assert page.get_attribute("iframe", "title") == "Tickets"
    page.keyboard.press("Tab")
    for _ in range(4):  # the frame's own way to its content, then the event
        if frame.evaluate("document.activeElement.className") == "name":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    frame.wait_for_selector("select")
    frame.focus("select")
    page.keyboard.press("2")
    frame.focus("button:has-text('Get tickets')")
    with context.expect_page() as opened:
        page.keyboard.press("Enter")
    checkout = opened.value
    checkout.wait_for_selector("input[name=buyer_name]")
    assert checkout.url.startswith(site)
    checkout.fill("input[name=buyer_name]", "Dana")
    checkout.fill("input[name=buyer_email]", "dana@example.com")
    checkout.locator("main form button.primary").first.click()
    checkout.wait_for_url("**/review/")
    checkout.locator("main form button.primary").first.click()
    checkout.wait_for_url("**/orders/**")
    order = Order.objects.get()
    assert order.confirmed_at and order.tickets.count() == 2 and order.hold.source == "widget"
    assert page.url == elsewhere  # the organiser's page stayed where it was
    context.close()


def test_the_frame_is_as_high_as_its_content_and_axe_finds_nothing_in_it(strict, site, elsewhere, concert):
    cast.ticket_type(concert)
    for scheme, width in (("light", 320), ("dark", 1280)):
        context = strict.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True)
        page = context.new_page()
        frame = framed(page, elsewhere)
        frame.wait_for_selector("text=Concert")
        page.wait_for_function("document.querySelector('iframe').style.height !== '420px'")
        inside = frame.evaluate("document.querySelector('main').scrollHeight")
        assert abs(page.evaluate("document.querySelector('iframe').offsetHeight") - inside) <= 2
        for path in ("/organisers/alices-hall/widget/", f"/events/{concert.slug}/widget/"):
            page.goto(site + path)
            assert axe_findings(page) == []
        context.close()


def test_control_the_same_page_on_its_own_gets_its_cookies(strict, site, concert):
    page = strict.new_page()
    page.goto(f"{site}/organisers/alices-hall/widget/")
    assert page.evaluate(PROBE) is True
    page.close()


def test_another_page_of_the_product_can_not_be_framed(browser, site, elsewhere, concert):
    page = browser.new_page()
    page.goto(elsewhere)
    page.evaluate(
        "address => { const f = document.createElement('iframe'); f.id = 'x'; f.src = address; document.body.append(f); }", site + "/"
    )
    page.wait_for_timeout(500)
    assert page.frames[-1].url.startswith("chrome-error:") or page.frames[-1].evaluate("document.body.innerText") != "Find an event"
    page.close()
