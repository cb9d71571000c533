"""Money that is given back: once, within what came in, however often it is tried (F22, M5)."""

import threading
import time

import pytest
from django.test import Client

from events import inventory
from payments import refunds, settlement
from payments.models import Payment, PracticeRefund, Refund
from payments.settlement import RefundTooLarge
from registrations import allowance, cancellation, checkout, expiry
from registrations.models import BuyerAllowance, Hold, Invoice, Ticket
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


def given(order):
    return till.session_of(Payment.objects.get(order=order)).refunded_minor


def test_f22_a_refund_call_that_fails_after_the_commit_is_made_again(paid, settings, pass_time):
    settings.PRACTICE_AWAY = True
    refunds.cancel_and_refund(order=paid, now=clock.now())
    assert settlement.send_refunds(now=clock.now()) == 0
    assert settlement.send_refunds(now=clock.now()) == 0  # not due again at once
    refund = Refund.objects.get()
    assert (refund.completed_at, refund.failed_at, refund.tries) == (None, None, 1)
    till.assert_audit_is_clean()
    settings.PRACTICE_AWAY = False
    pass_time(minutes=3)
    assert settlement.send_refunds(now=clock.now()) == 1
    assert given(paid) == 1500
    till.assert_audit_is_clean()


def test_f22_a_refund_whose_answer_was_lost_is_repeated_with_the_same_key_and_given_once(paid, monkeypatch, pass_time):
    refunds.refund_order(order=paid, amount_minor=400, now=clock.now())
    till.lose_answers(monkeypatch, 2)
    for _ in range(3):
        settlement.send_refunds(now=clock.now())
        pass_time(minutes=3)
    refund = Refund.objects.get()
    assert refund.completed_at and refund.tries == 3
    assert PracticeRefund.objects.get().idempotency_key == refund.idempotency_key
    assert given(paid) == 400
    till.assert_audit_is_clean()


def test_control_with_a_new_key_the_repeated_call_would_give_back_twice(paid, monkeypatch, pass_time):
    refunds.refund_order(order=paid, amount_minor=400, now=clock.now())
    till.lose_answers(monkeypatch, 1)
    for _ in range(2):
        Refund.objects.update(idempotency_key=tokens.link_token())
        settlement.send_refunds(now=clock.now())
        pass_time(minutes=3)
    assert given(paid) == 800


@REAL
def test_several_senders_at_once_give_back_once(paid):
    refunds.refund_order(order=paid, amount_minor=400, now=clock.now())
    sent = till.at_once(6, lambda _: settlement.send_refunds(now=clock.now()))
    assert sum(sent) == 1 and given(paid) == 400
    assert Refund.objects.get().tries == 1
    till.assert_audit_is_clean()


@REAL
def test_f22_partial_refunds_racing_never_exceed_what_came_in(paid):
    answers = till.at_once(8, lambda _: refunds.refund_order(order=paid, amount_minor=400, now=clock.now()))
    assert sum(isinstance(answer, RefundTooLarge) for answer in answers) == 5
    assert sum(Refund.objects.values_list("amount_minor", flat=True)) == 1200
    settlement.send_refunds(now=clock.now())
    assert given(paid) == 1200
    till.assert_audit_is_clean()


@REAL
def test_control_without_the_lock_racing_refunds_would_exceed_what_came_in(paid, monkeypatch):
    all_read, link_token = threading.Barrier(8, timeout=20), tokens.link_token

    def after_all_have_read():
        all_read.wait()
        return link_token()

    monkeypatch.setattr(settlement.tokens, "link_token", after_all_have_read)
    monkeypatch.setattr("django.db.models.query.QuerySet.select_for_update", lambda self, **_: self.all())
    till.at_once(8, lambda _: refunds.refund_order(order=paid, amount_minor=400, now=clock.now()))
    assert sum(Refund.objects.values_list("amount_minor", flat=True)) == 3200
    assert "M5" in till.violated()
    settlement.send_refunds(now=clock.now())
    assert given(paid) == 1200  # the provider's own limit stands behind ours
    assert Refund.objects.filter(failed_at__isnull=False).count() == 5


@REAL
def test_cancelling_and_refunding_at_once_from_many_desks_happens_once(paid):
    done = till.at_once(6, lambda _: refunds.cancel_and_refund(order=paid, now=clock.now()))
    assert sorted(done) == [False] * 5 + [True]
    assert Refund.objects.get().amount_minor == 1500
    assert Ticket.objects.get().voided_at
    till.assert_audit_is_clean()


@REAL
def test_a_cancellation_and_the_payment_at_the_same_moment_agree(kind):
    """Either the order was paid and its money goes back, or it ended first and the money goes back."""
    for _ in range(4):
        order = cast.ordered(kind)
        payment = till.opened(order)
        till.provider_says(payment, "succeeded")
        work = (
            lambda payment=payment: settlement.settle(payment=payment, now=clock.now()),
            lambda order=order: refunds.cancel_and_refund(order=order, now=clock.now()),
        )
        answers = till.at_once(2, lambda number, work=work: work[number]())
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert sum(Refund.objects.filter(payment=payment).values_list("amount_minor", flat=True)) == 1500
    till.assert_audit_is_clean()


def test_a_refund_leaves_the_tickets_and_a_cancellation_the_money(kind, paid):
    refunds.refund_order(order=paid, amount_minor=1500, now=clock.now())
    assert Ticket.objects.get().voided_at is None
    cancellation.cancel_order(order=paid, now=clock.now())
    assert Refund.objects.count() == 1
    assert till.claimed(kind) == 0
    till.assert_audit_is_clean()


@pytest.mark.parametrize("amount", [0, -1, 1501])
def test_a_refund_of_nothing_or_of_more_than_came_in_is_refused(paid, amount):
    with pytest.raises(RefundTooLarge):
        refunds.refund_order(order=paid, amount_minor=amount, now=clock.now())
    assert not Refund.objects.exists()


def test_a_refund_that_the_provider_refuses_is_kept_as_failed_and_its_money_can_be_given_again(paid):
    till.provider_says(Payment.objects.get(), "succeeded", refunded_minor=1500)  # given back at the provider's own desk
    refunds.refund_order(order=paid, amount_minor=100, now=clock.now())
    till.sweep()
    refund = Refund.objects.get()
    assert refund.failed_at and "larger" in refund.failure
    assert refunds.refundable_minor(order=paid) == 1500


def test_the_one_who_looks_after_money_gives_back_through_the_page(paid, alice, bob, charlie):
    address = f"/manage/events/{paid.event.slug}/orders/{paid.code}/refund/"
    client = Client()
    client.force_login(alice)
    assert client.post(address, {"amount": "15.01"}).status_code == 422
    preview = client.post(address, {"amount": "4,00"})
    assert preview.status_code == 200 and "€11.00" in till.text(preview) and not Refund.objects.exists()
    assert client.post(address, {"amount": "4,00", "confirmed": "400"}).status_code == 302
    assert Refund.objects.get().amount_minor == 400
    assert "€11.00" in till.text(client.get(address))
    assert client.post(address, {"amount": "0", "cancel": "on", "confirmed": "1500"}).status_code == 200  # less is left: look again
    assert client.post(address, {"amount": "0", "cancel": "on", "confirmed": "1100"}).status_code == 302
    assert sum(Refund.objects.values_list("amount_minor", flat=True)) == 1500
    till.sweep()
    assert given(paid) == 1500
    for stranger in (bob, charlie):
        client.force_login(stranger)
        assert client.get(address).status_code == 404
    till.assert_audit_is_clean()


@REAL
def test_a_cancellation_and_the_sweeper_do_not_wait_for_each_other_in_a_ring(hall, monkeypatch):
    """One buyer's two orders of an event with a limit: one is cancelled while the other runs out."""
    kind = cast.ticket_type(cast.event(organiser=hall, max_per_buyer=2), price_minor=1500)
    paid, waiting = cast.ordered(kind), cast.ordered(kind)
    till.act(paid, "pay")
    Hold.objects.filter(order=waiting).update(expires_at=clock.now())
    for room in (inventory, allowance):
        monkeypatch.setattr(room, "release", slowed(room.release))
    work = (lambda: cancellation.cancel_order(order=paid, now=clock.now()), lambda: expiry.expire_holds(now=clock.now()))
    answers = till.at_once(2, lambda number: work[number]())
    assert sorted(answers, key=str) == [1, True], answers
    assert till.claimed(kind) == BuyerAllowance.objects.get().claimed == 0


def slowed(release):
    def slowly(**what):
        time.sleep(0.3)
        release(**what)

    return slowly


def test_single_tickets_are_given_back_with_or_without_their_part_of_the_fee(hall):
    kind = cast.ticket_type(cast.event(organiser=hall, fee_country="DE", tax_on_top=True), price_minor=1001, tax_rate=19)
    order = cast.ordered(kind, 3)
    till.act(order, "pay")
    order.refresh_from_db()
    worth = [amount for _, amount in refunds.ticket_shares(order=order).values()]
    assert sum(worth) == 3003 + 571  # the line with its tax; no ticket loses a cent
    first = refunds.plan_tickets(order=order, positions=[1], with_fee=False)
    refunds.carry_out(order=order, plan=first, now=clock.now())
    assert (first.amount_minor, first.cancels) == (worth[0], False)
    assert order.tickets.filter(voided_at=None).count() == 2
    with pytest.raises(RefundTooLarge):
        refunds.carry_out(order=order, plan=first, now=clock.now())  # two desks, one ticket
    rest = refunds.plan_tickets(order=order, positions=[2, 3], with_fee=True)
    refunds.carry_out(order=order, plan=rest, now=clock.now())
    till.sweep()
    fee = order.fee_minor + order.fee_tax_minor
    assert rest.cancels and order.total_minor - given(order) == fee - rest.shares[-1] >= 0
    notes = Invoice.objects.filter(kind="credit_note")
    assert sum(note.total_minor for note in notes) == given(order)
    till.assert_audit_is_clean()


def test_giving_a_double_payment_back_leaves_the_order_valid_and_makes_no_credit_note(kind):
    order = cast.ordered(kind)
    till.act(order, "decline")
    till.opened(order)
    for payment in Payment.objects.filter(order=order):
        till.provider_says(payment, "succeeded")
        settlement.settle(payment=payment, now=clock.now())
    till.sweep()
    order.refresh_from_db()
    assert order.confirmed_at and not order.cancelled_at and Ticket.objects.get().voided_at is None
    assert Refund.objects.get().reason == "surplus" and not Invoice.objects.filter(kind="credit_note").exists()
    till.assert_audit_is_clean()


def test_a_whole_refund_covers_all_lines(hall):
    event = cast.event(organiser=hall)
    kinds = [cast.ticket_type(event, price_minor=price) for price in (1500, 700)]
    hold = checkout.hold(event=event, picks=[checkout.Pick(ticket_type=kind, quantity=2) for kind in kinds], now=clock.now())
    checkout.save_details(hold=hold, buyer_name="Dana", buyer_email="dana@example.com", attendees=[])
    order = checkout.place_order(hold=hold, now=clock.now())
    till.act(order, "pay")
    refunds.cancel_and_refund(order=order, now=clock.now())
    till.sweep()
    assert given(order) == 4400 and not Ticket.objects.filter(voided_at=None).exists()
    assert [line["net_minor"] for line in Invoice.objects.get(kind="credit_note").facts["lines"]] == [3000, 1400]
