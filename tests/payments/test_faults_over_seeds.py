"""F11 to F22 at Stripe, each over twenty seeds: what is bought, what fails, and the order of all notices differ each time.

The real SDK speaks to the double over HTTP. After each seed the audit is clean; each guard has its control, here or in
the file of its own fault."""

import random
from contextlib import contextmanager

import pytest
from django.test import Client

from outbox.models import Mail
from payments import notices, reconciliation, refunds, settlement
from payments.models import Notice, Payment, Refund
from registrations import expiry, fulfilment
from registrations.models import Hold, Ticket
from tests import cast
from tests.payments import till
from ticketing.lib import clock, tokens

pytestmark = pytest.mark.django_db
REAL = pytest.mark.django_db(transaction=True)
SEEDS = range(20)
MINUTES = {"minutes": 16}


@contextmanager
def seed(number):
    """Chance of that number; a failure says which, and every invariant holds afterwards."""
    try:
        yield random.Random(number)
        till.assert_audit_is_clean()
    except BaseException as error:
        error.add_note(f"with seed {number}")
        raise


@pytest.fixture
def a_type(hall):
    """Makes a paid ticket type of an event of its own."""
    return lambda capacity=50, **fields: cast.ticket_type(
        cast.event(organiser=hall, **fields), price_minor=1500, capacity=capacity, max_per_order=capacity
    )


class Bank:
    """What the double does for these tests, in few words."""

    def __init__(self, double):
        self.double, self.book, self.client = double, double.book, Client()

    def __getattr__(self, act):
        return lambda payment, **more: getattr(self.book, act)(payment.provider_id, "", **more)

    def post(self, event, **signed):
        body = self.double.post.body(event)
        return self.send(body, self.double.post.signature(body, **signed))

    def send(self, body, header):
        return self.client.post("/notices/stripe/", body, content_type="application/json", headers={"Stripe-Signature": header}).status_code

    def tell(self, chance, *, lose=0.0):
        """Everything owed: each up to three times, in any order, with sweeps in between; some of it never."""
        owed, self.double.post.owed = self.double.post.owed, []
        told = [event for event in owed if chance.random() >= lose for _ in range(chance.randint(1, 3))]
        chance.shuffle(told)
        for event in told:
            assert self.post(event) == 200
            if chance.random() < 0.3:
                notices.handle_due(now=clock.now())
        notices.handle_due(now=clock.now())

    def sessions_of(self, order):
        return [session for session in self.double.sessions() if session["client_reference_id"] == order.code]


@pytest.fixture
def bank(stripe_double):
    return Bank(stripe_double)


# F11: time-out after success


def test_f11_one_session_however_often_the_answer_is_lost(a_type, bank, pass_time):
    for number in SEEDS:
        with seed(number) as chance:
            kind = a_type()
            order, troubles = cast.ordered(kind, chance.randint(1, 4)), chance.randint(1, 5)
            bank.double.faults.extend([(chance.choice(["lost", "lost", "500", "429"]), "POST checkout/sessions") for _ in range(troubles)])
            stays = chance.random() < 0.7
            while till.start(order, bank.client).status_code != 302 and stays:
                kind.event.name += "!"  # renamed between two tries: the key comes with the first try's words
                kind.event.save()
            if stays:
                payment = Payment.objects.get(order=order)
                bank.pay(payment)
                bank.tell(chance)
                assert order.tickets.count() == order.lines.get().quantity
            else:
                bank.double.faults.clear()
                pass_time(**MINUTES)
                till.sweep()
                assert till.claimed(kind) == 0
                assert {session["status"] for session in bank.sessions_of(order)} == {"expired"}
            assert len(bank.sessions_of(order)) == Payment.objects.filter(order=order).count() == 1


# F12: 429 and 5xx for minutes


def trouble_for_minutes(bank, chance, kind, pass_time):
    orders = [cast.ordered(kind, email=f"dana{n}@example.com") for n in range(3)]
    bank.double.faults.extend([(chance.choice(["429", "500", "503"]), "POST checkout/sessions") for _ in range(1000)])
    for order in orders:
        answer = till.start(order, bank.client)
        assert answer.status_code == 503 and answer.headers["Retry-After"] and "Nothing was charged" in till.text(answer)
    for _ in range(chance.randint(1, 4)):
        pass_time(minutes=chance.randint(2, 7))
        till.sweep()
    bank.double.faults.clear()
    return orders


def test_f12_a_provider_in_trouble_for_minutes_keeps_every_payable_hold(a_type, bank, pass_time):
    for number in SEEDS:
        with seed(number) as chance:
            kind = a_type(capacity=3)
            orders = trouble_for_minutes(bank, chance, kind, pass_time)
            assert till.claimed(kind) == 3
            for order in orders:
                assert till.start(order, bank.client).status_code == 302
                bank.pay(Payment.objects.get(order=order))
            bank.tell(chance)
            assert Ticket.objects.filter(event=kind.event).count() == 3


def test_control_f12_a_hold_that_does_not_wait_for_its_payment_is_lost(a_type, bank, pass_time, monkeypatch):
    monkeypatch.setattr("registrations.checkout.keep_for_payment", lambda **_: None)
    kind = a_type(capacity=3)
    trouble_for_minutes(bank, random.Random(3), kind, pass_time)
    pass_time(**MINUTES)
    expiry.expire_holds(now=clock.now())
    assert till.claimed(kind) == 0 and "M3" in till.violated()


# F13: at once


@REAL
def test_f13_a_notice_many_times_at_once_is_one_transition(a_type, bank, settings):
    settings.PDF_IN_MAIL = False
    for number in SEEDS:
        with seed(number) as chance:
            order = cast.ordered(a_type(), chance.randint(1, 4))
            payment = till.opened(order)
            slow = chance.random() < 0.5
            (bank.pay_later if slow else bank.pay)(payment)
            if slow:
                bank.decide(payment, success=True)
            events, copies = bank.double.post.owed[:], chance.randint(2, 5)
            bank.double.post.owed.clear()
            told = events * copies
            chance.shuffle(told)
            body = [bank.double.post.body(event) for event in told]
            signed = [bank.double.post.signature(each) for each in body]
            statuses = till.at_once(len(told), lambda n, body=body, signed=signed: post_alone(body[n], signed[n]))
            assert statuses == [200] * len(told)
            kept = list(Notice.objects.filter(handled_at=None))
            assert len(kept) == len(events)
            till.at_once(len(kept) * 3, lambda n, kept=kept: notices.handle(notice=kept[n % len(kept)], now=clock.now()))
            till.at_once(3, lambda _, order=order: fulfilment.fulfil(order_id=order.pk, now=clock.now()))
            assert order.tickets.count() == order.lines.get().quantity
            assert Mail.objects.filter(kind="order_confirmation", subject_id=order.pk).count() == 1


def post_alone(body, header):
    reply = Client().post("/notices/stripe/", body, content_type="application/json", headers={"Stripe-Signature": header})
    return reply.status_code


# F15: never


def test_f15_what_is_never_told_is_settled_within_ten_minutes(a_type, bank, pass_time):
    for number in SEEDS:
        with seed(number) as chance:
            kind = a_type()
            payments = [till.opened(cast.ordered(kind)) for _ in range(3)]
            for payment in payments:
                (bank.pay if chance.random() < 0.6 else bank.pay_later)(payment)
            for payment in Payment.objects.filter(pk__in=[each.pk for each in payments]):
                if bank.book.things[payment.provider_id]["payment_status"] != "paid":
                    bank.decide(payment, success=True)
            bank.tell(chance, lose=chance.choice([0.5, 1.0]))
            pass_time(minutes=9)
            how = chance.choice(["the page", "the sweep", "the provider's list"])
            if how == "the page":
                assert [till.landing(payment.order, bank.client).status_code for payment in payments] == [302] * 3
            elif how == "the sweep":
                till.sweep()
            else:
                reconciliation.recover_notices(now=clock.now())
                notices.handle_due(now=clock.now())
            assert Ticket.objects.filter(event=kind.event).count() == 3


def test_control_f15_without_page_sweep_and_list_nothing_would_settle(a_type, bank, pass_time):
    payment = till.opened(cast.ordered(a_type()))
    bank.pay(payment)
    bank.tell(random.Random(1), lose=1.0)
    pass_time(minutes=9)
    notices.handle_due(now=clock.now())
    assert not Ticket.objects.exists()


# F16 and F17: days late


def late(a_type, bank, chance, pass_time, *, taken):
    """Money for an order that ran out, days later; `taken`: its places are sold to somebody else."""
    kind, places = a_type(capacity=4), chance.randint(1, 4)
    order = cast.ordered(kind, places)
    payment = till.opened(order)
    pass_time(**MINUTES)
    till.sweep()
    if taken:
        cast.ordered(cast.ticket_type(kind.event, quota=kind.quotas.get(), max_per_order=4), 4, now=clock.now())
    pass_time(days=chance.randint(1, 3))
    bank.pay_after_all(payment)
    bank.tell(chance)
    return order, payment, places


def test_f16_money_days_late_for_places_that_are_gone_goes_back_whole(a_type, bank, pass_time):
    for number in SEEDS:
        with seed(number) as chance:
            order, payment, places = late(a_type, bank, chance, pass_time, taken=True)
            refund = Refund.objects.get(payment=payment)
            assert (refund.amount_minor, refund.reason, order.tickets.count()) == (places * 1500, "late", 0)
            till.assert_audit_is_clean()
            settlement.send_refunds(now=clock.now())
            bank.tell(chance)
            assert bank.book.all("refund", "")[0]["amount"] == places * 1500
            assert "money is on its way back" in till.text(till.landing(order, bank.client))


def test_f17_money_days_late_for_places_that_are_free_buys_them(a_type, bank, pass_time):
    for number in SEEDS:
        with seed(number) as chance:
            order, payment, places = late(a_type, bank, chance, pass_time, taken=False)
            assert order.tickets.count() == places and not payment.refunds.exists()


# F18: two sessions


def two_paid(a_type, bank, chance):
    order = cast.ordered(a_type(), chance.randint(1, 3))
    first = till.opened(order)
    bank.pay_later(first)
    bank.decide(first, success=False)
    bank.tell(chance)
    second = till.opened(order)
    assert first != second
    paid = [lambda: bank.pay(second), lambda: bank.pay_after_all(first)]
    chance.shuffle(paid)
    for pay in paid:
        pay()
    return order


def test_f18_of_two_sessions_that_are_paid_one_is_kept(a_type, bank):
    for number in SEEDS:
        with seed(number) as chance:
            order = two_paid(a_type, bank, chance)
            bank.tell(chance)
            refund = Refund.objects.get(payment__order=order)
            assert (refund.amount_minor, refund.reason) == (order.total_minor, "surplus")
            till.assert_audit_is_clean()
            settlement.send_refunds(now=clock.now())
            assert order.tickets.count() == order.lines.get().quantity


def test_control_f18_without_giving_the_surplus_back_both_would_be_kept(a_type, bank, monkeypatch):
    monkeypatch.setattr(settlement, "owe_refund", lambda **_: None)
    two_paid(a_type, bank, random.Random(2))
    bank.tell(random.Random(2))
    assert {"M1", "M2"} & till.violated()


# F19: the last second


@REAL
def test_f19_paying_and_closing_at_the_same_moment(a_type, bank):
    """At Stripe either the buyer's payment or our closing comes first, while sweepers turn; what Stripe says is sold or released."""
    for number in SEEDS:
        with seed(number) as chance:
            kind = a_type()
            payments = [till.opened(cast.ordered(kind, email=f"dana{n}@example.com")) for n in range(4)]
            for payment in payments:
                Hold.objects.filter(pk=payment.order.hold_id).update(expires_at=clock.now())
            first = chance.sample(payments, 2)
            for payment in first[: chance.randint(0, 2)]:
                bank.pay(payment)
            acts = [till.sweep, till.sweep, *(lambda payment=payment: paid_if_open(bank, payment) for payment in payments)]
            chance.shuffle(acts)
            till.at_once(len(acts), lambda n, acts=acts: acts[n]())
            till.sweep()
            for payment in Payment.objects.filter(order__event=kind.event).select_related("order"):
                paid = bank.book.things[payment.provider_id]["payment_status"] == "paid"
                assert bool(payment.succeeded_at) == bool(payment.order.confirmed_at) == paid
                assert bool(payment.order.expired_at) != paid
            assert till.claimed(kind) == Ticket.objects.filter(event=kind.event).count()
            assert not Refund.objects.exists()


def paid_if_open(bank, payment):
    from tests.stripe_double.book import Refused

    try:
        with bank.book.lock:
            bank.pay(payment)
    except Refused:
        pass  # closed before the buyer pressed the button: Stripe's page says so


# F20: not genuine


def forged(bank, chance, event):
    """A notice that is not genuine in one of many ways: (body, signature)."""
    post, body = bank.double.post, bank.double.post.body(event)
    place = chance.randrange(len(body))
    another = chance.choice([letter for letter in "0123456789abcdefg" if letter != body[place]])
    return chance.choice(
        [
            lambda: (body, post.signature(body, secret=f"whsec_{chance.random()}")),
            lambda: (body, post.signature(body, age=chance.randint(302, 10**6))),
            lambda: (body, post.signature(body, age=-chance.randint(302, 10**6))),
            lambda: (body[:place] + another + body[place + 1 :], post.signature(body)),
            lambda: (body[:place], post.signature(body)),
            lambda: (body, post.signature(body).replace("v1=", "v0=")),
            lambda: (body, "".join(chance.choice("t=v1,0123456789abcdef") for _ in range(chance.randint(0, 90)))),
            lambda: signed(post, event | {"livemode": True}),
            lambda: signed(post, event | {"account": f"acct_{chance.randint(1, 10**9)}"}),
            lambda: signed(post, {"id": "evt_1"}),
        ]
    )()


def signed(post, event):
    return post.body(event), post.signature(post.body(event))


def test_f20_what_is_not_genuine_is_400_and_nothing_is_kept(a_type, bank, settings):
    payment = till.opened(cast.ordered(a_type()))
    bank.pay(payment)
    event = bank.double.post.owed[-1]
    for number in SEEDS:
        with seed(number) as chance:
            settings.STRIPE_WEBHOOK_SECRETS = chance.choice(
                [["whsec_double"], ["whsec_new", "whsec_double"], ["whsec_double", "whsec_old"]]
            )
            for _ in range(10):
                assert bank.send(*forged(bank, chance, event)) == 400
    assert not Notice.objects.exists() and not Ticket.objects.exists()
    bank.tell(random.Random(0))  # the control: the genuine one does
    assert Ticket.objects.exists()


# F21: another amount or currency


def another_amount(a_type, bank, chance):
    kind = a_type()
    payment = till.opened(cast.ordered(kind, 2))
    bank.pay(payment)
    amount = chance.choice([1, 2999, 3001, chance.randint(1, 9999)])
    bank.book.things[payment.provider_id] |= chance.choice([{"amount_total": amount}, {"currency": chance.choice(["huf", "usd", "jpy"])}])
    return kind, payment


def test_f21_another_amount_or_currency_is_never_fulfilled_and_waits_for_staff(a_type, bank, pass_time):
    for number in SEEDS:
        with seed(number) as chance:
            kind, payment = another_amount(a_type, bank, chance)
            bank.tell(chance)
            payment.refresh_from_db()
            assert payment.mismatch_at and not payment.order.tickets.exists() and not payment.refunds.exists()
            pass_time(**MINUTES)
            till.sweep()
            assert till.claimed(kind) == 0


def test_control_f21_without_comparing_it_would_be_sold(a_type, bank, monkeypatch):
    kind, payment = another_amount(a_type, bank, random.Random(1))
    monkeypatch.setattr("payments.stripe.words.session", as_asked(payment))
    bank.tell(random.Random(1))
    assert Ticket.objects.filter(event=kind.event).exists()


def as_asked(payment):
    from dataclasses import replace

    from payments.stripe import words

    real = words.session
    return lambda found, account: replace(real(found, account), amount_minor=payment.amount_minor, currency=payment.currency)


# F22: refunds


def test_f22_parts_that_race_and_whose_answers_are_lost_are_given_back_once(a_type, bank, pass_time):
    for number in SEEDS:
        with seed(number) as chance:
            order = cast.ordered(a_type(), 4)
            bank.pay(till.opened(order))
            bank.tell(chance)
            asked, refused = 0, 0
            for _ in range(chance.randint(2, 7)):
                amount = chance.randint(1, 2500)
                try:
                    refunds.refund_order(order=order, amount_minor=amount, now=clock.now())
                    asked += amount
                except settlement.RefundTooLarge:
                    refused += 1
                    assert asked + amount > order.total_minor
            bank.double.faults.extend([(chance.choice(["lost", "500", "429"]), "POST refunds") for _ in range(chance.randint(0, 6))])
            for _ in range(5):
                settlement.send_refunds(now=clock.now())
                bank.tell(chance)
                pass_time(minutes=3)
            given = [made["amount"] for made in bank.book.all("refund", "") if made["payment_intent"] == intent_of(bank, order)]
            assert sum(given) == asked <= order.total_minor
            assert sorted(given) == sorted(Refund.objects.filter(payment__order=order).values_list("amount_minor", flat=True))
            assert not Refund.objects.filter(payment__order=order, completed_at=None).exists()


def intent_of(bank, order):
    return bank.book.things[Payment.objects.get(order=order).provider_id]["payment_intent"]


@REAL
def test_f22_desks_that_race_never_give_back_more_than_came_in(a_type, bank):
    for number in SEEDS:
        with seed(number) as chance:
            order = cast.ordered(a_type(), 1)
            bank.pay(till.opened(order))
            bank.tell(chance)
            amounts = [chance.randint(200, 900) for _ in range(4)]

            def give(n, order=order, amounts=amounts):
                return refunds.refund_order(order=order, amount_minor=amounts[n], now=clock.now())

            answers = till.at_once(4, give)
            till.at_once(2, lambda _: settlement.send_refunds(now=clock.now()))
            assert all(isinstance(answer, list | settlement.RefundTooLarge) for answer in answers)
            assert bank.book.things[bank.book.things[intent_of(bank, order)]["latest_charge"]]["amount_refunded"] <= 1500


def test_control_f22_with_a_new_key_each_time_it_would_be_given_back_twice(a_type, bank, pass_time):
    order = cast.ordered(a_type(), 2)
    bank.pay(till.opened(order))
    bank.tell(random.Random(0))
    refunds.refund_order(order=order, amount_minor=400, now=clock.now())
    bank.double.faults.extend([("lost", "POST refunds")] * 2)
    settlement.send_refunds(now=clock.now())
    pass_time(minutes=3)
    Refund.objects.update(idempotency_key=tokens.link_token())
    settlement.send_refunds(now=clock.now())
    assert sum(made["amount"] for made in bank.book.all("refund", "")) == 800
