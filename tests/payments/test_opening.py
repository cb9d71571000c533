"""Opening a payment at a provider that answers late, not at all, or after it acted (F11, F12)."""

import pytest

from payments import settlement
from payments.gateway import GatewayTrouble, PaymentRefused
from payments.models import Payment, PracticeSession
from registrations import checkout
from registrations.models import Hold
from tests import cast
from tests.payments import till
from ticketing.lib import clock, tokens

pytestmark = pytest.mark.django_db


def test_f11_a_time_out_after_the_provider_acted_leads_to_the_same_session(kind, monkeypatch):
    order = cast.ordered(kind)
    till.lose_answers(monkeypatch, 2)
    for _ in range(2):
        answer = till.start(order)
        assert answer.status_code == 503 and answer.headers["Retry-After"]
        assert "Nothing was charged" in till.text(answer)
    session = PracticeSession.objects.get()
    assert till.start(order).url.endswith(f"/practice/{session.token}/")
    payment = Payment.objects.get()
    assert (payment.provider_id, payment.idempotency_key) == (session.token, session.idempotency_key)
    assert till.act(order, "pay").url == order.get_absolute_url()
    assert PracticeSession.objects.count() == Payment.objects.count() == 1
    till.assert_audit_is_clean()


def test_control_with_a_new_key_for_each_try_there_would_be_two_sessions(kind, monkeypatch):
    order = cast.ordered(kind)
    till.lose_answers(monkeypatch, 1)
    till.start(order)
    Payment.objects.update(idempotency_key=tokens.link_token())
    till.start(order)
    assert PracticeSession.objects.count() == 2


def test_f11_a_buyer_who_left_after_the_time_out_gives_the_places_back(kind, monkeypatch, pass_time):
    order = cast.ordered(kind)
    till.lose_answers(monkeypatch, 1)
    till.start(order)
    pass_time(minutes=16)
    till.sweep()
    assert PracticeSession.objects.get().status == "expired"  # found by its key, and closed before the places went
    assert till.claimed(kind) == 0
    till.assert_audit_is_clean()


def test_f11_the_same_session_although_the_event_was_renamed_meanwhile(kind, monkeypatch, pass_time):
    """The repeated call asks word for word what the first asked: a provider refuses a key with other words."""
    order = cast.ordered(kind)
    till.lose_answers(monkeypatch, 1)
    till.start(order)
    kind.event.name = "Another name"
    kind.event.save()
    checkout.extend_hold(hold=order.hold, now=clock.now())
    assert till.start(order).status_code == 302
    pass_time(minutes=40)
    till.sweep()
    assert till.claimed(kind) == 0
    till.assert_audit_is_clean()


def test_a_key_with_other_words_is_refused_by_the_provider(kind):
    payment = till.opened(cast.ordered(kind))
    Payment.objects.update(provider_id=None, amount_minor=1)
    payment.refresh_from_db()
    with pytest.raises(PaymentRefused):
        settlement.settle(payment=payment, now=clock.now())


def test_f12_while_the_provider_is_away_places_are_kept_and_then_paid(kind, settings, pass_time):
    settings.PRACTICE_AWAY = True
    order = cast.ordered(kind)
    assert till.start(order).status_code == 503
    pass_time(minutes=16)
    till.sweep()
    assert till.claimed(kind) == 1 and Payment.objects.get().is_open
    with pytest.raises(GatewayTrouble):
        settlement.settle(payment=Payment.objects.get(), now=clock.now())
    settings.PRACTICE_AWAY = False
    assert till.act(order, "pay").url == order.get_absolute_url()
    till.assert_audit_is_clean()


@pytest.mark.django_db(transaction=True)
def test_many_tabs_at_once_open_one_payment(kind):
    order = cast.ordered(kind)
    answers = till.at_once(8, lambda _: till.start(order).url)
    assert len(set(answers)) == 1 and "/practice/" in answers[0]
    assert PracticeSession.objects.count() == Payment.objects.count() == 1
    till.assert_audit_is_clean()


@pytest.mark.django_db(transaction=True)
def test_control_without_the_constraint_many_tabs_would_open_many_payments(kind, monkeypatch):
    order = cast.ordered(kind)
    with till.without_constraint(Payment, "one_open_payment_per_order"):
        found = Payment.objects.none()
        monkeypatch.setattr(Payment.objects, "filter", lambda **asked: found if "order" in asked else Payment.objects.all().filter(**asked))
        till.at_once(4, lambda _: settlement.open_payment(order=order, now=clock.now()))
        assert PracticeSession.objects.count() > 1


def test_a_payment_is_not_opened_for_places_that_are_gone(kind, pass_time):
    order = cast.ordered(kind)
    pass_time(minutes=16)
    assert till.start(order).status_code == 409  # the sweeper has not even come yet
    till.sweep()
    assert till.start(order).status_code == 409
    assert not Payment.objects.exists()
    till.assert_audit_is_clean()


def test_an_order_that_costs_nothing_or_is_paid_opens_no_payment(kind, concert):
    free = cast.ordered(cast.ticket_type(concert))
    paid = cast.ordered(kind)
    till.act(paid, "pay")
    for order in (free, paid):
        assert till.start(order).url == order.get_absolute_url()
    assert Payment.objects.count() == 1
    assert Hold.objects.filter(payment_open_since__isnull=False).count() == 0
