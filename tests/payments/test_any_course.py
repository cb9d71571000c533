"""Buyers, banks, notices, sweepers and the organiser in any order, against a plain model (Hypothesis).

After each step M1 to M6 are checked twice: by the audit over the rows, and by `plain_model`, which is told only what
the provider says. At the end everything is let run until it is quiet, and must agree with the provider to the cent.
HYPOTHESIS_PROFILE=long looks for hours rather than seconds."""

import os
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from accounts.models import Organiser
from events.inventory import SoldOut
from operations.audit import audit
from payments import fees, ledger, notices, reconciliation, refunds, settlement
from payments.gateway import GatewayTrouble, gateway
from payments.journal import Difference
from payments.models import Dispute, Notice, Payment, Refund
from registrations import expiry
from registrations.checkout import HoldEnded
from registrations.models import Order, Ticket
from tests import cast
from tests.payments import plain_model
from ticketing.lib import clock

pytestmark = pytest.mark.django_db
PRICE, CAPACITY = 1500, 5
WHICH = st.integers(0, 11)  # of whatever there is, counted round
QUICK = {"max_examples": 36, "stateful_step_count": 35, "derandomize": True, "database": None, "phases": [Phase.generate]}
LONG = {"max_examples": 5000, "stateful_step_count": 80, "print_blob": True}
PROFILE = LONG if os.environ.get("HYPOTHESIS_PROFILE") == "long" else QUICK
COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck)}


class Course(RuleBasedStateMachine):
    double = None

    @initialize()
    def begin(self):
        self.undo = transaction.atomic()
        self.undo._from_testcase = True  # a frame of this test: calls to the provider are made inside it
        self.undo.__enter__()
        self.now = clock.now()
        Course.moment = self.now
        self.double.empty()
        self.kind = cast.ticket_type(cast.event(organiser=Organiser.objects.get()), price_minor=PRICE, capacity=CAPACITY, max_per_order=3)
        self.model, self.orders, self.rows, self.told = plain_model.Model(CAPACITY), [], {}, []

    def teardown(self):
        try:
            self.end_quietly()
        finally:
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    # What buyers do

    @rule(quantity=st.integers(1, 3))
    def places(self, quantity):
        if self.model.claimed + quantity > CAPACITY:
            with pytest.raises(SoldOut):
                cast.ordered(self.kind, quantity, now=self.now)
            return
        order = cast.ordered(self.kind, quantity, now=self.now)
        self.model.orders[order.pk] = plain_model.Order(quantity, quantity * PRICE, order.hold.expires_at)
        self.orders.append(order)

    @precondition(lambda self: self.orders)
    @rule(which=WHICH, trouble=st.sampled_from(["", "", "", "lost", "500"]))
    def presses_pay(self, which, trouble):
        order = self._pick(self.orders, which)
        known = self.model.orders[order.pk]
        if known.end in ("confirmed", "cancelled"):
            return
        self.double.faults.extend([(trouble, "POST checkout/sessions")] * 2 if trouble else [])
        expected = self.model.opens(known, self.now)
        try:
            payment = settlement.open_payment(order=order, now=self.now)
            assert expected is not None
        except HoldEnded:
            assert expected is None
        except GatewayTrouble:
            assert trouble
        if expected:
            payment = Payment.objects.filter(order=order).latest("pk")
            self.rows[payment.pk] = expected
        self.double.faults.clear()

    @precondition(lambda self: self._sessions("open"))
    @rule(which=WHICH, act=st.sampled_from(["pay", "pay", "pay", "pay_later", "decline", "pays another amount"]))
    def acts_at_the_provider(self, which, act):
        session = self._pick(self._sessions("open"), which)
        if act == "pays another amount":
            session["amount_total"] -= 1
            _, intent = self.double.book.begin(session["id"], "")
            intent["amount"] = session["amount_total"]
            self.double.book.pay(session["id"], "")
        else:
            getattr(self.double.book, act)(session["id"], "")

    @precondition(lambda self: self.rows)
    @rule(which=WHICH)
    def comes_back(self, which):
        pk = self._pick(sorted(self.rows), which)
        if self.rows[pk].state not in ("succeeded",):
            settlement.settle(payment=Payment.objects.get(pk=pk), now=self.now)
            self._learn(pk)

    # What banks do

    @precondition(lambda self: self._sessions("processing"))
    @rule(which=WHICH, success=st.booleans())
    def the_slow_method_decides(self, which, success):
        self.double.book.decide(self._pick(self._sessions("processing"), which)["id"], "", success=success)

    @precondition(lambda self: self._sessions("expired"))
    @rule(which=WHICH)
    def money_comes_late(self, which):
        self.double.book.pay_after_all(self._pick(self._sessions("expired"), which)["id"], "")

    @precondition(lambda self: self._charges())
    @rule(which=WHICH)
    def the_buyer_disputes(self, which):
        charge = self._pick(self._charges(), which)
        left = charge["amount"] - charge["amount_refunded"]
        self.double.book.dispute(self.double.book.things[charge["payment_intent"]]["session"], amount=left)

    @precondition(lambda self: self._disputes())
    @rule(which=WHICH, won=st.booleans())
    def the_bank_decides(self, which, won):
        self.double.book.close_dispute(self._pick(self._disputes(), which)["id"], won=won)

    @precondition(lambda self: self._sent())
    @rule(which=WHICH)
    def a_refund_comes_back(self, which):
        self.double.book.send_back(self._pick(self._sent(), which).provider_id)

    # What the provider tells, in any order and as often as it likes

    @precondition(lambda self: self.double.post.owed or self.told)
    @rule(which=WHICH, again=st.booleans())
    def a_notice_comes(self, which, again):
        owed = self.double.post.owed
        event = self._pick(self.told, which) if (again and self.told) or not owed else owed.pop(which % len(owed))
        self._hear(event)

    # What time and the sweepers do

    @rule(minutes=st.sampled_from([1, 3, 10, 16, 60, 60 * 24 * 3]))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)
        Course.moment = self.now
        self.double.book.run_out()

    @rule()
    def open_payments_are_swept(self):
        self.now += timedelta(seconds=20)
        Course.moment = self.now
        settlement.settle_open(now=self.now)
        for pk, payment in self.rows.items():
            if payment.state in ("open", "pending"):
                self._learn(pk)
                over = payment.order.until <= self.now or payment.order.end == "cancelled"
                assert not over or payment.state != "open", "a session was left open after its hold (M3)"

    @rule()
    def holds_are_swept(self):
        expiry.expire_holds(now=self.now)
        self.model.runs_out(self.now)

    @rule(trouble=st.booleans())
    def refunds_are_sent(self, trouble):
        due = list(
            Refund.objects.filter(due_at__lte=self.now, completed_at=None, failed_at=None).order_by("due_at").select_related("payment")
        )
        for refund in due:
            free = self._may_refund(refund)
            self._refund(refund).state = "due" if trouble else "sent" if free else "failed"  # also a refusal is lost on the way
        self.double.faults.extend([("lost", "POST refunds")] * (2 * len(due) if trouble else 0))
        settlement.send_refunds(now=self.now)
        self.double.faults.clear()

    # What the organiser does

    @precondition(lambda self: self.orders)
    @rule(which=WHICH, amount=st.integers(1, 3 * PRICE + 1))
    def gives_back_an_amount(self, which, amount):
        order = self._pick(self.orders, which)
        known = self.model.orders[order.pk]
        if amount > self.model.refundable(known):
            with pytest.raises(settlement.RefundTooLarge):
                refunds.refund_order(order=order, amount_minor=amount, now=self.now)
            return
        refunds.refund_order(order=order, amount_minor=amount, now=self.now)
        self.model.owes(known, amount, "requested")

    @precondition(lambda self: self.orders)
    @rule(which=WHICH)
    def cancels(self, which):
        order = self._pick(self.orders, which)
        expected = self.model.cancels(self.model.orders[order.pk], self.now)
        assert refunds.cancel_and_refund(order=order, now=self.now) is expected

    # What must hold after each step

    @invariant()
    def the_database_accepts_it(self):
        """Deferred guards speak at a commit, which never comes here."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")

    @invariant()
    def the_audit_is_clean(self):
        assert {finding.invariant.name: finding.violated for finding in audit() if finding.violated} == {}

    @invariant()
    def rows_are_as_the_model_says(self):
        assert self.kind.quotas.get().claimed == self.model.claimed <= CAPACITY
        rows = {order.pk: order for order in Order.objects.all()}
        good = list(Ticket.objects.filter(voided_at=None).values_list("order_id", flat=True))
        made = list(Ticket.objects.values_list("order_id", flat=True))
        for pk, known in self.model.orders.items():
            order = rows[pk]
            end = "cancelled" if order.cancelled_at else "confirmed" if order.confirmed_at else "expired" if order.expired_at else ""
            assert (end, bool(order.confirmed_at)) == (known.end, known.was_paid)
            assert made.count(pk) == (known.quantity if known.was_paid else 0)  # M4
            assert good.count(pk) == (known.quantity if known.tickets == "good" else 0)
            assert sum(payment.left > 0 for payment in known.payments) <= 1  # M2

    @invariant()
    def money_is_as_the_model_says(self):
        given = {}
        for refund in Refund.objects.order_by("id"):
            state = "failed" if refund.failed_at else "sent" if refund.completed_at else "due"
            given.setdefault(refund.payment_id, []).append((refund.amount_minor, refund.reason, state))
        for payment in Payment.objects.all():
            known = self.rows[payment.pk]
            state = "succeeded" if payment.succeeded_at else "failed" if payment.failed_at else "pending" if payment.pending_at else "open"
            assert (state, bool(payment.mismatch_at)) == (known.state, known.differs)
            assert given.get(payment.pk, []) == [(each.amount, each.reason, each.state) for each in known.refunds]
            assert known.differs or known.given <= known.received  # M5
        found = ledger.balances(organiser=self.kind.event.organiser)
        assert {account: amount for (account, _), amount in found.items() if amount} == self.model.ledger()  # M1, M6

    @invariant()
    def what_was_released_can_not_be_paid_any_more(self):
        """M3, asked of the provider: also of sessions that our rows never heard of."""
        by_code = {order.code: self.model.orders[order.pk] for order in self.orders}
        for session in self._sessions("open") + self._sessions("processing"):
            assert by_code[session["client_reference_id"]].hold in ("kept", "converted", "held")

    def end_quietly(self):
        """Everybody stops; what is owed is told and swept until nothing is left to do."""
        for _ in range(4):
            while self.double.post.owed:
                self._hear(self.double.post.owed.pop())
            self.time_passes(20)
            for session in self._sessions("processing"):
                self.double.book.decide(session["id"], "", success=True)
            self.open_payments_are_swept()
            self.holds_are_swept()
            self.refunds_are_sent(False)
        self.the_audit_is_clean()
        self.money_is_as_the_model_says()
        assert not Payment.objects.filter(succeeded_at=None, failed_at=None).exists()
        assert not Notice.objects.filter(handled_at=None).exists()
        fees.take_fees(now=self.now)
        lines = self.double.book.all("balance_transaction", "")
        clearing = ledger.balances(organiser=self.kind.event.organiser).get(("clearing", "EUR"), 0)
        assert clearing == sum(line["net"] for line in lines)  # M6, against the provider
        reconciliation.compare_lists(now=self.now, back=timedelta(days=400))
        expected = {"amount"} if any(payment.differs for payment in self.rows.values()) else set()
        expected |= {"refused_refund"} if Refund.objects.filter(failed_at__isnull=False).exists() else set()
        assert set(Difference.objects.values_list("problem", flat=True)) == expected

    # Looking things up

    def _pick(self, things, which):
        return things[which % len(things)]

    def _sessions(self, state):
        return [session for session in self.double.sessions() if self._state(session) == state]

    def _state(self, session):
        if session["status"] != "complete":
            return session["status"]
        intent = self.double.book.things[session["payment_intent"]]
        return {"succeeded": "paid", "processing": "processing"}.get(intent["status"], "failed")

    def _charges(self):
        charges = self.double.book.all("charge", "")
        return [each for each in charges if not each["disputed"] and each["amount"] > each["amount_refunded"]]

    def _disputes(self):
        return [each for each in self.double.book.all("dispute", "") if each["status"] == "needs_response"]

    def _sent(self):
        return list(Refund.objects.filter(completed_at__isnull=False, failed_at=None).order_by("id"))

    def _charge_of(self, payment):
        things = self.double.book.things
        return things[things[things[payment.provider_id]["payment_intent"]]["latest_charge"]]

    def _refund(self, refund):
        before = Refund.objects.filter(payment=refund.payment_id, pk__lt=refund.pk).count()
        return self.rows[refund.payment_id].refunds[before]

    def _may_refund(self, refund):
        return ("", refund.idempotency_key) in self.double.answers or not self._charge_of(refund.payment)["disputed"]

    def _learn(self, pk):
        payment = Payment.objects.get(pk=pk)
        if payment.provider_id is None:  # given up: the provider would not open it any more
            return self.model.learns(self.rows[pk], "failed" if payment.failed_at else "open")
        session = self.double.book.things[payment.provider_id]
        said = {"processing": "pending", "expired": "failed"}.get(self._state(session), self._state(session))
        return self.model.learns(self.rows[pk], said, session["amount_total"])

    def _hear(self, event):
        body = self.double.post.body(event)
        fact = gateway().read_notice(body=body.encode(), headers={"Stripe-Signature": self.double.post.signature(body)}, now=self.now)
        is_new = notices.receive(gateway_name="stripe", fact=fact, now=self.now)
        if event not in self.told:
            self.told.append(event)
        notices.handle_due(now=self.now)
        if not is_new:
            return
        thing = self.double.book.things.get(fact.provider_id, {"object": "", "on": ""})
        {"checkout.session": self._heard_of_session, "refund": self._heard_of_refund, "dispute": self._heard_of_dispute}.get(
            thing["object"], lambda thing: None
        )(thing)

    def _heard_of_session(self, session):
        payment = Payment.objects.filter(provider_id=session["id"]).first()
        if payment is not None:
            self._learn(payment.pk)

    def _heard_of_refund(self, thing):
        refund = Refund.objects.filter(provider_id=thing["id"]).select_related("payment").first()
        if refund is not None and thing["status"] == "failed":
            self._refund(refund).state = "failed"

    def _heard_of_dispute(self, thing):
        payment = Payment.objects.get(provider_id=self.double.book.things[thing["payment_intent"]]["session"])
        self._learn(payment.pk)
        self.model.disputed(self.rows[payment.pk], thing["id"], thing["amount"])
        if thing["status"] in ("won", "lost"):
            self.model.decided(self.rows[payment.pk], thing["id"], thing["status"] == "won")
        assert Dispute.objects.filter(payment=payment, provider_id=thing["id"]).count() == 1


@pytest.fixture
def course(hall, stripe_double, monkeypatch):
    monkeypatch.setattr(stripe_double.book, "now", lambda: Course.moment.timestamp())
    monkeypatch.setattr(stripe_double.post, "now", lambda: Course.moment.timestamp())
    monkeypatch.setattr(Course, "double", stripe_double)
    return Course


def test_any_course_of_buyers_banks_notices_and_sweepers_keeps_every_promise(course):
    run_state_machine_as_test(course, settings=settings(**PROFILE, **COMMON))


GUARDS = {
    "a second success is given back": ("payments.settlement.owe_refund", lambda **_: None),
    "a payable hold is kept": ("registrations.checkout.keep_for_payment", lambda **_: None),
    "what a bank holds is not given back": ("payments.disputes.taken_minor", lambda **_: 0),
    "tickets of disputed money are frozen": ("registrations.cancellation.freeze_order", lambda **_: 0),
}


class TwicePaidAndDisputed(Course):
    """A head start for the controls: an order that was sold, disputed, and paid a second time, which nobody told yet,
    and one whose time is over while its payment is open.
    From the empty hall the same guards are found too, after some hundreds of courses."""

    @initialize()
    def begin(self):
        Course.begin(self)
        self.places(1)
        self.presses_pay(0, "")
        first = self.double.sessions()[0]["id"]
        self.double.book.pay_later(first, "")
        self.double.book.decide(first, "", success=False)
        self.comes_back(0)
        self.presses_pay(0, "")
        self.double.book.pay(self.double.sessions()[0]["id"], "")
        self.comes_back(1)
        self.the_buyer_disputes(0)
        self.double.book.pay_after_all(first, "")
        self.places(1)
        self.presses_pay(1, "")
        self.time_passes(16)  # over, with its payment still open: the next sweep is a trial of M3


@pytest.mark.parametrize("guard", GUARDS)
def test_control_without_a_guard_it_is_found(course, monkeypatch, guard):
    monkeypatch.setattr(*GUARDS[guard])
    monkeypatch.setattr(TwicePaidAndDisputed, "double", course.double)
    quick = settings(**(QUICK | {"max_examples": 20}), **COMMON, report_multiple_bugs=False)
    with pytest.raises(Exception):  # noqa: B017  (a broken promise shows in many ways)
        run_state_machine_as_test(TwicePaidAndDisputed, settings=quick)


def test_the_head_start_of_the_controls_keeps_every_promise_with_its_guards(course, monkeypatch):
    monkeypatch.setattr(TwicePaidAndDisputed, "double", course.double)
    run_state_machine_as_test(TwicePaidAndDisputed, settings=settings(**(QUICK | {"max_examples": 5}), **COMMON))
