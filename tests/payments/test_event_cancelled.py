"""F27: the event is cancelled while people buy. Nothing is sold any more, and everybody gets their money back, once,
also when the run is killed in the middle."""

import random
import subprocess
import sys

import pytest

from events import publication
from events.models import Event
from payments import event_refunds, refunds, settlement
from payments.journal import EventRefund
from payments.models import Payment, Refund
from registrations import checkout
from registrations.models import Invoice, Order, Ticket
from tests import cast
from tests.faults.stage import PRELUDE, ROOT, Stage, kill, until
from tests.payments import till
from ticketing.lib import clock

SEEDS = 20


class Killed(BaseException):
    """No `except Exception` stops it, as nothing stops a kill."""


@pytest.mark.django_db
def test_after_the_cancellation_no_payment_succeeds_and_each_is_given_back_once(hall, pass_time):
    for seed in range(SEEDS):
        chance = random.Random(seed)
        kind = cast.ticket_type(cast.event(organiser=hall), price_minor=1500, capacity=50)
        orders = [at_some_stage(kind, chance) for _ in range(4)]
        publication.cancel(event=kind.event, now=clock.now())
        confirmed = confirmed_of(kind)
        told = event_refunds.dry_run(event=kind.event)
        event_refunds.start(event=kind.event, by=None, now=clock.now())
        pay_what_is_open(orders, chance)
        kill_in_the_middle(chance)
        for _ in range(3):
            till.sweep()
            event_refunds.go_on(now=clock.now())
            pass_time(minutes=4)
        assert confirmed_of(kind) <= confirmed  # no new success
        assert not Ticket.objects.filter(event=kind.event, voided_at=None).exists()
        captured = total(Payment.objects.filter(order__event=kind.event, succeeded_at__isnull=False))
        given = total(Refund.objects.filter(payment__order__event=kind.event, completed_at__isnull=False))
        assert given == captured >= sum(told.amounts.values())
        assert EventRefund.objects.get(event=kind.event).finished_at
        assert documents(kind) == 0
    till.assert_audit_is_clean()


def at_some_stage(kind, chance):
    stage = chance.choice(["held", "placed", "opened", "slow", "declined", "paid", "partly given back"])
    if stage == "held":
        return checkout.hold(event=kind.event, picks=[checkout.Pick(ticket_type=kind, quantity=1)], now=clock.now())
    order = cast.ordered(kind, chance.randint(1, 3))
    if stage in ("opened", "slow", "declined"):
        till.opened(order)
    if stage in ("slow", "declined"):
        till.act(order, "pay-later" if stage == "slow" else "decline")
    if stage in ("paid", "partly given back"):
        till.act(order, "pay")
    if stage == "partly given back":
        refunds.refund_order(order=order, amount_minor=chance.randint(1, 1500), now=clock.now())
    return order


def pay_what_is_open(orders, chance):
    """Some pay all the same, on pages that were open; their notices come twice and in any order."""
    payments = list(
        Payment.objects.filter(order__in=[order for order in orders if isinstance(order, Order)], succeeded_at=None, failed_at=None)
    )
    for payment in chance.sample(payments, len(payments) // 2):
        till.provider_says(payment, "succeeded")
    chance.shuffle(payments)
    for payment in payments * 2:
        settlement.settle(payment=payment, now=clock.now())


def kill_in_the_middle(chance):
    left, real = chance.randint(0, 3), refunds.cancel_and_refund

    def until_killed(**what):
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return real(**what)

    refunds.cancel_and_refund = until_killed
    try:
        event_refunds.go_on(now=clock.now())
    except Killed:
        pass
    finally:
        refunds.cancel_and_refund = real


def confirmed_of(kind):
    return set(Order.objects.filter(event=kind.event, confirmed_at__isnull=False).values_list("code", flat=True))


def total(rows):
    return sum(rows.values_list("amount_minor", flat=True))


def documents(kind):
    """Invoices less credit notes."""
    rows = Invoice.objects.filter(order__event=kind.event)
    return sum(-row.total_minor if row.answers_id else row.total_minor for row in rows)


@pytest.mark.django_db
def test_the_dry_run_tells_what_will_be_done_and_changes_nothing(hall):
    kind = cast.ticket_type(cast.event(organiser=hall), price_minor=1500)
    for _ in range(3):
        till.act(cast.ordered(kind, 2), "pay")
    cast.ordered(kind)
    told = event_refunds.dry_run(event=kind.event)
    assert (told.orders, told.waiting, told.tickets, told.amounts) == (3, 1, 6, {"EUR": 9000})
    assert not Refund.objects.exists() and not Order.objects.filter(cancelled_at__isnull=False).exists()
    with pytest.raises(event_refunds.EventNotCancelled):
        event_refunds.start(event=kind.event, by=None, now=clock.now())


@pytest.mark.django_db
def test_started_at_two_desks_it_runs_once(hall):
    kind = cast.ticket_type(cast.event(organiser=hall), price_minor=1500)
    publication.cancel(event=kind.event, now=clock.now())
    first = event_refunds.start(event=kind.event, by=None, now=clock.now())
    assert event_refunds.start(event=kind.event, by=None, now=clock.now()) == first


@pytest.mark.django_db
def test_control_without_the_check_an_open_payment_would_buy_a_ticket_of_a_cancelled_event(hall):
    kind = cast.ticket_type(cast.event(organiser=hall), price_minor=1500)
    order = cast.ordered(kind)
    payment = till.opened(order)
    publication.cancel(event=kind.event, now=clock.now())
    till.provider_says(payment, "succeeded")
    Event.objects.update(cancelled_at=None)  # as if nothing asked for it
    settlement.settle(payment=payment, now=clock.now())
    assert Ticket.objects.filter(voided_at=None).exists()


@pytest.mark.django_db
def test_control_a_run_that_did_not_ask_whether_an_order_had_ended_would_want_to_give_back_twice(hall, monkeypatch):
    kind = cast.ticket_type(cast.event(organiser=hall), price_minor=1500)
    order = cast.ordered(kind)
    till.act(order, "pay")
    refunds.cancel_and_refund(order=order, now=clock.now())
    assert not refunds.cancel_and_refund(order=order, now=clock.now())
    monkeypatch.setattr("registrations.cancellation.cancel_order", lambda **_: True)
    monkeypatch.setattr(refunds, "refundable_minor", lambda **_: 1500)
    with pytest.raises(settlement.RefundTooLarge):  # and the lock on the payment stands behind it
        refunds.cancel_and_refund(order=order, now=clock.now())


SELL = """
from events.models import TicketType
from tests import cast
from events import publication
from payments import event_refunds, settlement
from payments.gateway import Status
from payments.models import PracticeSession
from payments.practice import book
kind = TicketType.objects.select_related("event").get(pk={kind})
for _ in range(7):
    payment = settlement.open_payment(order=cast.ordered(kind), now=now)
    book.decide(row=PracticeSession.objects.get(token=payment.provider_id), status=Status.SUCCEEDED, now=now)
    settlement.settle(payment=payment, now=now)
publication.cancel(event=kind.event, now=now)
event_refunds.start(event=kind.event, by=None, now=now)
"""
SLOWLY = """
import time
from payments import event_refunds, refunds
real = refunds.cancel_and_refund
def slowly(**what):
    time.sleep(0.15)
    return real(**what)
refunds.cancel_and_refund = slowly
event_refunds.go_on(now=now)
"""
REST = "from payments import event_refunds, settlement\nevent_refunds.go_on(now=now); print(settlement.send_refunds(now=now))"
ENDED = "from registrations.models import Order\nprint(Order.objects.filter(cancelled_at__isnull=False).count())"
GIVEN = "from payments.models import PracticeSession\nprint(*PracticeSession.objects.values_list('refunded_minor', flat=True))"


def test_a_run_that_is_killed_for_real_is_taken_up_where_it_stopped():
    with Stage(worker=False, price=1500) as stage:
        stage.python(SELL.format(kind=stage.type_id))
        environment = stage.env | {"DJANGO_SETTINGS_MODULE": "ticketing.settings"}
        run = subprocess.Popen([sys.executable, "-c", PRELUDE + SLOWLY], cwd=ROOT, env=environment)
        until(lambda: int(stage.python(ENDED)) >= 2, seconds=30)
        kill(run.pid)
        run.wait(10)
        assert 2 <= int(stage.python(ENDED)) < 7
        stage.audit()
        stage.python(REST)
        assert stage.python(GIVEN).split() == ["1500"] * 7
        stage.audit()
