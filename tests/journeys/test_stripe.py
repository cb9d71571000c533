"""Dana pays by Stripe in a real browser, the real SDK speaks to the double over HTTP, its notices come over HTTP."""

import pytest

from payments import notices, settlement
from payments.models import Payment, PayoutAccount
from registrations import codes, expiry
from registrations.models import Order
from tests import cast
from tests.journeys.test_sell_and_admit import sign_in
from tests.payments import till
from tests.stripe_double.server import Double
from ticketing.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stripe(settings, site):
    settings.PAYMENT_GATEWAY, settings.STRIPE_SECRET_KEY = "stripe", "sk_test_double"
    settings.STRIPE_WEBHOOK_SECRETS, settings.STRIPE_CALLS_PER_SECOND = ["whsec_double"], 1000
    with Double(notices_to=f"{site}/notices/stripe/") as double:
        settings.STRIPE_API_BASE = double.url
        yield double


def to_payment(page, site, kind):
    page.goto(f"{site}{kind.event.get_absolute_url()}")
    page.select_option(f"#quantity-{kind.pk}", "2")
    page.click("button:has-text('Get tickets')")
    page.fill("input[name=buyer_name]", "Dana")
    page.fill("input[name=buyer_email]", "dana@example.com")
    page.locator("main form button.primary").first.click()
    page.wait_for_url("**/review/")
    page.locator("main form button.primary").first.click()
    page.wait_for_url("**/pay/cs_test_*")


def press(page, act):
    page.click(f"button[value={act}]")


def told(stripe):
    assert set(stripe.post.deliver(copies=2, seed=1)) <= {200}
    notices.handle_due(now=clock.now())


def test_card_paid_declined_then_paid_checked_by_the_bank_and_by_slow_methods(browser, site, files, concert, stripe):
    kind = cast.ticket_type(concert, price_minor=1500)
    page = browser.new_page()
    to_payment(page, site, kind)
    press(page, "pay")
    page.wait_for_url("**/orders/**")
    assert page.locator("svg[aria-label='Ticket code'], .qr svg").count() == 2

    to_payment(page, site, kind)
    press(page, "decline")
    assert page.inner_text("[role=alert]") == "Your card was declined. Try another one."
    press(page, "challenge")
    assert "is that you" in page.inner_text("h1")
    press(page, "pay")
    page.wait_for_url("**/orders/**")
    assert Order.objects.filter(confirmed_at__isnull=False).count() == 2

    for act, success in (("pay-later", True), ("fail-later", False)):
        to_payment(page, site, kind)
        press(page, act)
        page.wait_for_selector("h1:has-text('still checking')")
        stripe.book.decide(stripe.sessions()[0]["id"], "", success=success)
        told(stripe)
        page.goto(page.url)
        if success:
            page.wait_for_url("**/orders/**")
        else:
            page.wait_for_selector("h1:has-text('was declined')")
    assert Order.objects.filter(confirmed_at__isnull=False).count() == 3
    till.assert_audit_is_clean()
    page.close()


def test_a_payment_page_that_was_left_is_closed_and_two_tabs_are_one_payment(browser, site, files, concert, stripe, monkeypatch):
    kind = cast.ticket_type(concert, price_minor=1500)
    page = browser.new_page()
    to_payment(page, site, kind)
    order = Order.objects.get()
    other = browser.new_page()
    other.goto(f"{site}{order.get_absolute_url()}payment/")
    assert other.url == page.url and Payment.objects.count() == 1  # the same session in both tabs
    press(other, "pay")
    other.wait_for_url("**/orders/**")
    press(page, "pay")
    assert "no longer open" in page.inner_text("h1")
    told(stripe)
    assert order.tickets.count() == 2

    to_payment(page, site, kind)
    page.click("text=Back without paying")
    page.wait_for_selector("h1:has-text('not finished')")
    late = clock.now() + settlement.SESSION_LIVES
    settlement.settle_open(now=late)
    expiry.expire_holds(now=late)
    page.goto(page.url)
    page.wait_for_selector("h1:has-text('ran out')")
    assert stripe.sessions()[0]["status"] == "expired"
    for each in (page, other):
        each.close()


def test_alice_connects_an_account_and_is_paid_on_it(browser, site, files, concert, alice, stripe):
    kind = cast.ticket_type(concert, price_minor=1500)
    page = browser.new_page()
    sign_in(page, site, alice.email)
    page.goto(f"{site}/manage/{concert.organiser.slug}/payout-account/")
    page.click("text=Connect with Stripe")
    page.wait_for_url("**/onboard/**")
    page.click("text=That is all")
    page.wait_for_selector("text=Connected")
    account = PayoutAccount.objects.get().provider_id
    to_payment(page, site, kind)
    press(page, "pay")
    page.wait_for_url("**/orders/**")
    assert [session["status"] for session in stripe.sessions(account)] == ["complete"] and not stripe.sessions()
    page.close()


def buy(page, site, kind):
    """Dana's two tickets, paid by card."""
    to_payment(page, site, kind)
    press(page, "pay")
    page.wait_for_url("**/orders/**")
    return Order.objects.latest("pk")


def scan(page, site, ticket):
    page.goto(f"{site}/gate/{ticket.event.slug}/")
    page.fill("#code", codes.code_of(ticket))
    page.press("#code", "Enter")
    page.wait_for_selector(".verdict[data-verdict]")
    return page.get_attribute(".verdict", "data-verdict")


def open_dispute(page, site, order):
    page.goto(f"{site}/manage/events/{order.event.slug}/payments/")
    page.click("text=Disputes")
    page.click(f"main >> text={order.code}")
    page.wait_for_selector("h3:has-text('The evidence there is')")


def test_a_dispute_before_entry_freezes_the_tickets_until_it_is_won(browser, site, files, concert, alice, stripe):
    kind = cast.ticket_type(concert, price_minor=1500)
    page = browser.new_page()
    order = buy(page, site, kind)
    opened = stripe.book.dispute(Payment.objects.get().provider_id)
    told(stripe)
    sign_in(page, site, alice.email)
    ticket = order.tickets.first()
    assert scan(page, site, ticket) == "revoked"
    open_dispute(page, site, order)
    assert "frozen" in page.inner_text("main")
    page.fill("textarea[name=words]", "Dana wrote to us that she looks forward to it.")
    page.click("text=Hand in the evidence")
    page.wait_for_selector("text=The bank decides")
    assert "looks forward" in stripe.book.things[opened["id"]]["evidence"]["uncategorized_text"]
    stripe.book.close_dispute(opened["id"], won=True)
    told(stripe)
    page.reload()
    assert "the tickets are good again" in page.inner_text("main")
    assert scan(page, site, ticket) == "admitted"
    till.assert_audit_is_clean()
    page.close()


def test_a_dispute_after_entry_has_the_scan_as_evidence_and_when_lost_the_buyer_keeps_the_money(
    browser, site, files, concert, alice, stripe
):
    kind = cast.ticket_type(concert, price_minor=1500)
    page = browser.new_page()
    order = buy(page, site, kind)
    sign_in(page, site, alice.email)
    assert scan(page, site, order.tickets.first()) == "admitted"
    opened = stripe.book.dispute(Payment.objects.get().provider_id)
    told(stripe)
    open_dispute(page, site, order)
    assert "admitted at" in page.inner_text("main")
    page.fill("textarea[name=words]", "She came and danced.")
    page.click("text=Hand in the evidence")
    page.wait_for_selector("text=The bank decides")
    assert "admitted at" in stripe.book.things[opened["id"]]["evidence"]["access_activity_log"]
    stripe.book.close_dispute(opened["id"], won=False)
    told(stripe)
    page.reload()
    assert "The buyer keeps the money" in page.inner_text("main")
    assert order.tickets.filter(voided_at=None).count() == 0
    page.goto(f"{site}/manage/events/{concert.slug}/payments/")
    assert "Held or kept by banks" in page.inner_text("main")
    till.assert_audit_is_clean()
    page.close()


def test_a_whole_order_is_given_back_and_dana_sees_it(browser, site, files, concert, alice, stripe):
    kind = cast.ticket_type(concert, price_minor=1500)
    page = browser.new_page()
    order = buy(page, site, kind)
    sign_in(page, site, alice.email)
    page.goto(f"{site}/manage/events/{concert.slug}/orders/{order.code}/refund/")
    page.check("input[name=cancel]")
    page.click("text=Look at this refund")
    assert "Dana gets back" in page.inner_text("main") and "€30.00" in page.inner_text("main")
    page.click("button.danger")
    page.wait_for_url("**/payments/")
    settlement.send_refunds(now=clock.now())
    told(stripe)
    assert [made["amount"] for made in stripe.book.all("refund", "")] == [3000]
    assert not order.tickets.filter(voided_at=None).exists() and till.claimed(kind) == 0
    page.goto(site + order.get_absolute_url())
    assert "cancelled" in page.inner_text("main").lower()
    till.assert_audit_is_clean()
    page.close()
