"""Money that comes late, twice, or in the last second: kept once, or given back (F16 to F19)."""

import random
import threading
import time

import pytest
from django.db import connection

from events import publication
from payments import refunds, settlement
from payments.gateway import Status
from payments.models import Payment, PracticeSession, Refund
from payments.practice import book
from registrations import cancellation, checkout, expiry, ordering
from registrations.models import Hold, Order, Ticket
from tests import cast
from tests.payments import till
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def run_out(kind, pass_time):
    """An order of all four places whose time ran out; its payment was closed."""
    order = cast.ordered(kind, 4)
    payment = till.opened(order)
    pass_time(minutes=16)
    till.sweep()
    order.refresh_from_db()
    payment.refresh_from_db()
    assert order.expired_at and payment.failed_at and till.claimed(kind) == 0
    return payment


def money_arrives(payment):
    """Days later the provider has the money after all, and says so."""
    till.provider_says(payment, "succeeded")
    settlement.settle(payment=payment, now=clock.now())


def test_f16_late_money_for_places_that_are_gone_is_given_back(kind, run_out, pass_time):
    cast.ordered(cast.ticket_type(kind.event, quota=kind.quotas.get()), 4)
    pass_time(days=3)
    money_arrives(run_out)
    assert not run_out.order.tickets.exists() and till.claimed(kind) == 4
    due = Refund.objects.get()
    assert (due.amount_minor, due.reason, due.completed_at) == (6000, "late", None)
    till.assert_audit_is_clean()
    assert "money is on its way back" in till.text(till.landing(run_out.order))
    till.sweep()
    due.refresh_from_db()
    assert due.completed_at and till.session_of(run_out).refunded_minor == 6000
    till.assert_audit_is_clean()


def test_control_late_money_that_nobody_owes_back_is_found(kind, run_out):
    """Without the refund row the shop would keep money for nothing: M1 sees it."""
    cast.ordered(cast.ticket_type(kind.event, quota=kind.quotas.get()), 4)
    money_arrives(run_out)
    Refund.objects.all().delete()
    assert "M1" in till.violated()


def test_f17_late_money_for_places_that_are_free_buys_them(kind, run_out, pass_time):
    pass_time(days=3)
    money_arrives(run_out)
    run_out.order.refresh_from_db()
    assert run_out.order.confirmed_at and run_out.order.expired_at is None
    assert run_out.order.tickets.count() == 4 and till.claimed(kind) == 4
    assert till.landing(run_out.order).url == run_out.order.get_absolute_url()
    assert not Refund.objects.exists()
    till.assert_audit_is_clean()


def test_late_money_respects_the_limit_of_one_buyer(hall, pass_time):
    event = cast.event(organiser=hall, max_per_buyer=2)
    kind = cast.ticket_type(event, price_minor=1500)
    payment = till.opened(cast.ordered(kind, 2))
    pass_time(minutes=16)
    till.sweep()
    again = cast.ordered(kind, 2, now=clock.now())
    till.act(again, "pay")
    payment.refresh_from_db()
    money_arrives(payment)
    assert Refund.objects.get().payment == payment
    assert Ticket.objects.count() == 2
    till.assert_audit_is_clean()


def test_late_money_for_a_cancelled_order_is_given_back(kind):
    order = cast.ordered(kind)
    payment = till.opened(order)
    cancellation.cancel_order(order=order, now=clock.now())
    money_arrives(payment)
    assert Refund.objects.get().amount_minor == 1500
    assert not order.tickets.exists()
    till.assert_audit_is_clean()


@pytest.fixture
def two_sessions(kind):
    """The first was closed as far as we were told, so Dana opened a second; both can be paid."""
    order = cast.ordered(kind)
    till.act(order, "decline")
    return Payment.objects.get(), till.opened(order)


@pytest.mark.parametrize("first", [0, 1])
def test_f18_of_two_sessions_paid_one_is_kept(kind, two_sessions, first):
    for payment in (two_sessions[first], two_sessions[1 - first]):
        money_arrives(payment)
    refund = Refund.objects.get()
    assert refund.payment == two_sessions[1 - first] and refund.reason == "surplus"
    assert Ticket.objects.count() == 1 and till.claimed(kind) == 1
    till.sweep()
    assert till.session_of(refund.payment).refunded_minor == 1500
    till.assert_audit_is_clean()


def test_f18_the_surplus_is_given_back_also_after_a_partial_refund_of_the_first(kind, two_sessions):
    first, second = two_sessions
    money_arrives(second)
    refunds.refund_order(order=second.order, amount_minor=300, now=clock.now())
    money_arrives(first)
    assert sum(first.refunds.values_list("amount_minor", flat=True)) == 1500
    till.assert_audit_is_clean()


@pytest.mark.django_db(transaction=True)
def test_f18_two_sessions_paid_at_the_same_moment(kind):
    for _ in range(4):
        settle_both_at_once(both_paid(kind))
    assert Refund.objects.filter(reason="surplus").count() == 4
    assert Ticket.objects.count() == 4
    till.assert_audit_is_clean()


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_on_the_order_both_payments_would_be_kept(kind, monkeypatch):
    pair, both_read = both_paid(kind), threading.Barrier(2, timeout=20)

    def read_only(order_id):
        order = Order.objects.get(pk=order_id)
        both_read.wait()
        return order

    monkeypatch.setattr(checkout, "lock_order", read_only)
    with till.without_constraint(Ticket, "ticket_position_once"):
        settle_both_at_once(pair)
        assert not Refund.objects.exists()
        assert "M2" in till.violated()


def both_paid(kind):
    order = cast.ordered(kind)
    till.act(order, "decline")
    till.opened(order)
    pair = list(Payment.objects.filter(order=order))
    for payment in pair:
        till.provider_says(payment, "succeeded")
    return pair


def settle_both_at_once(pair):
    answers = till.at_once(2, lambda number: settlement.settle(payment=pair[number], now=clock.now()))
    assert all(isinstance(answer, Payment) for answer in answers), answers


LAST_SECONDS = 12


@pytest.mark.django_db(transaction=True)
def test_f19_payments_in_the_last_second_against_the_sweepers(hall):
    """Each of twelve buyers pays within some milliseconds of the end of the hold, while two sweepers run."""
    kind = cast.ticket_type(cast.event(organiser=hall), price_minor=1500, capacity=100)
    payments = last_second(kind)
    race(payments, sweepers=[till.sweep, till.sweep])
    till.sweep()
    for payment in payments:
        payment.refresh_from_db()
        payment.order.refresh_from_db()
        assert bool(payment.succeeded_at) == bool(payment.order.confirmed_at) == (till.session_of(payment).status == "succeeded")
        assert bool(payment.order.expired_at) == bool(payment.failed_at)
    assert till.claimed(kind) == Ticket.objects.count()
    assert not Refund.objects.exists()  # nobody paid for places that were given away
    till.assert_audit_is_clean()


@pytest.mark.django_db(transaction=True)
def test_control_a_sweeper_that_does_not_wait_for_the_payment_would_take_paid_places(hall):
    """The hold forgets its payment: places go while the money can still come, and then it has to go back."""
    kind = cast.ticket_type(cast.event(organiser=hall), price_minor=1500, capacity=LAST_SECONDS)
    payments = last_second(kind)
    Hold.objects.update(payment_open_since=None)
    expiry.expire_holds(now=clock.now())
    assert "M3" in till.violated()
    cast.ordered(cast.ticket_type(kind.event, quota=kind.quotas.get(), max_per_order=LAST_SECONDS), LAST_SECONDS)
    race(payments, sweepers=[])
    till.sweep()
    assert Refund.objects.filter(reason="late").exists()


def last_second(kind):
    orders = [cast.ordered(kind, email=f"dana{number}@example.com") for number in range(LAST_SECONDS)]
    payments = [till.opened(order) for order in orders]
    Hold.objects.update(expires_at=clock.now())
    return payments


def race(payments, sweepers):
    """Buyers press Pay at the provider and come back; the sweepers turn until all have."""
    chance, buying = random.Random(19), threading.Event()
    waits = [chance.uniform(0, 0.25) for _ in payments]

    def buyer(number):
        time.sleep(waits[number])
        till.act_on_old_page(payments[number])
        till.landing(payments[number].order)

    def sweeper(work):
        while not buying.is_set():
            work()
        connection.close()

    threads = [threading.Thread(target=sweeper, args=(work,)) for work in sweepers]
    for thread in threads:
        thread.start()
    answers = till.at_once(len(payments), buyer)
    buying.set()
    for thread in threads:
        thread.join()
    assert answers == [None] * len(payments)


@pytest.mark.django_db(transaction=True)
def test_the_provider_decides_a_session_once(kind):
    """Paying and closing at the same moment: one of them is the provider's answer, for good."""
    kind.quotas.update(capacity=100)
    for _ in range(5):
        payment = till.opened(cast.ordered(kind, email="dana@example.com"))
        row = PracticeSession.objects.get(token=payment.provider_id)
        done = till.at_once(
            2,
            lambda n, row=row: book.decide(
                row=row, status=(Status.SUCCEEDED, Status.EXPIRED)[n], now=clock.now(), only_from=(Status.OPEN,)
            ),
        )
        assert sorted(done) == [False, True]
        settlement.settle(payment=payment, now=clock.now())
        checkout.release_hold(hold=payment.order.hold, now=clock.now())
    till.assert_audit_is_clean()


def test_late_money_of_an_earlier_try_is_told_after_a_later_try_failed(kind, pass_time):
    """ "Nothing was charged" would be untrue (U1)."""
    order = cast.ordered(kind, 4)
    till.act(order, "decline")
    declined = Payment.objects.get()
    till.opened(order)
    pass_time(minutes=16)
    till.sweep()
    cast.ordered(cast.ticket_type(kind.event, quota=kind.quotas.get()), 4, now=clock.now())
    money_arrives(declined)
    page = till.text(till.landing(order))
    assert "money is on its way back" in page and "Nothing was charged" not in page


def test_money_for_an_event_cancelled_meanwhile_is_given_back(kind):
    """F27, of one order: paid at the provider just before the event was cancelled."""
    paid, unpaid = till.opened(cast.ordered(kind)), till.opened(cast.ordered(kind))
    till.act_on_old_page(paid)
    publication.cancel(event=kind.event, now=clock.now())
    till.sweep()
    assert till.session_of(unpaid).status == "expired"
    assert Refund.objects.get().payment == paid and till.session_of(paid).refunded_minor == 1500
    assert not Ticket.objects.exists()
    till.assert_audit_is_clean()


@pytest.mark.django_db(transaction=True)
def test_late_money_and_the_sweeper_do_not_wait_for_each_other_in_a_ring(kind, monkeypatch):
    """The money takes the order and then its hold; the sweeper must take them in that order too."""
    order = cast.ordered(kind)
    till.act(order, "decline")
    payment, take_places, has_order = Payment.objects.get(), ordering._take_places, threading.Event()
    till.provider_says(payment, "succeeded")
    Hold.objects.update(expires_at=clock.now())

    def slowly(order, now):
        has_order.set()
        time.sleep(0.5)
        return take_places(order, now)

    def sweeper():
        has_order.wait(10)
        return expiry.expire_holds(now=clock.now())

    monkeypatch.setattr(ordering, "_take_places", slowly)
    work = (lambda: settlement.settle(payment=payment, now=clock.now()), sweeper)
    answers = till.at_once(2, lambda number: work[number]())
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    assert order.tickets.count() == 1 and till.claimed(kind) == 1
    till.assert_audit_is_clean()
