"""The supervisor's live page in a browser: it renews itself and disturbs nobody."""

import pytest

from registrations import codes
from tests import cast
from tests.journeys.test_sell_and_admit import sign_in
from tests.scanning.phone import Phone

pytestmark = pytest.mark.django_db(transaction=True)


def test_renewal_keeps_the_keyboards_place_and_what_was_opened(browser, site, concert, bob):
    first, second = cast.ordered(cast.ticket_type(concert), 2).tickets.all()
    phone = Phone(concert).open()
    phone.scan(codes.code_of(first))
    page = browser.new_context().new_page()
    sign_in(page, site, bob.email)
    page.goto(f"{site}/gate/{concert.slug}/supervisor/")
    page.focus("text=Undo Guest 1")
    place = page.evaluate("document.activeElement.id")
    phone.scan(codes.code_of(second))
    page.wait_for_selector("text=Undo Guest 2")  # it came with a renewal
    assert page.evaluate("document.activeElement.id") == place != ""
    page.goto(f"{site}/gate/{concert.slug}/")
    page.click("text=Last scans")
    with page.expect_response(lambda reply: reply.url.endswith("/counts/")):
        phone.scan("nonsense")
    page.wait_for_selector("#last-scans >> text=Unknown")
    page.context.close()
