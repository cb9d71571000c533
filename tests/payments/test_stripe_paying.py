"""A payment by Stripe with its real SDK over HTTP: what is asked, what is answered, and every way it may go wrong."""

import pytest
import urllib3
from django.test import Client

from payments import notices, refunds, settlement
from payments.gateway import GatewayBusy, gateway
from payments.models import Notice, Payment, PayoutAccount, Refund
from payments.stripe import budget
from tests import cast
from tests.payments import till
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(kind, stripe_double):
    return cast.ordered(kind, 2)


def tell(double, event, **signed):
    """The notice at the shop's door, as Stripe would post it."""
    body = double.post.body(event)
    header = double.post.signature(body, **signed)
    return Client().post("/notices/stripe/", body, content_type="application/json", headers={"Stripe-Signature": header}).status_code


def tell_all(double):
    told, double.post.owed = double.post.owed, []
    assert [tell(double, event) for event in told] == [200] * len(told)
    notices.handle_due(now=clock.now())


def pay(double, order, act="pay"):
    payment = till.opened(order)
    getattr(double.book, act)(payment.provider_id, "")
    return payment


def test_dana_pays_by_card_and_comes_back_to_her_tickets(order, stripe_double):
    page = till.start(order).url
    assert page.startswith(stripe_double.url + "/pay/cs_test_")
    session = stripe_double.sessions()[0]
    assert (session["amount_total"], session["currency"], session["client_reference_id"]) == (3000, "eur", order.code)
    assert session["metadata"]["order"] == order.code and session["metadata"]["lines"].endswith("x2@1500")
    stripe_double.book.pay(session["id"], "")
    assert till.landing(order).url == order.get_absolute_url()
    assert order.tickets.count() == 2
    till.assert_audit_is_clean()


def test_a_declined_card_leaves_the_page_open_and_the_next_card_pays(order, stripe_double):
    payment = pay(stripe_double, order, "decline")
    assert "not finished" in till.text(till.landing(order))
    stripe_double.book.pay(payment.provider_id, "")
    till.landing(order)
    assert order.tickets.count() == 2 and Payment.objects.count() == 1
    till.assert_audit_is_clean()


@pytest.mark.parametrize("success", [True, False])
def test_a_slow_method_is_still_checked_until_it_is_decided(order, stripe_double, success):
    payment = pay(stripe_double, order, "pay_later")
    assert "still checking" in till.text(till.landing(order))
    stripe_double.book.decide(payment.provider_id, "", success=success)
    tell_all(stripe_double)
    payment.refresh_from_db()
    assert bool(payment.succeeded_at) is success and bool(payment.failed_at) is not success
    assert order.tickets.count() == (2 if success else 0)
    if not success:
        assert payment.failure == "The debit was refused." and "was declined" in till.text(till.landing(order))
    till.assert_audit_is_clean()


def test_an_abandoned_session_outlives_the_hold_and_is_expired_by_call(order, stripe_double, kind, pass_time):
    till.opened(order)
    pass_time(minutes=16)
    till.sweep()
    assert stripe_double.sessions()[0]["status"] == "expired" and till.claimed(kind) == 0
    till.assert_audit_is_clean()


def test_a_session_paid_in_the_last_second_is_not_expired_but_sold(order, stripe_double, kind, pass_time):
    payment = till.opened(order)
    pass_time(minutes=16)
    stripe_double.book.pay(payment.provider_id, "")
    till.sweep()
    assert order.tickets.count() == 2 and till.claimed(kind) == 2
    till.assert_audit_is_clean()


# F11: time-out after success


@pytest.mark.parametrize("losses", range(1, 5))
def test_f11_an_answer_lost_on_the_way_is_completed_by_its_key(order, stripe_double, losses, pass_time):
    stripe_double.faults.extend([("lost", "POST checkout/sessions")] * losses)
    while till.start(order).status_code == 503:
        pass
    assert len(stripe_double.sessions()) == 1 and Payment.objects.get().provider_id == stripe_double.sessions()[0]["id"]
    assert stripe_double.calls["POST checkout/sessions"] == losses + 1


def test_control_without_the_key_each_try_would_be_another_session(order, stripe_double):
    stripe_double._once = lambda operation, path, params, on, key: stripe_double._write(operation, path, params, on)
    stripe_double.faults.append(("lost", "POST checkout/sessions"))
    till.start(order)
    assert len(stripe_double.sessions()) == 2


def test_a_key_used_with_other_words_is_refused_as_stripe_does(order, stripe_double):
    till.opened(order)
    with pytest.raises(Exception, match="same parameters"):
        settlement._open_at_provider(change(Payment.objects.get()))


def change(payment):
    payment.asked = payment.asked | {"description": "another"}
    return payment


def test_calls_go_over_one_kept_connection(order, stripe_double, monkeypatch):
    opened, shake_hands = [], stripe_double.server.get_request
    monkeypatch.setattr(stripe_double.server, "get_request", lambda: opened.append(1) or shake_hands())
    payment = pay(stripe_double, order)
    till.landing(order)
    refunds.refund_order(order=payment.order, amount_minor=100, now=clock.now())
    settlement.send_refunds(now=clock.now())
    assert stripe_double.calls.total() == 4 and len(opened) == 1


@pytest.mark.parametrize(("trouble", "tries"), [(urllib3.exceptions.ReadTimeoutError, 2), (urllib3.exceptions.SSLError, 1)])
def test_a_call_that_got_no_answer_is_repeated_but_not_before_a_false_certificate(order, stripe_double, monkeypatch, trouble, tries):
    tried = []

    def fail(*_, **__):
        tried.append(1)
        raise trouble(None, "", "") if trouble is urllib3.exceptions.ReadTimeoutError else trouble("")

    monkeypatch.setattr(urllib3.PoolManager, "urlopen", fail)
    assert till.start(order).status_code == 503 and len(tried) == tries


# F12: 429, 5xx, and a budget


@pytest.mark.parametrize("status", ["429", "500", "503"])
def test_f12_a_provider_in_trouble_keeps_the_hold_payable(order, stripe_double, status, kind, pass_time):
    stripe_double.faults.extend([(status, "POST checkout/sessions")] * 6)
    reply = till.start(order)
    assert reply.status_code == 503 and reply.headers["Retry-After"] == "10" and "Nothing was charged" in till.text(reply)
    order.hold.refresh_from_db()
    assert order.hold.payment_open_since and till.claimed(kind) == 2
    stripe_double.faults.clear()
    assert till.start(order).status_code == 302
    till.assert_audit_is_clean()


def test_f12_more_calls_than_the_budget_wait_politely_and_go_on_by_themselves(order, stripe_double, settings, monkeypatch):
    settings.STRIPE_CALLS_PER_SECOND = 1
    monkeypatch.setattr(budget, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(budget, "_hit", lambda endpoint: False)
    reply = till.start(order)
    assert reply.status_code == 503 and int(reply.headers["Retry-After"]) >= 2
    assert "Just a moment" in till.text(reply) and 'http-equiv="refresh"' in till.text(reply)
    monkeypatch.undo()
    assert till.start(order).status_code == 302


@pytest.mark.parametrize("address", ["here", "redis://127.0.0.1:9/0"])
def test_the_budget_is_kept_with_and_without_redis(settings, address, monkeypatch):
    monkeypatch.setattr(budget, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(budget.breaker, "open_until", 0.0)
    settings.STRIPE_CALLS_PER_SECOND = 3
    settings.REDIS_ADDRESS = settings.REDIS_ADDRESS if address == "here" else address
    taken = 0
    for _ in range(40):
        try:
            budget.take(endpoint=f"test.{address}")
            taken += 1
        except GatewayBusy:
            pass
    assert 3 <= taken <= 6  # a second may end in between


# F13, F14: notices


@pytest.mark.parametrize("seed", range(20))
def test_notices_doubled_and_in_any_order_end_as_the_provider_stands(kind, stripe_double, seed):
    kind.quotas.update(capacity=100)
    orders = [cast.ordered(kind) for _ in range(5)]
    payments = [till.opened(order) for order in orders]
    for number, act in enumerate(["pay", "pay_later", "pay_later", "expire", "decline"]):
        getattr(stripe_double.book, act)(payments[number].provider_id, "")
    stripe_double.book.decide(payments[1].provider_id, "", success=True)
    stripe_double.book.decide(payments[2].provider_id, "", success=False)
    import random

    owed = stripe_double.post.owed * 2
    random.Random(seed).shuffle(owed)
    for event in owed:
        assert tell(stripe_double, event) == 200
        if random.Random(seed).random() < 0.5:
            notices.handle_due(now=clock.now())
    notices.handle_due(now=clock.now())
    assert [order.tickets.count() for order in orders] == [1, 1, 0, 0, 0]
    assert [bool(payment.failed_at) for payment in Payment.objects.order_by("id")] == [False, False, True, True, False]
    assert Notice.objects.count() == len({event["id"] for event in owed}) and not Notice.objects.filter(handled_at=None).exists()
    till.assert_audit_is_clean()


# F20: not genuine


def test_f20_notices_that_are_not_genuine_are_400(order, stripe_double, settings):
    pay(stripe_double, order)
    event = stripe_double.post.owed[-1]
    assert tell(stripe_double, event, secret="whsec_other") == 400
    assert tell(stripe_double, event, age=301) == 400
    assert tell(stripe_double, event, age=-310) == 400
    assert tell(stripe_double, event | {"livemode": True}) == 400
    assert tell(stripe_double, event | {"account": "acct_somebody"}) == 400
    assert tell(stripe_double, {"id": "evt_1"}) == 400
    assert Client().post("/notices/stripe/", "{}", content_type="application/json").status_code == 400
    assert not Notice.objects.exists()
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", "whsec_double"]
    assert tell(stripe_double, event) == 200
    assert tell(stripe_double, event | {"id": "evt_2"}, secret="whsec_new") == 200
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new"]
    assert tell(stripe_double, event | {"id": "evt_3"}) == 400


def test_a_notice_of_an_unknown_kind_is_harmless(order, stripe_double):
    assert tell(stripe_double, stripe_double.book.new("evt", "event", "", type="tax.form.ready", data={"object": {"id": "x_1"}})) == 200
    notices.handle_due(now=clock.now())
    assert Notice.objects.get().handled_at


# F21


@pytest.mark.parametrize("other", [{"amount_total": 1}, {"currency": "huf"}])
def test_f21_another_amount_or_currency_is_not_fulfilled(order, stripe_double, other):
    payment = pay(stripe_double, order)
    stripe_double.book.things[payment.provider_id] |= other
    tell_all(stripe_double)
    payment.refresh_from_db()
    assert payment.mismatch_at and not order.tickets.exists()


# Refunds


@pytest.mark.parametrize("losses", range(3))
def test_f22_parts_are_given_back_once_each_however_often_the_answer_is_lost(order, stripe_double, losses, pass_time):
    pay(stripe_double, order)
    tell_all(stripe_double)
    for amount in (1000, 2000):
        refunds.refund_order(order=order, amount_minor=amount, now=clock.now())
    stripe_double.faults.extend([("lost", "POST refunds")] * losses)
    for _ in range(3):
        settlement.send_refunds(now=clock.now())
        pass_time(minutes=3)
    assert sorted(made["amount"] for made in stripe_double.book.all("refund", "")) == [1000, 2000]
    assert Refund.objects.filter(completed_at__isnull=False).count() == 2
    till.assert_audit_is_clean()


def test_a_refund_that_comes_back_from_the_bank_is_told_and_may_be_sent_again(order, stripe_double):
    pay(stripe_double, order)
    tell_all(stripe_double)
    refunds.refund_order(order=order, amount_minor=3000, now=clock.now())
    settlement.send_refunds(now=clock.now())
    sent = Refund.objects.get()
    stripe_double.book.send_back(sent.provider_id)
    stripe_double.post.owed *= 2
    tell_all(stripe_double)
    sent.refresh_from_db()
    assert sent.failed_at and sent.failure == "expired_or_canceled_card"
    assert refunds.refundable_minor(order=order) == 3000
    till.assert_audit_is_clean()


def test_more_automatic_refunds_than_the_hours_cap_ask_staff(order, stripe_double, settings):
    settings.AUTOMATIC_REFUNDS_PER_HOUR = 1
    payment = pay(stripe_double, order)
    tell_all(stripe_double)
    for reason in ("late", "surplus", "requested"):
        settlement.owe_refund(payment=payment, amount_minor=100, reason=reason, now=clock.now())
    assert settlement.send_refunds(now=clock.now()) == 2
    waiting = Refund.objects.get(completed_at=None)
    assert waiting.staff_asked_at and settlement.send_refunds(now=clock.now()) == 0
    assert settlement.approve_refund(refund=waiting, now=clock.now()) and not settlement.approve_refund(refund=waiting, now=clock.now())
    assert settlement.send_refunds(now=clock.now()) == 1


# An organiser's own account


def test_sales_of_a_connected_organiser_are_charged_on_its_account_with_the_platforms_part(kind, stripe_double, settings, alice, client):
    settings.APPLICATION_FEE_PERCENT = 2
    organiser = kind.event.organiser
    client.force_login(alice)
    reply = client.post(f"/manage/{organiser.slug}/payout-account/")
    account = PayoutAccount.objects.get()
    assert f"/onboard/{account.provider_id}" in reply.url and account.may_charge_since is None
    stripe_double.book.finish_onboarding(account.provider_id)
    tell_all(stripe_double)
    order = cast.ordered(kind, 2)
    payment = till.opened(order)
    assert payment.provider_id.startswith(f"{account.provider_id}/cs_test_")
    own = payment.provider_id.split("/")[1]
    stripe_double.book.pay(own, account.provider_id)
    tell_all(stripe_double)
    assert order.tickets.count() == 2
    balance = gateway().balance_of(provider_id=payment.provider_id)
    assert (balance.gross_minor, balance.platform_minor, balance.fee_minor) == (3000, 60, 130)
    refunds.refund_order(order=order, amount_minor=500, now=clock.now())
    settlement.send_refunds(now=clock.now())
    assert Refund.objects.get().provider_id.startswith(account.provider_id + "/re_")
    till.assert_audit_is_clean()


# What reconciliation reads


def test_sessions_notices_payouts_and_their_parts_are_read_to_the_cent(order, stripe_double):
    payment = pay(stripe_double, order)
    tell_all(stripe_double)
    refunds.refund_order(order=order, amount_minor=500, now=clock.now())
    settlement.send_refunds(now=clock.now())
    stripe_double.book.pay_out()
    since, stripe = clock.now() - settlement.SESSION_LIVES, gateway()
    session = next(stripe.sessions(since=since))
    assert (session.provider_id, session.refunded_minor, session.reference) == (payment.provider_id, 500, order.code)
    assert {"checkout.session.completed", "payout.paid"} <= {told.kind for told in stripe.notices(since=since)}
    payout = next(stripe.payouts(since=since))
    parts = list(stripe.payout_parts(payout_id=payout.provider_id))
    assert sum(part.gross_minor - part.fee_minor for part in parts) == payout.amount_minor == 3000 - 70 - 500
    assert {(part.kind, part.provider_id) for part in parts} == {
        ("payment", payment.provider_id),
        ("refund", Refund.objects.get().provider_id),
    }


def test_the_double_refuses_what_the_sdk_does_not_know(stripe_double):
    from payments.stripe.client import client

    for wrong in ({"modus": "payment"}, {"mode": "pay"}, {"line_items": [{"price_data": {"amount": 1}}]}):
        with pytest.raises(Exception, match=r"unknown parameter|must be one of"):
            client().v1.checkout.sessions.create(wrong)
