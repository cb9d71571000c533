"""What a buyer does with an order in Chromium: hands a ticket on by keyboard, cancels after seeing the fee; axe on these pages."""

from decimal import Decimal

import pytest

from events import terms
from payments.models import Refund
from registrations import codes, transfer
from registrations.models import Ticket, Transfer
from scanning import redemption
from scanning.gates import gates_of
from tests import cast
from tests.journeys.test_accessibility import look
from tests.journeys.test_sell_and_admit import sign_in
from tests.payments import till
from ticketing.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(concert):
    terms.save(event=concert, fields={"cancel_until_hours": 48, "cancel_fee_minor": 200, "cancel_fee_percent": Decimal("10")})
    return till.fulfilled(cast.ordered(cast.ticket_type(concert, price_minor=2500), 3))


def test_a_ticket_is_handed_on_by_keyboard_and_the_rest_is_cancelled(browser, site, files, order):
    old = codes.code_of(order.tickets.get(position=1))
    dana, erin = browser.new_page(), browser.new_page()
    dana.goto(site + order.get_absolute_url())
    dana.get_by_role("link", name="Hand on, cancel and more").focus()
    dana.keyboard.press("Enter")
    dana.get_by_role("link", name="Hand on ticket 1, Guest 1").focus()
    dana.keyboard.press("Enter")
    dana.get_by_label("Their name").focus()
    dana.keyboard.type("Erin")
    dana.keyboard.press("Tab")
    dana.keyboard.type("erin@")
    dana.keyboard.press("Enter")
    dana.wait_for_selector(".error-summary")
    assert dana.evaluate("document.activeElement.className") == "error-summary"
    dana.get_by_label("Their e-mail address").fill("erin@example.com")
    dana.keyboard.press("Enter")
    dana.wait_for_url("**/orders/*/*/#ticket-1")
    assert dana.locator("#ticket-1 svg").count() == 0 and "with Erin now" in dana.inner_text("#ticket-1")

    erin.goto(site + Transfer.objects.get().get_absolute_url())
    assert erin.locator(".qr svg").count() == 1
    gate = gates_of(event=order.event)[0]
    new = codes.code_of(Ticket.objects.get(order=order, position=1))
    assert [redemption.redeem(gate=gate, presented=code, now=clock.now()).verdict for code in (old, new)] == ["revoked", "admitted"]

    dana.goto(site + order.get_absolute_url() + "changes/")
    dana.click("text=See what you would get back")
    dana.uncheck("input[value='3']")
    dana.click("text=See what I get back")
    assert "€4.50" in dana.inner_text("main")  # 2 € and a tenth of 25 €
    dana.click("text=Cancel and get €20.50 back")
    dana.wait_for_url("**/changes/")
    assert Refund.objects.get().amount_minor == 2050
    dana.goto(site + order.get_absolute_url() + "receipt/")
    assert "−€20.50" in dana.inner_text("main")
    for page in (dana, erin):
        page.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1280)])
def test_axe_finds_nothing(browser, site, files, order, alice, scheme, width):
    ticket = order.tickets.select_related("order__event").get(position=1)
    held = transfer.transfer_ticket(ticket=ticket, name="Erin", email="erin@example.com", now=clock.now())
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page, findings, link = context.new_page(), {}, order.get_absolute_url()
    paths = [f"{link}{name}" for name in ("", "changes/", "tickets/2/transfer/", "cancellation/", "receipt/", "data/")]
    look(page, site, [*paths, held.get_absolute_url(), f"{held.get_absolute_url()}data/"], findings)
    page.goto(f"{site}{link}cancellation/")
    page.click("text=See what I get back")
    findings["quote"] = page.locator(".error-summary").all_inner_texts()
    sign_in(page, site, alice.email)
    event, house = f"/manage/events/{order.event.slug}/", f"/manage/{order.event.organiser.slug}/"
    look(page, site, [f"{event}terms/", f"{event}spread/", f"{house}privacy/"], findings)
    problems = [f"{where}: {finding}" for where, found in findings.items() for finding in found]
    assert problems == [], "\n".join(problems)
    context.close()
