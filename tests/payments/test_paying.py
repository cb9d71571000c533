"""Dana pays at the practice provider: each way it can end, and what the page says meanwhile."""

import pytest

from operations.audit import audit
from payments import settlement
from payments.models import Payment
from registrations import cancellation, checkout, expiry
from registrations.models import Hold, Ticket
from tests import cast
from tests.payments import till
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


def test_a_payment_that_succeeds_gives_the_tickets(kind):
    order = cast.ordered(kind, 2)
    answer = till.act(order, "pay")
    assert answer.url == order.get_absolute_url()
    order.refresh_from_db()
    assert order.confirmed_at and order.tickets.count() == 2
    assert Payment.objects.get().succeeded_at
    assert Hold.objects.get().converted_at and till.claimed(kind) == 2
    till.assert_audit_is_clean()


def test_the_provider_asks_for_exactly_what_the_order_costs(kind):
    order = cast.ordered(kind, 2)
    session = till.session_of(till.opened(order))
    assert (session.amount_minor, session.currency, session.reference) == (3000, "EUR", order.code)


def test_after_a_decline_a_new_payment_can_succeed(kind):
    order = cast.ordered(kind)
    declined = till.act(order, "decline")
    assert "The payment was declined" in till.text(declined) and "Try again: pay €15.00" in till.text(declined)
    assert till.claimed(kind) == 1 and not Ticket.objects.exists()
    assert till.act(order, "pay").url == order.get_absolute_url()
    first, second = Payment.objects.order_by("pk")
    assert first.failed_at and second.succeeded_at
    assert first.idempotency_key != second.idempotency_key
    assert order.tickets.count() == 1
    till.assert_audit_is_clean()


def test_a_declined_order_runs_out_and_its_places_are_free(kind, pass_time):
    order = cast.ordered(kind)
    till.act(order, "decline")
    pass_time(minutes=16)
    till.sweep()
    order.refresh_from_db()
    assert order.expired_at and till.claimed(kind) == 0
    assert "ran out" in till.text(till.landing(order))
    assert till.start(order).status_code == 409
    till.assert_audit_is_clean()


def test_a_slow_payment_is_still_checked_and_then_gives_the_tickets(kind, pass_time):
    order = cast.ordered(kind)
    answer = till.act(order, "pay-later")
    assert "still checking" in till.text(answer) and "declined" not in till.text(answer)
    assert Payment.objects.get().pending_at
    assert till.start(order).url == order.get_absolute_url() + "payment/return/"  # not asked to pay again
    pass_time(seconds=11)
    assert till.landing(order).url == order.get_absolute_url()
    assert order.tickets.count() == 1
    till.assert_audit_is_clean()


def test_a_slow_payment_that_fails_gives_the_places_back(kind, pass_time):
    order = cast.ordered(kind)
    assert "still checking" in till.text(till.act(order, "fail-later"))
    pass_time(seconds=11)
    assert "declined" in till.text(till.landing(order))
    assert till.claimed(kind) == 1  # until its time is over, Dana may try again
    pass_time(minutes=16)
    till.sweep()
    assert till.claimed(kind) == 0 and not Ticket.objects.exists()
    till.assert_audit_is_clean()


def test_a_slow_payment_keeps_its_places_past_the_hold(kind, pass_time):
    order = cast.ordered(kind, 4)
    till.act(order, "pay-later")
    till.provider_says(Payment.objects.get(), "pending", decides_at=None)  # a bank that takes days
    for _ in range(3):
        pass_time(hours=10)
        till.sweep()
    assert till.claimed(kind) == 4 and Payment.objects.get().is_open
    assert "still checking" in till.text(till.landing(order))
    till.provider_says(Payment.objects.get(), "succeeded")
    till.sweep()
    assert order.tickets.count() == 4
    till.assert_audit_is_clean()


def test_an_abandoned_payment_keeps_its_places_until_it_can_no_longer_succeed(kind, pass_time):
    order = cast.ordered(kind)
    payment = till.opened(order)
    assert "not finished" in till.text(till.landing(order))
    pass_time(minutes=16)
    assert expiry.expire_holds(now=clock.now()) == 0
    assert till.claimed(kind) == 1 and till.session_of(payment).status == "open"
    settlement.settle_open(now=clock.now())
    assert till.session_of(payment).status == "expired"
    assert expiry.expire_holds(now=clock.now()) == 1
    order.refresh_from_db()
    assert order.expired_at and till.claimed(kind) == 0
    assert till.act_on_old_page(payment) == "expired"
    till.assert_audit_is_clean()


def test_control_a_hold_released_under_an_open_payment_is_what_m3_forbids(kind, pass_time):
    order = cast.ordered(kind)
    till.opened(order)
    checkout.decide_unpaid(order=order, now=clock.now())  # the guard is off: the payment is not decided at all
    pass_time(minutes=16)
    expiry.expire_holds(now=clock.now())
    assert "M3" in {finding.invariant.name for finding in audit() if finding.violated}


def test_with_the_provider_away_nothing_is_said_or_released_that_is_not_known(kind, pass_time, settings):
    order = cast.ordered(kind)
    till.opened(order)
    settings.PRACTICE_AWAY = True
    assert "still checking" in till.text(till.landing(order))
    pass_time(minutes=16)
    till.sweep()
    assert till.claimed(kind) == 1
    settings.PRACTICE_AWAY = False
    till.sweep()
    assert till.claimed(kind) == 0
    till.assert_audit_is_clean()


def test_an_order_cancelled_under_an_open_payment_closes_it_first(kind, pass_time):
    order = cast.ordered(kind)
    payment = till.opened(order)
    cancellation.cancel_order(order=order, now=clock.now())
    till.sweep()
    assert till.session_of(payment).status == "expired"
    pass_time(minutes=16)
    till.sweep()
    assert till.claimed(kind) == 0
    till.assert_audit_is_clean()


def test_many_undecided_payments_do_not_keep_the_next_ones_from_being_asked_after(concert, pass_time, monkeypatch):
    """Bank payments take days: they must not fill every round of the reconciler."""
    monkeypatch.setattr(settlement, "BATCH", 2)
    kind = cast.ticket_type(concert, price_minor=1500)
    slow = [till.opened(cast.ordered(kind)) for _ in range(3)]
    for payment in slow:
        till.provider_says(payment, "pending")
    pass_time(minutes=16)
    quick = till.opened(cast.ordered(kind, now=clock.now()))
    pass_time(seconds=20)
    till.provider_says(quick, "succeeded")
    for _ in range(3):
        till.sweep()
    quick.refresh_from_db()
    assert quick.succeeded_at
    till.assert_audit_is_clean()
