"""Waiting and asking, in a real browser and by keyboard: Erin waits and gets her tickets; Frank asks and is approved."""

import pytest

from registrations import cancellation, waiting_offers
from registrations.models import Order, WaitingEntry
from tests import cast
from tests.journeys.conftest import axe_findings
from tests.journeys.test_accessibility import look
from tests.journeys.test_sell_and_admit import sign_in
from ticketing.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


def press_through(page, name, *, most=40):
    """Tab until the focus is on what has this text, then Enter."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if name in (page.evaluate("document.activeElement.textContent") or "").strip():
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name} can't be reached by keyboard")


def test_erin_waits_and_gets_her_ticket_by_keyboard(browser, site, concert):
    kind = cast.ticket_type(concert, capacity=1)
    order = cast.ordered(kind)
    page = browser.new_page()
    page.goto(site + concert.get_absolute_url())
    press_through(page, "Join the waiting list")
    page.wait_for_selector("h1:text-is('Join the waiting list')")
    page.focus("#id_email")
    page.keyboard.type("erin@example.com")
    press_through(page, "Join the waiting list", most=6)
    page.wait_for_selector("text=You are on the waiting list")
    here = page.url

    cancellation.cancel_order(order=order, now=clock.now())
    waiting_offers.offer_due(now=clock.now())
    page.goto(here)
    page.wait_for_function("document.querySelector('.timer .left').textContent.includes(' h ')")
    press_through(page, "Get your ticket")
    page.wait_for_selector("h1:text-is('Your details')")
    assert page.input_value("#id_buyer_email") == "erin@example.com"
    page.focus("#id_buyer_name")
    page.keyboard.type("Erin")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/")
    press_through(page, "Get ticket")
    page.wait_for_selector("text=Your tickets for")
    page.goto(here)
    assert page.inner_text("h1") == "You got your tickets"
    page.close()


def test_frank_asks_and_alice_approves(browser, site, concert, alice):
    kind = cast.ticket_type(concert, price_minor=4500, approval="keep")
    frank = browser.new_page()
    frank.goto(site + concert.get_absolute_url())
    assert "On request" in frank.inner_text("#tickets")
    frank.select_option(f"#quantity-{kind.pk}", "1")
    frank.click("button:has-text('Get tickets')")
    frank.fill("input[name=buyer_name]", "Frank")
    frank.fill("input[name=buyer_email]", "frank@example.com")
    frank.click("main form button.primary")
    frank.wait_for_url("**/review/")
    frank.click("button:has-text('Send the request')")
    frank.wait_for_selector("text=Your request is with the organiser")

    desk = browser.new_page()
    sign_in(desk, site, alice.email)
    desk.goto(f"{site}/manage/events/{concert.slug}/")
    press_through(desk, "Requests")
    desk.wait_for_url("**/requests/")
    desk.focus("input[name=code]")
    desk.keyboard.press("Space")
    press_through(desk, "Approve the ticked", most=10)
    desk.wait_for_selector("text=1 request approved")

    frank.reload()
    frank.click("a:has-text('Pay €45.00')")
    frank.wait_for_url("**/practice/**")
    frank.click("button[value=pay]")
    frank.wait_for_selector("text=Your tickets for")
    assert Order.objects.get().state == "confirmed"
    frank.close()
    desk.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_where_people_wait_and_ask(browser, site, concert, alice, scheme, width):
    kind = cast.ticket_type(concert, capacity=1)
    order = cast.ordered(kind)
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page, findings, manage = context.new_page(), {}, f"/manage/events/{concert.slug}/"
    join = f"/events/{concert.slug}/waiting/{kind.pk}/"
    for email in ("erin@example.com", "frank@example.com"):
        page.goto(site + join)
        page.fill("#id_email", email)
        page.click("main button.primary")
        page.wait_for_url("**/waiting/**")
    waits = WaitingEntry.objects.order_by("id")
    look(page, site, [join, waits[1].get_absolute_url()], findings)
    cancellation.cancel_order(order=order, now=clock.now())
    waiting_offers.offer_due(now=clock.now())
    asked = cast.ordered(cast.ticket_type(concert, price_minor=900, approval="free"))
    look(page, site, [waits[0].get_absolute_url(), f"/checkout/{waits[0].hold.token}/", asked.get_absolute_url()], findings)
    sign_in(page, site, alice.email)
    look(page, site, [f"{manage}waiting/", f"{manage}waiting/?state=offered", f"{manage}requests/"], findings)
    page.goto(f"{site}{manage}waiting/")
    page.click("details.menu summary:has-text('Move')")
    findings["menu"] = axe_findings(page)
    problems = [f"{where}: {finding}" for where, found in findings.items() for finding in found]
    assert problems == [], "\n".join(problems)
    context.close()
