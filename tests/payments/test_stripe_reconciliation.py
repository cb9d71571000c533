"""Reconciliation at Stripe: fees, payouts with refunds and disputes, and what was done at Stripe's own desk."""

import pytest

from payments import fees, ledger, notices, reconciliation, refunds, settlement
from payments.journal import Difference, Payout, PayoutLine
from payments.models import Notice, Payment, Refund
from tests import cast
from tests.payments import till
from tests.payments.test_reconciliation import lost
from tests.payments.test_stripe_paying import pay, tell_all
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(kind, stripe_double):
    """Three orders of €30.00, €15.00 and €15.00, paid and told."""
    kind.quotas.update(capacity=20)
    payments = [pay(stripe_double, cast.ordered(kind, quantity)) for quantity in (2, 1, 1)]
    tell_all(stripe_double)
    return payments


def problems():
    return sorted(Difference.objects.filter(settled_at=None).values_list("problem", flat=True))


def compared():
    reconciliation.compare_lists(now=clock.now())
    return problems()


def decided():
    for difference in Difference.objects.filter(settled_at=None):
        reconciliation.settle_difference(difference=difference, by=None, now=clock.now())


def test_fees_come_from_the_balance_transactions(paid, hall):
    assert fees.take_fees(now=clock.now()) == 3
    assert [payment.fee_minor for payment in Payment.objects.order_by("id")] == [70, 47, 47]  # the double: 1.5 % and €0.25
    assert ledger.due_to_organiser(organiser=hall) == {"EUR": 6000 - 164}
    till.assert_audit_is_clean()


def test_fees_of_payments_that_were_opened_together_are_one_call_and_of_others_one_each(kind, stripe_double, pass_time):
    kind.quotas.update(capacity=20)
    many = [pay(stripe_double, cast.ordered(kind)) for _ in range(8)]
    pass_time(minutes=30)
    alone = pay(stripe_double, cast.ordered(kind))
    late = stripe_double.book.things[many[0].provider_id]
    late["created"] += 3600  # its row was written, and the provider answered long afterwards
    tell_all(stripe_double)
    stripe_double.calls.clear()
    assert fees.take_fees(now=clock.now()) == 8
    asked = dict(stripe_double.calls)
    assert asked == {"GET checkout/sessions": 1, "GET checkout/sessions/*": 1}
    alone.refresh_from_db()
    assert alone.fee_minor == 47
    assert fees.take_fees(now=clock.now()) == 1  # now it stands alone
    assert not Payment.objects.filter(fee_minor=None).exists()
    till.assert_audit_is_clean()


def test_a_provider_that_does_not_answer_leaves_fees_for_the_next_time(paid, stripe_double, monkeypatch):
    monkeypatch.setattr(fees, "FEW", 1)
    stripe_double.faults.extend([("500", "GET checkout/sessions")] * 2)
    assert fees.take_fees(now=clock.now()) == 0
    assert fees.take_fees(now=clock.now()) == 3


def test_a_payout_with_refunds_disputes_and_what_came_back_agrees_line_by_line(paid, hall, stripe_double):
    refunds.refund_order(order=paid[0].order, amount_minor=400, now=clock.now())
    refunds.refund_order(order=paid[0].order, amount_minor=600, now=clock.now())
    settlement.send_refunds(now=clock.now())
    stripe_double.book.send_back(Refund.objects.get(amount_minor=600).provider_id)
    won = stripe_double.book.dispute(paid[1].provider_id)
    stripe_double.book.close_dispute(won["id"], won=True)
    stripe_double.book.dispute(paid[2].provider_id)
    tell_all(stripe_double)
    fees.take_fees(now=clock.now())
    sent = stripe_double.book.pay_out()
    assert reconciliation.reconcile_payouts(now=clock.now()) == 1
    kinds = sorted(PayoutLine.objects.values_list("kind", flat=True))
    assert kinds == ["dispute", "dispute", "dispute_won", "payment", "payment", "payment", "refund", "refund", "returned"]
    assert Payout.objects.get().amount_minor == sent["amount"] == 6000 - 164 - 400 - 1500 - 2 * 2000
    assert ledger.balances(organiser=hall)["clearing", "EUR"] == 0 and problems() == []
    till.assert_audit_is_clean()


def test_a_dispute_that_was_never_told_is_found_by_the_payout_and_agrees_once_it_is(paid, stripe_double):
    stripe_double.book.dispute(paid[1].provider_id)
    stripe_double.book.pay_out()
    assert reconciliation.reconcile_payouts(now=clock.now()) == 0 and problems() == ["payout_line"]
    reconciliation.recover_notices(now=clock.now())
    notices.handle_due(now=clock.now())
    assert reconciliation.reconcile_payouts(now=clock.now()) == 1 and problems() == []
    till.assert_audit_is_clean()


def test_control_a_fee_that_is_a_cent_off_is_not_posted(paid, stripe_double):
    line = next(each for each in stripe_double.book.all("balance_transaction", "") if each["reporting_category"] == "charge")
    fees.take_fees(now=clock.now())
    line |= {"fee": line["fee"] + 1, "net": line["net"] - 1}
    stripe_double.book.pay_out()
    assert reconciliation.reconcile_payouts(now=clock.now()) == 0 and problems() == ["payout_line"]


def test_a_world_that_agrees_has_no_differences(paid, stripe_double):
    refunds.refund_order(order=paid[0].order, amount_minor=400, now=clock.now())
    assert compared() == []
    settlement.send_refunds(now=clock.now())
    assert compared() == []


def test_a_refund_at_stripes_own_desk_is_booked_and_a_success_never_told_is_applied(paid, kind, stripe_double):
    intent = stripe_double.book.things[paid[0].provider_id]["payment_intent"]
    stripe_double.book.refund({"payment_intent": intent, "amount": "500"}, "")
    untold = pay(stripe_double, cast.ordered(kind))
    assert compared() == ["unknown_refund"]
    untold.refresh_from_db()
    assert untold.succeeded_at
    decided()
    assert compared() == [] and refunds.refundable_minor(order=paid[0].order) == 2500
    till.assert_audit_is_clean()


def test_notices_of_an_hour_are_recovered_from_stripes_list(kind, stripe_double):
    payment = pay(stripe_double, cast.ordered(kind))
    assert reconciliation.recover_notices(now=clock.now()) >= 1
    assert reconciliation.recover_notices(now=clock.now()) == 0
    notices.handle_due(now=clock.now())
    payment.refresh_from_db()
    assert payment.succeeded_at and not Notice.objects.filter(handled_at=None).exists()


def test_a_payment_that_a_restore_lost_is_found_and_its_order_made_again(kind, stripe_double):
    order = cast.ordered(kind, 2)
    pay(stripe_double, order)
    tell_all(stripe_double)
    lost(order)
    Notice.objects.all().delete()
    assert compared() == ["unknown_payment"]
    decided()
    again = type(order).objects.get()
    assert (again.code, again.total_minor, again.tickets.count()) == (order.code, 3000, 2)
    till.assert_audit_is_clean()
