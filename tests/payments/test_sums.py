"""What an event's payments sum to: kept for what is summed, counted for what is newer, each entry once (W2)."""

import threading
from collections import Counter
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from payments import disputes, fees, ledger, refunds, settlement, sums
from payments.gateway import DisputeFact, DisputeStatus, gateway
from payments.journal import AccountSum, EventSum, Posting, SummedTo
from payments.models import Payment
from registrations import codes
from tests import cast
from tests.payments import till
from ticketing.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


def told(kind):
    (total,) = sums.totals(event=kind.event)
    return total.paid_minor, total.fees_minor, total.given_minor, total.disputed_minor, total.left_minor


def posted(organiser):
    """The balances, summed from every posting there is."""
    found = Counter()
    for posting in Posting.objects.filter(entry__organiser=organiser).select_related("entry"):
        found[posting.account, posting.currency] += posting.amount_minor
    return dict(found)


def bank_says(payment, status):
    fact = DisputeFact(
        provider_id=f"du_{payment.pk}",
        session_id=payment.provider_id,
        status=status,
        amount_minor=1500,
        fee_minor=2000,
        currency="EUR",
        reason="general",
    )
    disputes.apply(payment=payment, fact=fact, now=clock.now())


@pytest.mark.parametrize("summed", ["never", "at the end", "after each step"])
def test_the_totals_are_the_same_whether_entries_are_summed_or_new(kind, summed):
    orders = [cast.ordered(kind) for _ in range(3)]
    steps = [lambda order=order: till.act(order, "pay") for order in orders]
    steps += [
        lambda: fees.take_fees(now=clock.now()),
        lambda: refunds.refund_order(order=orders[0], amount_minor=400, now=clock.now()),
        lambda: settlement.send_refunds(now=clock.now()),
        lambda: bank_says(Payment.objects.get(order=orders[1]), DisputeStatus.OPEN),
        lambda: bank_says(Payment.objects.get(order=orders[2]), DisputeStatus.OPEN),
        lambda: bank_says(Payment.objects.get(order=orders[2]), DisputeStatus.LOST),
    ]
    for step in steps:
        step()
        if summed == "after each step":
            sums.sum_all(now=clock.now())
    if summed == "at the end":
        sums.sum_all(now=clock.now())
    assert told(kind) == (4500, 144 + 4000, 400, 3000, 4500 - 4144 - 400 - 3000)
    assert ledger.balances(organiser=kind.event.organiser) == posted(kind.event.organiser)
    assert EventSum.objects.exists() is AccountSum.objects.exists() is (summed != "never")
    till.assert_audit_is_clean()


@contextmanager
def paid_and_not_committed(payment):
    """Its transaction has written all it has to write; it commits at the end of the block."""
    session = gateway(payment.gateway).fetch(provider_id=payment.provider_id)
    written, may_commit = threading.Event(), threading.Event()

    def run():
        with transaction.atomic():
            settlement.apply(payment=payment, session=session, now=clock.now())
            written.set()
            assert may_commit.wait(30)
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert written.wait(30)
        yield
    finally:
        may_commit.set()
        thread.join()


def a_late_commit(kind):
    codes.signing_key_id(event_id=kind.event_id, now=clock.now())  # or the second would wait for the first's key
    slow, fast = (till.opened(cast.ordered(kind)) for _ in range(2))
    for payment in (slow, fast):
        till.provider_says(payment, "succeeded")
    with paid_and_not_committed(slow):
        settlement.settle(payment=fast, now=clock.now())  # its entry has the higher number, and is there first
        for _ in range(3):
            sums.sum_up(now=clock.now())
        assert told(kind)[0] == 1500
    sums.sum_all(now=clock.now())


def test_an_entry_that_is_committed_after_a_later_one_is_not_forgotten(kind):
    a_late_commit(kind)
    assert told(kind)[0] == 3000 and SummedTo.objects.get().entry_id > 0
    till.assert_audit_is_clean()


def test_control_without_patience_it_would_be_forgotten(kind, monkeypatch):
    monkeypatch.setattr(sums, "HORIZON", "SELECT 9223372036854775807::bigint, 0::bigint")
    a_late_commit(kind)
    assert told(kind)[0] == 1500 and till.violated() == {"W2"}
