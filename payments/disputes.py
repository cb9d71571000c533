"""A buyer's bank takes a payment back until it decides. The only writer of disputes.

`apply` moves a dispute forward to what the provider says, in one transaction with its postings and with
its tickets: while the money is away they are frozen, which the gate tells as revoked; won, they are good
again; lost, they stay void. Nothing is deleted, and who came in before stays written down (F23)."""

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from payments import evidence, ledger
from payments.gateway import DisputeFact, DisputeStatus, Disputing, gateway
from payments.models import Dispute, Payment
from registrations import cancellation
from registrations.models import Order
from ticketing.lib import tokens

logger = logging.getLogger("ticketing.payments")


def apply(*, payment: Payment, fact: DisputeFact, now: datetime) -> Dispute:
    """Keep what the provider says of a dispute, once; never back. Safe to repeat and beside itself."""
    with transaction.atomic():
        order = Order.objects.select_for_update(no_key=True).get(pk=payment.order_id)  # before its payments, as everywhere
        dispute, is_new = Dispute.objects.get_or_create(
            payment=payment,
            provider_id=fact.provider_id,
            defaults={
                "amount_minor": fact.amount_minor,
                "reason": fact.reason[:60],
                "opened_at": now,
                "asked_at": now,
                "evidence_key": tokens.link_token(),
            },
        )
        if is_new:
            logger.error("Payment %s is disputed: %s.", payment.pk, fact.reason)
        Dispute.objects.filter(pk=dispute.pk).update(asked_at=now, evidence_due_at=fact.evidence_due_at)
        if not fact.inquiry and dispute.taken_at is None:
            _take(dispute, payment, order, fact, now)
        if fact.status in (DisputeStatus.WON, DisputeStatus.LOST) and dispute.won_at is None and dispute.lost_at is None:
            _decide(dispute, payment, order, fact, now)
    dispute.refresh_from_db()
    return dispute


def _take(dispute: Dispute, payment: Payment, order: Order, fact: DisputeFact, now: datetime) -> None:
    Dispute.objects.filter(pk=dispute.pk).update(taken_at=now)
    dispute.taken_at = now
    ledger.dispute_opened(
        payment=payment,
        dispute_id=dispute.provider_id,
        amount_minor=dispute.amount_minor,
        fee_minor=fact.fee_minor,
        currency=fact.currency,
        now=now,
    )
    cancellation.freeze_order(order=order, now=now)


def _decide(dispute: Dispute, payment: Payment, order: Order, fact: DisputeFact, now: datetime) -> None:
    about = {"payment": payment, "dispute_id": dispute.provider_id, "amount_minor": dispute.amount_minor, "currency": fact.currency}
    if fact.status is DisputeStatus.LOST:
        Dispute.objects.filter(pk=dispute.pk).update(lost_at=now)
        ledger.dispute_lost(**about, now=now)  # type: ignore[arg-type]
        return
    Dispute.objects.filter(pk=dispute.pk).update(won_at=now)
    if dispute.taken_at is not None:
        ledger.dispute_won(**about, now=now)  # type: ignore[arg-type]
        if not Dispute.objects.filter(payment__order=order, taken_at__isnull=False, won_at=None).exists():
            cancellation.thaw_order(order=order)


def taken_minor(*, payment: Payment) -> int:
    """What banks hold or keep of this payment, minor units: it can't be given back a second time (M5)."""
    away = Dispute.objects.filter(payment=payment, taken_at__isnull=False, won_at=None)
    return int(away.aggregate(sum=Sum("amount_minor"))["sum"] or 0)


class NotAnswerable(Exception):
    """The evidence was handed in before, or the dispute is decided."""

    code = "not_answerable"


def answer(*, dispute: Dispute, words: str, now: datetime) -> Dispute:
    """Hand in the evidence pack with the organiser's own words, once and for good. NotAnswerable, GatewayTrouble."""
    if dispute.evidence_sent_at or dispute.won_at or dispute.lost_at:
        raise NotAnswerable("The evidence was handed in before, or the bank has decided.")
    bank: Disputing = gateway(dispute.payment.gateway)  # type: ignore[assignment]
    pack = evidence.pack(order=dispute.payment.order)
    fact = bank.answer_dispute(
        provider_id=dispute.provider_id, evidence=evidence.as_text(pack=pack, words=words), idempotency_key=dispute.evidence_key
    )
    Dispute.objects.filter(pk=dispute.pk, evidence_sent_at=None).update(evidence_sent_at=now)
    return apply(payment=dispute.payment, fact=fact, now=now)
