"""A fee passed on comes out to the cent at the provider, for each price list and currencies of 0, 2 and 3 decimals; and
invoices, credit notes, ledger and payout say the same sum."""

from decimal import Decimal

import pytest

from events.fee_schedule import rule_for
from payments import fees, ledger, reconciliation, refunds, settlement
from payments.models import Payment
from registrations import fulfilment
from registrations.models import Invoice, Order
from tests import cast
from tests.payments import till
from tests.payments.test_stripe_paying import tell_all
from ticketing.lib import clock

pytestmark = pytest.mark.django_db
# country of the price list, currency, price in minor units, quantity, tax %, tax on top
CASES = [
    ("US", "USD", 10000, 1, 0, False),
    ("US", "USD", 4999, 3, "8.875", True),
    ("DE", "EUR", 2500, 2, 19, False),
    ("FR", "EUR", 1, 1, "5.5", True),
    ("GB", "GBP", 2500, 1, 20, False),
    ("IN", "INR", 50000, 1, 0, False),
    ("IN", "INR", 99900, 2, 18, True),
    ("JP", "JPY", 3000, 1, 10, True),
    ("", "KWD", 12500, 2, 0, False),
    ("", "ISK", 4990, 2, 11, False),
]


@pytest.fixture
def paid(hall, stripe_double, settings):
    """Sells by one of the cases, and is paid at Stripe, which takes the fee of that price list."""
    settings.PDF_IN_MAIL = False

    def sell(country, currency, price, quantity, rate, on_top):
        event = cast.event(organiser=hall, currency=currency, fee_country=country, tax_on_top=on_top)
        rule = rule_for(country=country, on=clock.now().date(), currency=currency) if country else None
        stripe_double.book.fee = rule.fee_minor if rule else lambda amount: 300
        order = cast.ordered(cast.ticket_type(event, price_minor=price, tax_rate=Decimal(rate)), quantity)
        payment = till.opened(order)
        stripe_double.book.pay(payment.provider_id, "")
        tell_all(stripe_double)
        fees.take_fees(now=clock.now())
        fulfilment.fulfil(order_id=order.pk, now=clock.now())
        return Order.objects.get(pk=order.pk), Payment.objects.get()

    return sell


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[1]} {case[2]}")
def test_the_organiser_keeps_exactly_the_tickets_price_and_all_documents_sum_to_it(paid, hall, stripe_double, case):
    country, currency, price, quantity, _, on_top = case
    order, payment = paid(*case)
    tickets = price * quantity + sum(line.tax_minor for line in order.lines.all() if on_top)
    at_stripe = stripe_double.sessions()[0]["amount_total"]
    assert at_stripe == order.total_minor * (100 if currency == "ISK" else 1)
    kept = ledger.due_to_organiser(organiser=hall)[currency]
    assert kept == order.total_minor - payment.fee_minor
    if country:  # passed on: what is left is the tickets' price and the tax on the fee, which is not the organiser's
        assert kept == tickets + order.fee_tax_minor
    assert Invoice.objects.get().total_minor == order.total_minor == payment.amount_minor
    part = order.total_minor // 3 // 10 * 10
    for amount in (part, order.total_minor - part):
        if amount:
            refunds.refund_order(order=order, amount_minor=amount, now=clock.now())
    settlement.send_refunds(now=clock.now())
    tell_all(stripe_double)
    assert sum(made["amount"] for made in stripe_double.book.all("refund", "")) == at_stripe
    documents = [-row.total_minor if row.answers_id else row.total_minor for row in Invoice.objects.all()]
    assert sum(documents) == 0 and len(documents) == 2 + bool(part)
    assert ledger.due_to_organiser(organiser=hall)[currency] == -payment.fee_minor  # the provider keeps its fee
    assert ledger.balances(organiser=hall)["clearing", currency] == -payment.fee_minor
    reconciliation.compare_lists(now=clock.now())
    till.assert_audit_is_clean()


def test_control_krona_told_as_they_are_counted_here_would_be_refused(hall, stripe_double, monkeypatch):
    monkeypatch.setattr("payments.stripe.words.HUNDREDTHS", frozenset())
    order = cast.ordered(cast.ticket_type(cast.event(organiser=hall, currency="ISK"), price_minor=4990))
    assert till.start(order).status_code == 503 and not stripe_double.sessions()
