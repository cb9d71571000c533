"""Forgetting at the payment provider who bought: an erasure here takes the name and address out of the metadata there.

The row is the job: erasing an order leaves nothing of what its payment asked (personal.py), and that is the mark.
What stays at the provider is enough to rebuild the order without its buyer, and what it keeps of the payer itself."""

import logging
from datetime import datetime

from payments.gateway import GatewayBusy, GatewayTrouble, PaymentRefused, gateway
from payments.models import Payment

logger = logging.getLogger("ticketing.forgetting")
BATCH = 200
MOST_FAILURES = 3  # in a row: the provider is away, so the rest waits for the next sweep


def forget_due(*, now: datetime) -> int:
    """Forget at the provider whoever was erased here; what fails stays due and comes last. Returns how many are done."""
    due = Payment.objects.filter(asked={}, forgotten_at=None).order_by("asked_at", "id")[:BATCH]
    done = failures = 0
    for payment in list(due):
        try:
            _forget(payment)
        except GatewayBusy:
            break  # paid sales come first
        except GatewayTrouble as error:
            logger.warning("Payment %s is not forgotten at the provider yet (%s).", payment.pk, type(error).__name__)
            Payment.objects.filter(pk=payment.pk).update(asked_at=now)
            failures += 1
            if failures == MOST_FAILURES:
                break
        else:
            Payment.objects.filter(pk=payment.pk).update(forgotten_at=now)
            done, failures = done + 1, 0
    return done


def _forget(payment: Payment) -> None:
    if payment.provider_id is None:
        return  # it was told nothing
    try:
        gateway(payment.gateway).forget(provider_id=payment.provider_id)
    except PaymentRefused:  # it has no such session any more
        logger.warning("The provider refuses to forget payment %s, now and later.", payment.pk)
