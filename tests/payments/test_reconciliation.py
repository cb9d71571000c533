"""Our rows against the provider's: each planted difference is found, told once, and settled by its one decision."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from payments import fees, ledger, notices, reconciliation, refunds, settlement
from payments.journal import Account, Difference, LedgerEntry, Payout, Posting
from payments.models import Notice, Payment, PracticePayout, PracticeRefund, PracticeSession, Refund
from payments.practice import book
from registrations.models import Hold, Invoice, Order, OrderLine, Ticket
from tests import cast
from tests.payments import till
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(kind):
    order = cast.ordered(kind)
    till.act(order, "pay")
    order.refresh_from_db()
    return order


def compared():
    reconciliation.compare_lists(now=clock.now())
    return list(Difference.objects.filter(settled_at=None).values_list("problem", flat=True))


def decided():
    reconciliation.settle_difference(difference=Difference.objects.get(settled_at=None), by=None, now=clock.now())


def test_a_world_that_agrees_has_no_differences(paid):
    refunds.refund_order(order=paid, amount_minor=400, now=clock.now())
    assert compared() == []
    settlement.send_refunds(now=clock.now())
    assert compared() == []


def test_fees_are_posted_once_from_the_balance_transaction(hall, paid):
    assert fees.take_fees(now=clock.now()) == 1
    assert fees.take_fees(now=clock.now()) == 0
    assert Payment.objects.get().fee_minor == 48  # 1.5 % of €15.00 and €0.25
    assert ledger.balances(organiser=hall) == {
        ("clearing", "EUR"): 1452,
        ("organiser_payable", "EUR"): -1500,
        ("processor_fee", "EUR"): 48,
    }
    assert ledger.due_to_organiser(organiser=hall) == {"EUR": 1452}
    till.assert_audit_is_clean()


def test_money_that_was_exchanged_stands_in_both_currencies(paid, hall):
    payment = Payment.objects.get()
    fees._exchange(payment, 1620, "USD", clock.now())
    ledger.fee_taken(payment=payment, fee_minor=70, currency="USD", now=clock.now())
    found = ledger.balances(organiser=hall)
    assert (found["clearing", "EUR"], found["clearing", "USD"]) == (0, 1550)


def test_a_success_that_was_never_told_is_applied(kind):
    payment = till.opened(cast.ordered(kind))
    till.provider_says(payment, "succeeded")
    assert compared() == []
    assert Ticket.objects.count() == 1


def test_notices_that_never_came_are_recovered(kind):
    order = cast.ordered(kind)
    payment = till.opened(order)
    till.act_on_old_page(payment)
    Notice.objects.all().delete()
    assert reconciliation.recover_notices(now=clock.now() + timedelta(seconds=1)) == 1
    assert reconciliation.recover_notices(now=clock.now() + timedelta(seconds=1)) == 0
    notices.handle_due(now=clock.now())
    order.refresh_from_db()
    assert order.confirmed_at


def test_a_payment_that_is_not_at_the_provider_is_found_once(paid):
    till.provider_says(Payment.objects.get(), "failed")
    assert compared() == compared() == ["missing_payment"]
    decided()
    assert compared() == []


def test_a_payment_whose_session_is_gone_is_found(paid):
    Payment.objects.update(opened_at=clock.now() - timedelta(hours=1))
    PracticeSession.objects.all().delete()
    assert compared() == ["missing_payment"]


def test_a_refund_made_at_the_providers_own_desk_is_booked_with_its_credit_note(paid, hall):
    till.provider_says(Payment.objects.get(), "succeeded", refunded_minor=500)
    assert compared() == ["unknown_refund"]
    decided()
    assert Refund.objects.get().amount_minor == 500 and Invoice.objects.get(kind="credit_note").total_minor == 500
    assert compared() == []
    till.assert_audit_is_clean()


def test_a_refund_that_the_provider_does_not_have_is_found(paid):
    refunds.refund_order(order=paid, amount_minor=500, now=clock.now())
    settlement.send_refunds(now=clock.now())
    till.provider_says(Payment.objects.get(), "succeeded", refunded_minor=0)
    assert compared() == ["missing_refund"]


def test_another_amount_than_was_asked_for_is_given_back(kind):
    payment = till.opened(cast.ordered(kind))
    till.provider_says(payment, "succeeded", amount_minor=1400)
    assert compared() == ["amount"]
    decided()
    settlement.send_refunds(now=clock.now())
    assert till.session_of(payment).refunded_minor == 1400
    assert compared() == []


def test_a_refund_that_was_refused_can_be_sent_again(paid):
    till.provider_says(Payment.objects.get(), "succeeded", refunded_minor=1500)
    refunds.refund_order(order=paid, amount_minor=100, now=clock.now())
    settlement.send_refunds(now=clock.now())
    till.provider_says(Payment.objects.get(), "succeeded", refunded_minor=0)
    assert compared() == ["refused_refund"]
    decided()
    settlement.send_refunds(now=clock.now())
    assert till.session_of(Payment.objects.get()).refunded_minor == 100


# Payouts


@pytest.fixture
def paid_out(paid, pass_time):
    """A payment and a part of it given back, a day later in a payout."""
    refunds.refund_order(order=paid, amount_minor=400, now=clock.now())
    settlement.send_refunds(now=clock.now())
    pass_time(days=1)
    book.pay_out(now=clock.now())
    return PracticePayout.objects.get()


def test_a_payout_that_agrees_is_posted_to_the_cent(paid_out, hall):
    assert paid_out.amount_minor == 1052
    assert reconciliation.reconcile_payouts(now=clock.now()) == 1
    assert reconciliation.reconcile_payouts(now=clock.now()) == 0
    assert ledger.balances(organiser=hall)["clearing", "EUR"] == 0
    assert ledger.due_to_organiser(organiser=hall) == {"EUR": 0}
    assert not Difference.objects.exists()
    till.assert_audit_is_clean()


def test_a_payout_that_is_a_cent_short_is_not_posted(paid_out):
    PracticePayout.objects.update(amount_minor=1051)
    assert reconciliation.reconcile_payouts(now=clock.now()) == 0
    found = Difference.objects.get()
    assert (found.problem, found.ours_minor, found.theirs_minor) == ("payout", 1052, 1051)
    assert Payout.objects.get().posted_at is None and not LedgerEntry.objects.filter(kind="payout").exists()


@pytest.mark.parametrize("planted", ["refund", "payment", "fee"])
def test_a_line_that_is_not_in_the_ledger_is_found(paid_out, planted, monkeypatch):
    if planted == "refund":
        PracticeRefund.objects.update(amount_minor=401)
        PracticePayout.objects.update(amount_minor=1051)
    elif planted == "payment":
        Payment.objects.update(provider_id="another")
    else:
        fees.take_fees(now=clock.now())
        monkeypatch.setattr(book, "fee_minor", lambda row: 49)
        PracticePayout.objects.update(amount_minor=1051)
    assert reconciliation.reconcile_payouts(now=clock.now()) == 0
    assert "payout_line" in set(Difference.objects.values_list("problem", flat=True))


# After a restore


def lost(order):
    """The rows of an order are as a restore from before it would leave them; the provider remembers."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")  # as if all that had been committed
        cursor.execute("SET LOCAL session_replication_role = replica")
        for model in (Posting, LedgerEntry, Payment, Invoice, Ticket, OrderLine, Order, Hold):
            cursor.execute(f"DELETE FROM {model._meta.db_table}")
        cursor.execute("DELETE FROM registrations_holdline")
        cursor.execute("UPDATE events_quota SET claimed = 0")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def test_a_paid_order_is_made_again_after_a_restore_with_its_code_and_link(kind, paid, capsys):
    address, code = paid.get_absolute_url(), paid.code
    lost(paid)
    call_command("rebuild_orders")
    again = Order.objects.get()
    assert (again.get_absolute_url(), again.code, again.total_minor, again.buyer_email) == (address, code, 1500, "dana@example.com")
    assert again.confirmed_at and again.tickets.count() == 1 and till.claimed(kind) == 1
    assert "1 paid orders made again" in capsys.readouterr().out
    call_command("rebuild_orders")  # again: nothing more
    assert Order.objects.count() == Payment.objects.count() == 1
    till.assert_audit_is_clean()


def test_one_whose_places_are_gone_gets_its_money_back(hall):
    kind = cast.ticket_type(cast.event(organiser=hall), price_minor=1500, capacity=1)
    order = cast.ordered(kind)
    till.act(order, "pay")
    lost(order)
    kind.quotas.update(capacity=0)
    call_command("rebuild_orders")
    assert Order.objects.get().confirmed_at is None and Refund.objects.get().amount_minor == 1500
    till.assert_audit_is_clean()


def test_the_list_finds_what_a_restore_lost_and_one_decision_makes_it_again(paid):
    lost(paid)
    assert compared() == ["unknown_payment"]
    decided()
    assert Order.objects.get().confirmed_at
    till.assert_audit_is_clean()


def test_control_a_posting_that_was_taken_away_is_found_by_the_payout(paid_out):
    fees.take_fees(now=clock.now())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM payments_posting WHERE account = %s AND amount_minor = 1500", [Account.CLEARING])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert reconciliation.reconcile_payouts(now=clock.now()) == 0
    assert Difference.objects.get().problem == "payout_line" and "M6" in till.violated()
