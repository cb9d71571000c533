"""The ledger: every change of money is told of, once, in entries that sum to zero; the database refuses anything else (M6)."""

import pytest
from django.db import IntegrityError, connection, transaction

from payments import ledger, refunds, settlement
from payments.journal import Account, Kind, LedgerEntry, Posting
from payments.models import Payment, Refund
from tests import cast
from tests.payments import till
from ticketing.lib import clock, tokens

pytestmark = pytest.mark.django_db
REAL = pytest.mark.django_db(transaction=True)


@pytest.fixture
def paid(kind):
    """An order of €15.00, paid."""
    order = cast.ordered(kind)
    till.act(order, "pay")
    order.refresh_from_db()
    return order


def booked(hall):
    """What stands on each account, without what is zero. Fees are tests' own business."""
    return {account: amount for (account, _), amount in ledger.balances(organiser=hall).items() if amount}


def entries(kind):
    return LedgerEntry.objects.filter(kind=kind).count()


def test_a_payment_is_with_the_provider_and_owed_to_the_organiser(hall, paid):
    assert booked(hall)["clearing"] + booked(hall).get("processor_fee", 0) == 1500
    assert booked(hall)["organiser_payable"] == -1500


def test_a_refund_is_owed_first_and_then_gone(hall, paid):
    before = booked(hall)
    refunds.refund_order(order=paid, amount_minor=400, now=clock.now())
    assert booked(hall) == before | {"organiser_payable": -1100, "refunds": -400}
    settlement.send_refunds(now=clock.now())
    assert booked(hall) == before | {"organiser_payable": -1100, "clearing": before["clearing"] - 400}
    till.assert_audit_is_clean()


def test_a_refund_that_the_provider_refuses_is_the_organisers_again(hall, paid):
    before = booked(hall)
    till.provider_says(Payment.objects.get(), "succeeded", refunded_minor=1500)
    refunds.refund_order(order=paid, amount_minor=100, now=clock.now())
    settlement.send_refunds(now=clock.now())
    assert Refund.objects.get().failed_at and booked(hall) == before


def test_money_of_another_amount_belongs_to_no_order(hall, kind):
    payment = till.opened(cast.ordered(kind))
    till.provider_says(payment, "succeeded", amount_minor=1499)
    settlement.settle(payment=payment, now=clock.now())
    assert booked(hall)["unclaimed"] == -1499 and "organiser_payable" not in booked(hall)
    till.assert_audit_is_clean()


def test_a_dispute_holds_the_money_back_and_won_gives_it_again(hall, paid):
    before, payment = booked(hall), Payment.objects.get()
    facts = {"payment": payment, "dispute_id": "dp_1", "amount_minor": 1500, "currency": "EUR", "now": clock.now()}
    assert ledger.dispute_opened(fee_minor=2000, **facts)
    assert booked(hall)["disputes"] == 1500 and booked(hall)["clearing"] == before["clearing"] - 3500
    assert not ledger.dispute_opened(fee_minor=2000, **facts)  # told twice, posted once
    assert ledger.dispute_won(fee_back_minor=2000, **facts)
    assert booked(hall) == before


def test_a_dispute_lost_is_borne_by_the_organiser(hall, paid):
    payment = Payment.objects.get()
    facts = {"payment": payment, "dispute_id": "dp_1", "amount_minor": 1500, "currency": "EUR", "now": clock.now()}
    before = booked(hall)
    ledger.dispute_opened(fee_minor=0, **facts)
    ledger.dispute_lost(**facts)
    assert booked(hall) == {
        name: amount for name, amount in (before | {"organiser_payable": 0, "clearing": before["clearing"] - 1500}).items() if amount
    }


def test_what_is_posted_twice_stands_once(hall, paid):
    before = booked(hall)
    payment = Payment.objects.get()
    assert not ledger.payment_received(payment=payment, amount_minor=1500, currency="EUR", claimed=True, now=clock.now())
    assert booked(hall) == before


def test_postings_that_do_not_sum_to_zero_are_a_mistake_of_the_caller(hall):
    with pytest.raises(ledger.Unbalanced):
        ledger.post(key="x", kind=Kind.CORRECTION, postings=[(Account.CLEARING, "EUR", 1)], organiser=hall, now=clock.now())
    with pytest.raises(ledger.Unbalanced):  # two currencies never make up for each other
        ledger.post(
            key="x",
            kind=Kind.CORRECTION,
            postings=[(Account.CLEARING, "EUR", 1), (Account.CLEARING, "USD", -1)],
            organiser=hall,
            now=clock.now(),
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments_posting SET amount_minor = amount_minor * 2",
        "DELETE FROM payments_posting",
        "UPDATE payments_ledgerentry SET posted_at = now()",
        "DELETE FROM payments_ledgerentry",
    ],
)
def test_nothing_in_the_ledger_is_changed_or_deleted(paid, statement):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


# Commits that must be refused. Each as a transaction of its own, since the guard looks at the end of it.


@REAL
def test_an_entry_that_does_not_sum_to_zero_is_not_committed(hall):
    with pytest.raises(IntegrityError, match="sum to zero"), transaction.atomic():
        entry = LedgerEntry.objects.create(key="x", kind=Kind.CORRECTION, organiser=hall, posted_at=clock.now())
        Posting.objects.create(entry=entry, account=Account.CLEARING, currency="EUR", amount_minor=1)
    with pytest.raises(IntegrityError, match="sum to zero"), transaction.atomic():
        LedgerEntry.objects.create(key="empty", kind=Kind.CORRECTION, organiser=hall, posted_at=clock.now())
    assert not LedgerEntry.objects.exists()


@REAL
def test_a_payment_without_its_postings_is_not_committed(kind, monkeypatch):
    payment = till.opened(cast.ordered(kind))
    till.provider_says(payment, "succeeded")
    with monkeypatch.context() as forgetful:
        forgetful.setattr(ledger, "post", lambda **_: True)
        with pytest.raises(IntegrityError, match="without its postings"):
            settlement.settle(payment=payment, now=clock.now())
    payment.refresh_from_db()
    payment.order.refresh_from_db()
    assert payment.succeeded_at is None and payment.order.confirmed_at is None
    settlement.settle(payment=payment, now=clock.now())
    assert payment.succeeded_at and entries(Kind.PAYMENT) == 1


@REAL
def test_a_payment_whose_postings_tell_another_amount_is_not_committed(kind, monkeypatch):
    payment = till.opened(cast.ordered(kind))
    till.provider_says(payment, "succeeded")
    post = ledger.post

    def one_cent_less(*, postings, **rest):
        return post(postings=[(account, currency, amount - (1 if amount > 0 else -1)) for account, currency, amount in postings], **rest)

    monkeypatch.setattr(ledger, "post", one_cent_less)
    with pytest.raises(IntegrityError, match="without its postings"):
        settlement.settle(payment=payment, now=clock.now())


@REAL
@pytest.mark.parametrize("what", ["owed", "sent", "refused"])
def test_a_refund_without_its_postings_is_not_committed(paid, monkeypatch, what):
    if what != "owed":
        refunds.refund_order(order=paid, amount_minor=400, now=clock.now())
    if what == "refused":
        till.provider_says(Payment.objects.get(), "succeeded", refunded_minor=1500)
    monkeypatch.setattr(ledger, "post", lambda **_: True)
    with pytest.raises(IntegrityError, match="without its postings"):
        if what == "owed":
            refunds.refund_order(order=paid, amount_minor=400, now=clock.now())
        else:
            settlement.send_refunds(now=clock.now())
    assert not Refund.objects.exclude(completed_at=None, failed_at=None).exists()


@REAL
def test_control_without_the_guard_the_forgotten_postings_are_committed_and_the_audit_finds_them(kind, monkeypatch):
    payment = till.opened(cast.ordered(kind))
    till.provider_says(payment, "succeeded")
    monkeypatch.setattr(ledger, "post", lambda **_: True)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_payment DISABLE TRIGGER payment_posted")
    try:
        settlement.settle(payment=payment, now=clock.now())
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE payments_payment ENABLE TRIGGER payment_posted")
    assert payment.succeeded_at and till.violated() == {"M6"}


@REAL
def test_a_payment_told_of_ten_times_at_once_is_posted_once(kind):
    payment = till.opened(cast.ordered(kind))
    till.provider_says(payment, "succeeded")
    till.at_once(10, lambda _: settlement.settle(payment=Payment.objects.get(pk=payment.pk), now=clock.now()))
    assert entries(Kind.PAYMENT) == 1
    till.assert_audit_is_clean()


@REAL
@pytest.mark.parametrize("planted", ["INSERT", "currency"])
def test_what_is_written_past_the_verbs_is_refused_too(paid, planted):
    with pytest.raises(IntegrityError), transaction.atomic():
        if planted == "INSERT":
            Payment.objects.create(
                order=paid,
                gateway="practice",
                idempotency_key=tokens.link_token(),
                amount_minor=1,
                currency="EUR",
                opened_at=clock.now(),
                succeeded_at=clock.now(),
            )
        else:
            Payment.objects.update(currency="USD")
