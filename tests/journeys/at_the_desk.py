"""Alice's event with sales, her page in a real browser, and her keyboard."""

import pytest

from tests import cast
from tests.journeys.test_sell_and_admit import sign_in
from tests.payments import till
from tests.registrations.test_questions import CHOICES, details, finish, question

PATIENCE = 30_000  # ms, on a machine with much else to do


@pytest.fixture
def sold(concert, client):
    """Ten orders, one of them paid, one with answers."""
    kind, paid = cast.ticket_type(concert, name="Standard"), cast.ticket_type(concert, name="Balcony", price_minor=2500)
    food = question(concert, kind="one_of", choices=CHOICES)
    stay = question(concert, "Do you stay overnight?", kind="yes_no")
    question(concert, "How many nights?", kind="number", shown_if=stay, shown_if_answers=["yes"])
    for number in range(8):
        cast.ordered(kind, 1 + number % 2, email=f"guest{number}@example.com")
    order = cast.ordered(paid, 2, email="paula@example.com")
    till.act(order, "pay")
    hold = cast.held(kind, email="vera@example.com")
    details(client, hold, buyer_email="vera@example.com", **{f"attendee-1-q{food.pk}": "Vegan"})
    return {"order": order, "answered": finish(client, hold)[1], "kind": kind, "food": food}


@pytest.fixture
def page(browser, site, files, alice):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    sign_in(page, site, alice.email)
    yield page
    context.close()


def tab_to(page, text, most=60):
    """Press Tab until a link or button of this name has the focus, and shows it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText.trim()") == text:
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", f"no focus to be seen on {text}"
            return
    raise AssertionError(f"{text} is not reached by Tab")
