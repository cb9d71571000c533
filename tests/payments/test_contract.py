"""The double's word against Stripe's own, with a test key: `STRIPE_TEST_KEY=sk_test_… pytest tests/payments/test_contract.py`.

Skipped without one. Nothing is paid by a person, so it goes as far as the API alone can: opening by key, closing,
a payment with Stripe's own test card, refunds within limits, lists, and what is refused."""

import os
import uuid
from datetime import timedelta

import pytest

from payments.gateway import Asked, PaymentRefused, Status, gateway
from payments.stripe import client as stripe_client
from ticketing.lib import clock

KEY = os.environ.get("STRIPE_TEST_KEY", "")
pytestmark = [pytest.mark.django_db, pytest.mark.skipif(not KEY.startswith("sk_test_"), reason="needs STRIPE_TEST_KEY=sk_test_…")]


@pytest.fixture
def stripe(settings, monkeypatch):
    settings.PAYMENT_GATEWAY, settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = "stripe", KEY, ""
    monkeypatch.setattr(stripe_client, "CONNECT_SECONDS", 5)  # a machine without a way out says so, and does not hang
    return gateway()


def asked(**changes):
    words = {
        "idempotency_key": uuid.uuid4().hex,
        "reference": "CONTRACT1",
        "description": "Contract test · order CONTRACT1",
        "amount_minor": 3000,
        "currency": "EUR",
        "buyer_email": "dana@example.com",
        "return_url": "https://example.com/return/",
        "cancel_url": "https://example.com/cancel/",
        "expires_at": clock.now() + timedelta(hours=2),
        "metadata": {"order": "CONTRACT1", "lines": "1x2@1500"},
    }
    return Asked(**(words | changes))


def test_the_same_key_opens_the_same_session_and_other_words_under_it_do_not(stripe):
    first = asked()
    session = stripe.open_session(asked=first)
    assert session.status is Status.OPEN and session.amount_minor == 3000 and session.metadata["order"] == "CONTRACT1"
    assert stripe.open_session(asked=first).provider_id == session.provider_id
    with pytest.raises(Exception, match="same parameters"):
        stripe.open_session(asked=asked(idempotency_key=first.idempotency_key, amount_minor=1))


def test_a_session_that_was_closed_is_expired_and_closing_it_again_says_so(stripe):
    session = stripe.open_session(asked=asked())
    assert stripe.expire(provider_id=session.provider_id).status is Status.EXPIRED
    assert stripe.expire(provider_id=session.provider_id).status is Status.EXPIRED
    assert stripe.fetch(provider_id=session.provider_id).status is Status.EXPIRED
    assert session.provider_id in {each.provider_id for each in stripe.sessions(since=clock.now() - timedelta(minutes=5))}


@pytest.mark.parametrize("wrong", [{"amount_minor": 0}, {"currency": "ISK", "amount_minor": 0}, {"provider_id": "cs_test_nothing"}])
def test_what_stripe_refuses_is_refused_for_good(stripe, wrong):
    with pytest.raises(PaymentRefused):
        if "provider_id" in wrong:
            stripe.fetch(**wrong)
        else:
            stripe.open_session(asked=asked(**wrong))


def test_a_charge_of_stripes_test_card_is_given_back_once_a_key_and_never_more_than_it_was(stripe):
    api = stripe_client.client().v1
    params = {"amount": 2000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    intent = api.payment_intents.create(params | {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}})
    key = {"idempotency_key": uuid.uuid4().hex}
    first = api.refunds.create({"payment_intent": intent.id, "amount": 500}, key)
    assert api.refunds.create({"payment_intent": intent.id, "amount": 500}, key).id == first.id
    with pytest.raises(PaymentRefused, match="greater than"):
        stripe_client.call("refunds.create", lambda: api.refunds.create({"payment_intent": intent.id, "amount": 1501}))


def test_notices_and_payouts_are_listed(stripe):
    told = list(stripe.notices(since=clock.now() - timedelta(hours=1)))
    assert all(each.notice_id.startswith("evt_") for each in told)
    assert isinstance(list(stripe.payouts(since=clock.now() - timedelta(days=3))), list)
