"""Whoever is erased here is erased at the payment provider too, however often it takes; what was sold stays known there."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from outbox.models import Mail
from payments import forgetting
from payments.gateway import GatewayBusy
from payments.models import Payment
from registrations import erasure, fulfilment
from registrations.models import Order
from tests import cast
from tests.payments import till
from tests.payments.test_reconciliation import lost
from tests.payments.test_stripe_paying import pay, tell_all
from ticketing.lib import clock

pytestmark = pytest.mark.django_db
TOLD = {"buyer_name": "Dana", "buyer_email": "dana@example.com"}


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def order(kind, stripe_double):
    order = cast.ordered(kind, 2)
    pay(stripe_double, order)
    tell_all(stripe_double)
    return Order.objects.select_related("event").get(pk=order.pk)


def erased(order):
    erasure.ask_order(order=order, now=clock.now())
    erasure.erase_due(now=order.event.ends_at + timedelta(days=1))


def told(double):
    """What Stripe's double knows of the buyer, in the session and in its payment intent."""
    things = [thing for thing in double.book.things.values() if thing["object"] in ("checkout.session", "payment_intent")]
    assert len(things) == 2
    return [{name: thing["metadata"][name] for name in TOLD if name in thing["metadata"]} for thing in things]


def test_the_name_and_the_address_go_and_what_was_sold_stays(order, stripe_double):
    assert told(stripe_double) == [TOLD, TOLD]
    assert forgetting.forget_due(now=clock.now()) == 0  # nobody was erased
    erased(order)
    assert forgetting.forget_due(now=clock.now()) == 1
    assert told(stripe_double) == [{}, {}]
    assert stripe_double.sessions()[0]["metadata"]["lines"].endswith("x2@1500")
    calls = sum(stripe_double.calls.values())
    assert forgetting.forget_due(now=clock.now()) == 0 and sum(stripe_double.calls.values()) == calls


def test_control_without_the_sweep_the_provider_remembers(order, stripe_double):
    erased(order)
    assert told(stripe_double) == [TOLD, TOLD]


@pytest.mark.parametrize("what", ["POST checkout/sessions/*", "POST payment_intents/*"])
def test_a_provider_that_does_not_answer_is_asked_again(order, stripe_double, what):
    erased(order)
    stripe_double.faults.extend([("500", what)] * 2)  # the SDK repeats once by itself
    assert forgetting.forget_due(now=clock.now()) == 0
    assert forgetting.forget_due(now=clock.now()) == 1
    assert told(stripe_double) == [{}, {}]


def test_one_that_is_always_refused_an_answer_comes_after_the_others(kind, order, stripe_double):
    other = cast.ordered(kind)
    pay(stripe_double, other)
    tell_all(stripe_double)
    for each in (order, other):
        erased(Order.objects.select_related("event").get(pk=each.pk))
    first, second = Payment.objects.order_by("pk")
    assert forgetting.MOST_FAILURES > 1
    stripe_double.faults.extend([("500", "POST checkout/sessions/*")] * 2)
    assert forgetting.forget_due(now=clock.now()) == 1
    assert set(Payment.objects.filter(forgotten_at=None)) == {first}
    assert Payment.objects.get(pk=second.pk).forgotten_at


def test_sales_come_first_when_the_budget_of_calls_is_used_up(order, stripe_double, monkeypatch):
    erased(order)
    with monkeypatch.context() as patch:
        patch.setattr("payments.stripe.budget.take", used_up)
        assert forgetting.forget_due(now=clock.now()) == 0
    assert forgetting.forget_due(now=clock.now()) == 1


def used_up(*, endpoint):
    raise GatewayBusy("too many", retry_after=1)


def test_a_session_that_the_provider_does_not_know_is_done(order, stripe_double):
    erased(order)
    stripe_double.empty()
    assert forgetting.forget_due(now=clock.now()) == 1


def test_an_order_that_is_made_again_after_a_restore_comes_back_without_its_buyer(order, kind, stripe_double):
    erased(order)
    forgetting.forget_due(now=clock.now())
    lost(order)
    call_command("rebuild_orders")
    again = Order.objects.get()
    assert (again.code, again.total_minor, again.buyer_name, again.buyer_email) == (order.code, 3000, "", "")
    assert again.confirmed_at and till.claimed(kind) == 2
    assert fulfilment.fulfil_due(now=clock.now()) == 0 and not Mail.objects.filter(to="").exists()
