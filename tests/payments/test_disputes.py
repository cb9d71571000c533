"""A bank takes a payment back, before and after the event: postings, frozen tickets, evidence (F23)."""

import itertools
import random

import pytest

from payments import ledger, notices, refunds, settlement
from payments.journal import Account
from payments.models import Dispute
from registrations import codes
from scanning import redemption
from scanning.gates import chosen_gate
from tests import cast
from tests.payments import till
from tests.payments.test_stripe_paying import pay, tell, tell_all
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(kind, stripe_double):
    order = cast.ordered(kind, 2)
    payment = pay(stripe_double, order)
    tell_all(stripe_double)
    assert order.tickets.count() == 2
    return payment


def scan(payment):
    ticket = payment.order.tickets.first()
    return redemption.redeem(gate=chosen_gate(event=ticket.event, gate_id=None), presented=codes.code_of(ticket), now=clock.now()).verdict


def payable(payment, account=Account.ORGANISER_PAYABLE):
    return ledger.balances(organiser=payment.order.event.organiser).get((account, "EUR"), 0)


@pytest.mark.parametrize("won", [True, False])
def test_f23_a_dispute_freezes_the_tickets_until_it_is_decided(paid, stripe_double, client, won):
    opened = stripe_double.book.dispute(paid.provider_id)
    tell_all(stripe_double)
    assert scan(paid) == "revoked" and paid.order.tickets.count() == 2
    page = till.text(client.get(paid.order.get_absolute_url()))
    assert "they admit nobody" in page and "You're in" not in page
    assert payable(paid, Account.DISPUTES) == 3000 and payable(paid, Account.PROCESSOR_FEE) == 2000
    assert refunds.refundable_minor(order=paid.order) == 0
    with pytest.raises(settlement.RefundTooLarge):
        refunds.refund_order(order=paid.order, amount_minor=1, now=clock.now())
    stripe_double.book.close_dispute(opened["id"], won=won)
    tell_all(stripe_double)
    assert scan(paid) == ("admitted" if won else "revoked")
    assert ("You're in" in till.text(client.get(paid.order.get_absolute_url()))) is won
    assert payable(paid, Account.DISPUTES) == 0 and payable(paid) == (-3000 if won else 0)
    till.assert_audit_is_clean()


def test_f23_after_entry_what_was_scanned_stays_written_and_is_evidence(paid, stripe_double, client, alice):
    assert scan(paid) == "admitted"
    stripe_double.book.dispute(paid.provider_id)
    tell_all(stripe_double)
    dispute = Dispute.objects.get()
    client.force_login(alice)
    path = f"/manage/events/{paid.order.event.slug}/disputes/{dispute.pk}/"
    page = till.text(client.get(path))
    assert "admitted at" in page and "Hand in the evidence" in page
    assert client.post(path, {"words": ""}).status_code == 422
    assert client.post(path, {"words": "They came and danced."}).status_code == 302
    dispute.refresh_from_db()
    told = stripe_double.book.things[dispute.provider_id]
    assert dispute.evidence_sent_at and told["status"] == "under_review"
    assert "danced" in told["evidence"]["uncategorized_text"] and "admitted at" in told["evidence"]["access_activity_log"]
    assert "before" in till.text(client.post(path, {"words": "Again."}))
    till.assert_audit_is_clean()


def test_a_dispute_is_nobody_elses(paid, stripe_double, client, charlie, bob):
    stripe_double.book.dispute(paid.provider_id)
    tell_all(stripe_double)
    for user in (charlie, bob):
        client.force_login(user)
        assert client.get(f"/manage/events/{paid.order.event.slug}/disputes/{Dispute.objects.get().pk}/").status_code == 404


@pytest.mark.parametrize("seed", range(20))
def test_f23_notices_of_a_dispute_in_any_order_end_as_the_bank_decided(kind, stripe_double, seed):
    chance = random.Random(seed)
    order, won = cast.ordered(kind), chance.random() < 0.5
    payment = pay(stripe_double, order)
    opened = stripe_double.book.dispute(payment.provider_id)
    stripe_double.book.close_dispute(opened["id"], won=won)
    told = list(itertools.chain(stripe_double.post.owed, stripe_double.post.owed))
    chance.shuffle(told)
    for event in told:
        assert tell(stripe_double, event) == 200
        notices.handle_due(now=clock.now())
    dispute = Dispute.objects.get()
    assert bool(dispute.won_at) is won and bool(dispute.lost_at) is not won and dispute.taken_at
    assert scan(payment) == ("admitted" if won else "revoked")
    assert payable(payment, Account.DISPUTES) == 0
    till.assert_audit_is_clean()


def test_control_without_the_freeze_a_disputed_ticket_would_be_admitted(paid, stripe_double, monkeypatch):
    monkeypatch.setattr("registrations.cancellation.freeze_order", lambda **_: 0)
    stripe_double.book.dispute(paid.provider_id)
    tell_all(stripe_double)
    assert scan(paid) == "admitted"
