"""What the provider kept of each payment, from its balance transactions: asked for afterwards, many in one call.

Nobody waits for it. Payments opened close to each other are looked up as a list, since a provider answers each kind of
call only so often, and the buyers' own calls come first; what stands alone is asked for by itself."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction

from payments import ledger
from payments.gateway import Balance, GatewayTrouble, PaymentRefused, gateway
from payments.journal import Account, Kind
from payments.models import Payment
from ticketing.lib.prepared import Param, PreparedUpdate

logger = logging.getLogger("ticketing.reconciliation")
BATCH, AT_ONCE = 2000, 100  # of a round, of a transaction
GAP = timedelta(minutes=10)  # a longer one begins another list
FEW = 5  # so many are asked for one by one
FEE = PreparedUpdate(lambda: Payment.objects.filter(pk=Param("payment"), fee_minor=None), fee_minor=Param("fee"))
AROUND = timedelta(minutes=5)  # between our row and the provider's session: our clocks, and its answer


def take_fees(*, now: datetime) -> int:
    """Post what is known by now of payments whose fee is not. Returns how many were known."""
    unknown = list(Payment.objects.filter(succeeded_at__isnull=False, fee_minor=None).order_by("-succeeded_at")[:BATCH])
    return sum(_take_fees(payments, now) for payments in _opened_together(unknown))


def _opened_together(payments: list[Payment]) -> Iterator[list[Payment]]:
    """Each list of one provider, in the order they were opened."""
    group: list[Payment] = []
    for payment in sorted(payments, key=lambda each: (each.gateway, each.opened_at)):
        if group and (payment.gateway != group[-1].gateway or payment.opened_at - group[-1].opened_at > GAP):
            yield group
            group = []
        group.append(payment)
    if group:
        yield group


def _take_fees(payments: list[Payment], now: datetime) -> int:
    if len(payments) <= FEW:
        return sum(take_fee(payment=payment, now=now) for payment in payments)
    waiting: dict[str | None, Payment] = {payment.provider_id: payment for payment in payments}
    known: list[tuple[Payment, Balance]] = []
    since, until = payments[0].opened_at - AROUND, payments[-1].opened_at + AROUND
    try:
        for provider_id, balance in gateway(payments[0].gateway).balances(provider_ids=[*filter(None, waiting)], since=since, until=until):
            if (payment := waiting.pop(provider_id, None)) is not None:
                known.append((payment, balance))
    except (GatewayTrouble, PaymentRefused) as error:
        logger.info("No balances of %d payments yet: %s", len(waiting), error)
    return sum(_post_all(known[place : place + AT_ONCE], now) for place in range(0, len(known), AT_ONCE))


def _post_all(known: list[tuple[Payment, Balance]], now: datetime) -> int:
    with transaction.atomic():
        return sum(_post(payment, balance, now) for payment, balance in known)


def take_fee(*, payment: Payment, now: datetime) -> bool:
    """The same for one payment. False: it is not known yet, or was posted before."""
    try:
        balance = gateway(payment.gateway).balance_of(provider_id=payment.provider_id or "")
    except (GatewayTrouble, PaymentRefused) as error:
        logger.info("No balance of payment %s yet: %s", payment.pk, error)
        return False
    return balance is not None and bool(_post_all([(payment, balance)], now))


def _post(payment: Payment, balance: Balance, now: datetime) -> bool:
    """In the caller's transaction."""
    if not FEE.run(payment=payment.pk, fee=balance.fee_minor):
        return False
    _exchange(payment, balance.gross_minor, balance.currency, now)
    fee, platform = balance.fee_minor, balance.platform_minor
    ledger.fee_taken(payment=payment, fee_minor=fee, currency=balance.currency, platform_minor=platform, now=now)
    return True


def _exchange(payment: Payment, gross_minor: int, currency: str, now: datetime) -> None:
    """The provider exchanged the money: what lies there is of the other currency now."""
    if currency == payment.currency:
        return
    ledger.post(
        key=f"exchange:{payment.pk}",
        kind=Kind.CORRECTION,
        postings=[
            (Account.CLEARING, payment.currency, -payment.amount_minor),
            (Account.CONVERSION, payment.currency, payment.amount_minor),
            (Account.CLEARING, currency, gross_minor),
            (Account.CONVERSION, currency, -gross_minor),
        ],
        payment_id=payment.pk,
        now=now,
    )
