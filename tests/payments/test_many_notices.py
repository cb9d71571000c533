"""Some hundreds of notices in random order, a tenth of them twice: in the end every payment stands as at the provider.

The whole of it, ten thousand over HTTP with a rate, is the benchmark's part `notices`."""

import random

import pytest
from celery import current_app
from django.core.cache import cache

from bench import world
from bench.money import state
from bench.provider import ENDS, end
from payments import notices
from payments.gateway import gateway
from payments.models import Notice, Payment
from registrations.models import Ticket
from tests import cast
from tests.payments import till
from ticketing.lib import clock

pytestmark = pytest.mark.django_db
PAYMENTS = 150


@pytest.fixture
def told(hall, stripe_double):
    """Payments of every end at the provider, and all it has to tell of them."""
    kind = cast.ticket_type(cast.event(organiser=hall), price_minor=1500, capacity=PAYMENTS)
    chance = random.Random(11)
    for session in world.opened_payments(kind, PAYMENTS):
        made = stripe_double.book.open_session(asked(session["says"]), "")
        Payment.objects.filter(provider_id=session["id"]).update(provider_id=made["id"])
        end(stripe_double, made["id"], chance.choice(ENDS))
    owed = stripe_double.post.owed
    owed += chance.sample(owed, len(owed) // 9)
    chance.shuffle(owed)
    return owed


def asked(says):
    price = {"currency": says["currency"], "unit_amount": says["amount_total"]}
    addresses = {"success_url": "https://example.com", "cancel_url": "https://example.com"}
    return {"line_items": [{"quantity": 1, "price_data": price}], "expires_at": says["expires_at"], "mode": "payment"} | addresses


def receive(double, event):
    body = double.post.body(event)
    fact = gateway().read_notice(body=body.encode(), headers={"Stripe-Signature": double.post.signature(body)}, now=clock.now())
    return notices.receive(gateway_name="stripe", fact=fact, now=clock.now())


def test_hundreds_of_notices_in_random_order_end_as_the_provider_stands(told, stripe_double):
    assert len(told) >= 200
    for number, event in enumerate(told):
        receive(stripe_double, event)
        if number % 40 == 0:
            notices.handle_due(now=clock.now(), only_new=True)
    while notices.handle_due(now=clock.now()):
        pass
    assert Notice.objects.count() == len({event["id"] for event in told}) < len(told)
    for payment in Payment.objects.all():
        paid = stripe_double.book.things[payment.provider_id]["payment_status"] == "paid"
        assert state(payment) == ("paid" if paid else "failed")
    assert Ticket.objects.count() == Payment.objects.filter(succeeded_at__isnull=False).count() > PAYMENTS / 2
    till.assert_audit_is_clean()


def test_notices_of_one_session_are_one_look_at_the_provider(told, stripe_double):
    for event in told:
        receive(stripe_double, event)
    stripe_double.calls.clear()
    while notices.handle_due(now=clock.now()):
        pass
    assert stripe_double.calls["GET checkout/sessions/*"] < len({event["id"] for event in told})


def test_a_provider_that_does_not_answer_is_not_asked_for_each_notice_of_a_round(told, stripe_double):
    for event in told:
        receive(stripe_double, event)
    stripe_double.faults.extend([("500", "GET checkout/sessions/*")] * 1000)
    stripe_double.calls.clear()
    notices.handle_due(now=clock.now())
    assert stripe_double.calls["GET checkout/sessions/*"] == notices.PATIENCE * 2  # the SDK repeats each once
    stripe_double.faults.clear()
    while notices.handle_due(now=clock.now()):
        pass
    assert not Notice.objects.filter(handled_at=None).exists()
    till.assert_audit_is_clean()


def test_a_flood_is_one_nudge_until_a_task_takes_it_up(told, stripe_double, monkeypatch, django_capture_on_commit_callbacks):
    nudges = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: nudges.append(name))
    cache.delete(notices.NUDGED)
    with django_capture_on_commit_callbacks(execute=True):
        for event in told[:20]:
            receive(stripe_double, event)
    assert nudges == ["payments.handle_new_notices"]
    notices.handle_new(now=clock.now())
    with django_capture_on_commit_callbacks(execute=True):
        for event in told[20:30]:
            receive(stripe_double, event)
    assert nudges.count("payments.handle_new_notices") == 2
