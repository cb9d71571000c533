"""Every screen and verdict of the scanner: axe finds nothing at 320 px, in light, dark and bright light; targets are large.

GATE_PICTURES=docs/img/gate python -m pytest tests/journeys/test_gate_looks.py -k pictures  draws the guide's pictures anew."""

import os
import urllib.request
from pathlib import Path

import pytest

from registrations import codes, rotating
from scanning import devices
from scanning.gates import gates_of
from tests import cast
from tests.journeys import phones
from tests.journeys.conftest import axe_findings
from tests.journeys.test_accessibility import WIDE
from ticketing.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)
SHOW = """async (verdict) => {
  const { VerdictScreen } = await import("/static/js/gate/verdict.js");
  const screen = new VerdictScreen(JSON.parse(document.getElementById("shell").textContent).words);
  const met = !["unknown", "forged", "wrong_event"].includes(verdict);
  const earlier = { at: Date.now() - 754000, gate: "Back door" };
  screen.at("Europe/Berlin", false);
  screen.show({ nonce: verdict, verdict, by: "server", let_in: verdict === "admitted", undecided: verdict === "authentic_unknown",
    earlier, ticket: met ? { attendee: "Zoë Zając-Wolkenstein", type: "Standard", order: "7QF2M9XK" } : null });
}"""
SMALL = """[...document.querySelectorAll('button, select, input:not([type=radio], [type=checkbox]), .picks label')].filter(e => e.checkVisibility())
  .map(e => [e, e.getBoundingClientRect()]).filter(([e, box]) => box.height < 63.5 || box.width < 63.5)
  .map(([e, box]) => `${e.outerHTML.slice(0, 60)} ${box.width}×${box.height}`)"""
VERDICTS = [
    "admitted",
    "already_admitted",
    "unknown",
    "forged",
    "revoked",
    "cancelled",
    "unpaid",
    "wrong_event",
    "wrong_list",
    "wrong_time",
]
VERDICTS += ["authentic_unknown", "exited", "not_inside", "expired_code", "static_code"]


def opened(browser, site, concert, *, kiosk=False, **options):
    """A page at the concert's gate, with its copy."""
    device = devices.make(event=concert, gates=gates_of(event=concert), name="Phone", now=clock.now(), made_by=None, kiosk=kiosk)
    context = browser.new_context(bypass_csp=True, service_workers="block", **options)
    page = context.new_page()
    page.goto(f"{site}/gate/open/{device.code}/")
    page.wait_for_selector("#opening:not([hidden])")
    return page


def begin(page):
    page.fill("#open-name", "Bob")
    page.click("text=Open gate")
    page.wait_for_selector("#shift:not([hidden])")


def scan(page, text):
    if not page.is_visible("#typed"):
        page.click("[data-does=type]")
    page.fill("#typed", text)
    page.press("#typed", "Enter")
    page.wait_for_selector("#verdict:not([hidden])")


@pytest.mark.parametrize("light", ["light", "dark", "bright"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_on_any_screen(browser, site, concert, light, width):
    ticket = cast.ordered(cast.ticket_type(concert)).tickets.get()
    findings = {}
    page = opened(browser, site, concert, color_scheme="light" if light == "bright" else light, viewport={"width": width, "height": 640})
    if light == "bright":
        page.evaluate("document.documentElement.dataset.light = 'bright'")

    def look(name):
        findings[name] = axe_findings(page) + [f"small: {target}" for target in page.evaluate(SMALL)]
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if overflow > 0:
            findings[name].append(f"{overflow} px wider than the screen: {page.evaluate(WIDE)}")

    look("opening")
    begin(page)
    look("shift")
    page.click("text=Start scanning")
    page.wait_for_selector("#scanning:not([hidden])")
    look("scanning")
    scan(page, codes.code_of(ticket))
    look("admitted for real")
    page.click("[data-does=undo]")
    look("undo")
    page.click("#undo [data-closes]")
    page.click("[data-does=next]")
    for key in ("find", "past", "more"):
        page.click(f"[data-does={key}]")
        if key == "find":
            page.fill("#find-text", "guest")
            page.press("#find-text", "Enter")
            page.wait_for_selector("#find .card")
        page.wait_for_selector(f"#{key}[open]")
        look(key)
        page.click(f"#{key} [data-closes]")
    for verdict in VERDICTS:
        page.evaluate(SHOW, verdict)
        look(verdict)
    problems = [f"{where}: {finding}" for where, found in findings.items() for finding in found]
    assert problems == [], "\n".join(problems)
    page.context.close()


def test_a_scan_is_found_by_name_checked_in_and_undone_with_a_reason(browser, site, concert):
    from scanning.models import Entry

    cast.ordered(cast.ticket_type(concert))
    page = opened(browser, site, concert, viewport={"width": 390, "height": 844})
    begin(page)
    page.click("text=Start scanning")
    page.click("[data-does=find]")
    page.fill("#find-text", "gue")
    page.press("#find-text", "Enter")
    page.click("text=Check in Guest 1")
    page.wait_for_selector("#verdict[data-verdict=admitted]:not([hidden])")
    assert Entry.objects.count() == 1
    page.click("[data-does=undo]")
    page.check("label:has-text('Wrong person') input")
    page.click("text=Undo this scan")
    page.wait_for_selector("#undo:not([open])", state="hidden")
    page.click("[data-does=more]")
    page.click("text=Sync now")
    for _ in range(100):
        if Entry.objects.count() == 0:
            break
        page.wait_for_timeout(50)
    assert Entry.objects.count() == 0
    page.context.close()


@pytest.mark.skipif("GATE_PICTURES" not in os.environ, reason="draws the guide's pictures")
def test_pictures(browser, site, files, concert, tmp_path):
    home = Path(os.environ["GATE_PICTURES"])
    home.mkdir(parents=True, exist_ok=True)
    order = cast.ordered(cast.ticket_type(concert))
    pdf = urllib.request.urlopen(f"{site}{order.get_absolute_url()}tickets.pdf").read()
    film = phones.film(tmp_path / "film.y4m", [(phones.held_up(pdf), 1)])
    page = opened(phones.with_camera(browser, film), site, concert, color_scheme="dark", viewport={"width": 360, "height": 640})
    take = _camera(page, home)
    page.fill("#open-name", "Bob")
    take("opening")
    begin(page)
    take("shift")
    page.click("text=Start scanning")
    page.wait_for_selector("#verdict[data-verdict=admitted]:not([hidden])")
    page.wait_for_selector("#verdict", state="hidden")
    take("ready")
    page.click("[data-does=past]")
    page.wait_for_selector("#past[open] li")
    take("last-scans")
    page.click("#past [data-closes]")
    for verdict in VERDICTS:
        page.evaluate(SHOW, verdict)
        take(verdict.replace("_", "-"))
    page.evaluate("document.body.classList.add('kiosk')")
    for verdict, name in (("admitted", "kiosk-welcome"), ("already_admitted", "kiosk-steward")):
        page.evaluate(SHOW.replace('"Europe/Berlin", false', '"Europe/Berlin", true'), verdict)
        take(name)
    rotating.start(event=concert, static_codes=False, now=clock.now())
    buyer = page.context.browser.new_page(viewport={"width": 360, "height": 640})
    buyer.goto(site + order.get_absolute_url())
    buyer.wait_for_selector("body.live")
    buyer.locator("[data-live]").scroll_into_view_if_needed()
    _camera(buyer, home)("live-code")
    page.context.browser.close()


def _camera(page, home):
    from PIL import Image

    def take(name):
        raw = home / f"{name}.png"
        page.screenshot(path=raw)
        Image.open(raw).save(home / f"{name}.webp", quality=70, method=6)
        raw.unlink()

    return take
