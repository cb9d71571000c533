"""The pages about money: axe finds nothing, and a refund goes from its preview to the credit note."""

from datetime import timedelta
from decimal import Decimal

import pytest

from payments import fees, reconciliation, refunds, settlement
from payments.models import Payment, PracticeSession
from payments.practice import book
from registrations.models import Invoice
from tests import cast
from tests.journeys.test_accessibility import look
from tests.journeys.test_sell_and_admit import sign_in
from tests.payments import till
from ticketing.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sold(hall):
    """Two paid orders with tax and fee, one with a part given back and paid out, and a difference."""
    event = cast.event(organiser=hall, fee_country="DE", name="Evening with strings")
    kind = cast.ticket_type(event, price_minor=2500, tax_rate=Decimal(19), name="Standard")
    orders = []
    for quantity in (2, 1):
        orders.append(till.fulfilled(cast.ordered(kind, quantity)))
    refunds.refund_order(order=orders[0], amount_minor=1000, now=clock.now())
    settlement.send_refunds(now=clock.now())
    fees.take_fees(now=clock.now())
    PracticeSession.objects.update(created_at=clock.now() - timedelta(days=1))
    book.pay_out(now=clock.now())
    reconciliation.reconcile_payouts(now=clock.now())
    till.provider_says(Payment.objects.get(order=orders[1]), "succeeded", refunded_minor=500)
    reconciliation.compare_lists(now=clock.now())
    return orders


def pages(order):
    manage, house = f"/manage/events/{order.event.slug}/", f"/manage/{order.event.organiser.slug}/"
    payout = PracticeSession.objects.exclude(payout=None).exists() and reconciliation.payouts_of(organiser=order.event.organiser)[0]
    return [
        f"{manage}payments/",
        f"{manage}payments/everybody/",
        f"{manage}invoices/",
        f"{manage}orders/{order.code}/refund/",
        f"{house}payouts/",
        f"{house}payouts/{payout.pk}/",
        f"{house}differences/",
        f"{house}invoice-details/",
        order.get_absolute_url(),
    ]


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1280)])
def test_axe_finds_nothing(browser, site, files, sold, alice, scheme, width):
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page, findings = context.new_page(), {}
    sign_in(page, site, alice.email)
    look(page, site, pages(sold[0]), findings)
    problems = [f"{where}: {finding}" for where, found in findings.items() for finding in found]
    assert problems == [], "\n".join(problems)
    context.close()


def test_a_ticket_is_given_back_after_looking_at_who_gets_what(browser, site, files, sold, alice):
    page, order = browser.new_page(), sold[0]
    sign_in(page, site, alice.email)
    page.goto(f"{site}/manage/events/{order.event.slug}/orders/{order.code}/refund/")
    page.check("input[name=tickets][value='2']")
    page.click("text=Look at refunding these tickets")
    assert "Void afterwards: Guest 2" in page.inner_text("main")
    page.click("button.danger")
    page.wait_for_url("**/payments/")
    assert "on their way to Dana" in page.inner_text("main")
    assert order.tickets.filter(voided_at=None).count() == 1
    settlement.send_refunds(now=clock.now())
    page.goto(site + order.get_absolute_url())
    assert page.inner_text("aside").count("Credit note") == Invoice.objects.filter(order=order, kind="credit_note").count() == 2
    page.close()
