"""Alice writes prices, Dana buys at them; axe finds nothing on the way, narrow and wide, light and dark."""

import os
import pathlib

import pytest

from events.models import TicketType
from registrations.models import Order
from tests import cast
from tests.journeys.conftest import axe_findings
from tests.journeys.test_sell_and_admit import sign_in

pytestmark = pytest.mark.django_db(transaction=True)
PICTURES = os.environ.get("PICTURES")  # a folder, for whoever wants to look


def looked_at(page, name):
    if PICTURES:
        page.screenshot(path=pathlib.Path(PICTURES) / f"{name}.png", full_page=True)
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*(f"{name}: {finding}" for finding in axe_findings(page)), *([f"{name}: {overflow} px too wide"] if overflow > 0 else [])]


def typed(page, **fields):
    for name, value in fields.items():
        page.fill(f"#id_{name}", value)


def saved(page):
    """By keyboard, and without an error."""
    page.focus("main form button.primary")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator(".error-summary").count() == 0, page.text_content(".error-summary")


def set_up(page, site, concert):
    """A step, a group price, a heading, an add-on and a voucher, each through its form."""
    tickets = f"{site}/manage/events/{concert.slug}/tickets/"
    page.goto(tickets)
    page.click("text=Add steps of Seat")
    page.click("text=Add a price step")
    typed(page, name="Early bird", price="20", quantity="3")
    saved(page)
    page.goto(f"{tickets}")
    page.click("text=Add a discount")
    typed(page, name="Friends", from_tickets="4", percent="10")
    saved(page)
    page.click("text=Add a category")
    typed(page, name="Extras", description="To make it comfortable.")
    saved(page)
    page.click("text=Add a ticket type")
    typed(page, name="Cushion", price="3.50", capacity="50", most_per_ticket="1")
    page.check("input[name=pricing][value=fixed]")
    page.select_option("#id_category", label="Extras")
    page.check("#id_is_addon")
    saved(page)
    page.goto(f"{site}/manage/events/{concert.slug}/codes/new/")
    typed(page, code="press", percent="100", max_uses="3", reserved="2")
    page.select_option("#id_reserves", label="Seat")
    saved(page)


def test_prices_from_set_up_to_the_ticket(browser, site, files, concert, alice):
    cast.ticket_type(concert, name="Seat", capacity=20, price_minor=3000)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    page = context.new_page()
    sign_in(page, site, alice.email)
    set_up(page, site, concert)
    cushion = TicketType.objects.get(name="Cushion")
    assert cushion.is_addon and cushion.category.name == "Extras"

    dana = browser.new_context(viewport={"width": 390, "height": 844}, bypass_csp=True).new_page()
    dana.goto(site + concert.get_absolute_url())
    dana.select_option(f"#quantity-{cushion.pk}", "1")
    dana.click("button:has-text('Get tickets')")
    assert "sold only with a ticket" in dana.text_content(".error-summary")
    seat = TicketType.objects.get(name="Seat")
    dana.fill(f"#quantity-{seat.pk}", "4")
    problems = looked_at(dana, "choices-refused")
    dana.click("button:has-text('Get tickets')")
    dana.wait_for_url("**/checkout/**")
    problems += looked_at(dana, "details")
    summary = dana.text_content(".sum")
    assert "3 × Seat" in summary and "Early bird" in summary and "Friends" in summary and "€84.50" in summary  # 3 × 18 + 27 + 3.50
    dana.fill("input[name=buyer_name]", "Dana")
    dana.fill("input[name=buyer_email]", "dana@example.com")
    dana.locator("main form button.primary").first.click()
    dana.wait_for_url("**/review/")
    dana.locator("main form button.primary").first.click()
    dana.wait_for_url("**/practice/**")
    dana.click("button[value=pay]")
    dana.wait_for_url("**/orders/**")
    order = Order.objects.get()
    assert (order.total_minor, order.tickets.count()) == (8450, 5)
    problems += looked_at(dana, "order")
    page.goto(f"{site}/manage/events/{concert.slug}/orders/{order.code}/")
    assert "Friends" in page.text_content("main")
    problems += looked_at(page, "order-manage")
    assert problems == [], "\n".join(problems)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_axe_finds_nothing_where_prices_are_made_and_shown(browser, site, files, concert, alice, scheme, width):
    seat = cast.ticket_type(concert, name="Seat", capacity=20, price_minor=3000)
    cup = cast.ticket_type(concert, name="Cup", price_minor=300, is_addon=True, most_per_ticket=2)
    tier = cast.tier(seat, 2000, quantity=5)
    group = cast.discount(concert, 4, percent=10)
    code = cast.code(concert, "PRESS", percent=20, reserves=seat, places=3)
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page = context.new_page()
    manage, public = f"/manage/events/{concert.slug}/", concert.get_absolute_url()
    pages = {
        "event": public,
        "code": f"{public}code/?code=press",
        "code-wrong": f"{public}code/?code=wrong",
        "tickets": f"{manage}tickets/",
        "type": f"{manage}tickets/{cup.pk}/",
        "prices": f"{manage}tickets/{seat.pk}/prices/",
        "price": f"{manage}tickets/{seat.pk}/prices/{tier.pk}/",
        "discount": f"{manage}discounts/{group.pk}/",
        "category": f"{manage}categories/new/",
        "codes": f"{manage}codes/",
        "code-form": f"{manage}codes/{code.pk}/",
    }
    sign_in(page, site, alice.email)
    problems = []
    for name, path in pages.items():
        page.goto(site + path)
        if name == "event":
            page.click("details.code > summary")
        problems += looked_at(page, f"{name}-{scheme}-{width}")
    assert problems == [], "\n".join(problems)
