"""Giving money back: an organiser's decision, an order's cancellation."""

from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from payments.models import Dispute, Payment, Refund, RefundReason
from payments.settlement import RefundTooLarge, owe_refund
from registrations import cancellation
from registrations.models import Order


def refundable_minor(*, order: Order) -> int:
    """What the order brought in and was not given back, minor units."""
    captured = Payment.objects.filter(order=order, succeeded_at__isnull=False).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    given = Refund.objects.filter(payment__order=order, failed_at=None).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    away = Dispute.objects.filter(payment__order=order, taken_at__isnull=False, won_at=None).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    return int(captured - given - away)


def refund_order(*, order: Order, amount_minor: int, reason: str = RefundReason.REQUESTED, now: datetime) -> list[Refund]:
    """Owe this much back, over the order's payments. RefundTooLarge when it is more than is left."""
    refunds = []
    with transaction.atomic():
        rest = amount_minor
        for payment in Payment.objects.select_for_update(of=("self",)).filter(order=order, succeeded_at__isnull=False).order_by("id"):
            given = sum(payment.refunds.filter(failed_at=None).values_list("amount_minor", flat=True))
            part = min(rest, payment.amount_minor - given)
            if part > 0:
                refunds.append(owe_refund(payment=payment, amount_minor=part, reason=reason, now=now))
                rest -= part
        if rest > 0 or amount_minor <= 0:
            raise RefundTooLarge("That is more than this order brought in and has not been given back yet.")
    return refunds


def cancel_and_refund(*, order: Order, now: datetime) -> bool:
    """End the order's claim and owe back all that is left of its money, in one transaction."""
    with transaction.atomic():
        if not cancellation.cancel_order(order=order, now=now):
            return False
        left = refundable_minor(order=order)
        if left:
            refund_order(order=order, amount_minor=left, reason=RefundReason.CANCELLED, now=now)
    return True
