"""What became of a payment. The one door is `settle`: it applies the provider's own word.

`open_payment` writes a row with its idempotency key, then calls the provider, then keeps the answer;
a crash in between leaves a row that the same key completes (F11). `settle` fetches the session and
moves the row forward once, in one transaction with its effect on the order: notices (notices.py) may come
twice, late, out of order or never, since they only say where to look.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.urls import reverse

from payments import connecting, disputes, ledger
from payments.gateway import Asked, GatewayTrouble, PaymentRefused, Session, Status, gateway
from payments.models import Payment, Refund, RefundReason
from registrations import checkout, invoices
from registrations.access import lines_of
from registrations.models import Order
from ticketing.lib import meters, tokens, traces
from ticketing.lib.languages import say
from ticketing.lib.later import later
from ticketing.lib.prepared import HastyUpdate, Param, Prepared, PreparedInsert, PreparedUpdate
from ticketing.lib.site import absolute

logger = logging.getLogger("ticketing.payments")

ASK_AGAIN_AFTER = timedelta(seconds=15)
SESSION_LIVES = timedelta(hours=2)  # Stripe's live half an hour at least; ours is closed by call when its hold is over
BATCH = 100
UNDECIDED = Prepared(lambda: Payment.objects.filter(order=Param("order"), succeeded_at=None, failed_at=None))
ADD_PAYMENT = PreparedInsert(lambda: Payment)
OPENED = HastyUpdate(  # lost, it is told again by the provider: the key is written down (F11)
    lambda: Payment.objects.filter(pk=Param("payment")), provider_id=Param("session"), payment_url=Param("url")
)
SUCCEEDED = PreparedUpdate(
    lambda: Payment.objects.filter(pk=Param("payment")), succeeded_at=Param("now"), failed_at=None, asked_at=Param("now")
)
LOCK = Prepared(lambda: Payment.objects.select_for_update().filter(pk=Param("payment")))
AUTOMATIC = (RefundReason.LATE, RefundReason.SURPLUS)  # nobody decided these


def open_payment(*, order: Order, now: datetime) -> Payment:
    """The order's open payment, with the address where the buyer pays; opened if there is none.

    GatewayTrouble when the provider does not answer: the row stays, and the next try completes it
    with the same key. HoldEnded when the places are gone. One open payment per order, by constraint."""
    payment = UNDECIDED.first(order=order.pk) or _new_payment(order, now)
    if payment.provider_id is None:
        _open_at_provider(payment)
    return payment


def _new_payment(order: Order, now: datetime) -> Payment:
    try:
        with transaction.atomic():
            checkout.keep_for_payment(order=order, now=now)
            payment = Payment(
                order=order,
                gateway=gateway().name,
                idempotency_key=tokens.link_token(),
                amount_minor=order.total_minor,
                currency=order.currency,
                asked=_words(order, now),
                opened_at=now,
            )
            ADD_PAYMENT.run([payment])
            return payment
    except IntegrityError:  # two tabs at once: the other one's row is the order's payment
        return Payment.objects.get(order=order, succeeded_at=None, failed_at=None)


def _words(order: Order, opened_at: datetime) -> dict[str, Any]:
    """What the provider is told beside the amount. Written down with the key: a provider refuses a key that
    comes again with other words, and the event may be renamed between two tries."""
    back = absolute(reverse("payments:payment-return", kwargs={"code": order.code, "secret": order.secret}))
    account = connecting.charged_account(organiser_id=order.event.organiser_id)
    return {
        "reference": order.code,
        "description": say("{event} · order {code}", event=order.event.name, code=order.code),
        "buyer_email": order.buyer_email,
        "return_url": back,
        "cancel_url": back,
        "expires_at": (opened_at + SESSION_LIVES).isoformat(),  # an approved request may be days old
        "account": account,
        "application_fee_minor": connecting.application_fee_minor(amount_minor=order.total_minor) if account else 0,
        "metadata": _facts(order),
    }


def _facts(order: Order) -> dict[str, str]:
    """Enough to make the order again when our own rows are lost: kept by the provider with the money."""
    lines = lines_of(order=order)
    return {
        "order": order.code,
        "secret": order.secret,
        "organiser": order.event.organiser.slug,
        "event": order.event.slug,
        "buyer_name": order.buyer_name,
        "buyer_email": order.buyer_email,
        "placed_at": order.placed_at.isoformat(),
        "total": f"{order.total_minor} {order.currency}",
        "lines": ",".join(f"{line.ticket_type_id}x{line.quantity}@{line.price_minor}" for line in lines),
    }


def _open_at_provider(payment: Payment) -> None:
    words = payment.asked or _words(payment.order, payment.opened_at)
    session = gateway(payment.gateway).open_session(
        asked=Asked(
            idempotency_key=payment.idempotency_key,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            **(words | {"expires_at": datetime.fromisoformat(words["expires_at"])}),
        )
    )
    OPENED.run(payment=payment.pk, session=session.provider_id, url=session.payment_url)
    payment.provider_id, payment.payment_url = session.provider_id, session.payment_url


def settle(*, payment: Payment, now: datetime) -> Payment:
    """Ask the provider and apply its answer, once. Safe to repeat and beside itself.

    GatewayTrouble when it does not answer: nothing changes."""
    if payment.provider_id is None:
        _open_at_provider(payment)
    session = gateway(payment.gateway).fetch(provider_id=payment.provider_id or "")
    return apply(payment=payment, session=session, now=now)


def apply(*, payment: Payment, session: Session, now: datetime) -> Payment:
    """Move the payment forward to what the session says; never back. `payment.order` is then as it is.

    Payments of one order are applied one after the other, so that of two that succeed at once the second is known for
    surplus. The order is locked before its payments, as a cancellation locks them."""
    with transaction.atomic():
        order = checkout.lock_order(order_id=payment.order_id)
        meters.about(event=order.event_id, checkout=order.trace_key)
        row = LOCK.all(payment=payment.pk)[0]
        if session.status is Status.SUCCEEDED and row.succeeded_at is None:
            _succeed(row, order, session, now)
        elif session.status is Status.PENDING and row.is_open and row.pending_at is None:
            _change(row, pending_at=now, asked_at=now)
        elif session.status in (Status.FAILED, Status.EXPIRED) and row.is_open:
            _change(row, failed_at=now, failure=session.failure or session.status.value, asked_at=now)
            checkout.decide_unpaid(order=order, now=now)
        else:
            _change(row, asked_at=now)
    for field in Payment._meta.concrete_fields:
        setattr(payment, field.attname, getattr(row, field.attname))
    payment.order = order
    return payment


def _change(row: Payment, **fields: Any) -> None:
    """In the table and in the hand: the row is locked, so the two are the same."""
    Payment.objects.filter(pk=row.pk).update(**fields)
    for name, value in fields.items():
        setattr(row, name, value)


def _succeed(row: Payment, order: Order, session: Session, now: datetime) -> None:
    """The money is with us. The order takes it, or it is due back (M1, M2)."""
    was_open = row.is_open
    SUCCEEDED.run(payment=row.pk, now=now)
    row.succeeded_at, row.failed_at, row.asked_at = now, None, now
    as_asked = (session.amount_minor, session.currency) == (row.amount_minor, row.currency)
    ledger.payment_received(payment=row, amount_minor=session.amount_minor, currency=session.currency, claimed=as_asked, now=now)
    if not as_asked:
        _keep_for_staff(row, order, session, was_open, now)
    elif order.confirmed_at is not None:
        owe_refund(payment=row, amount_minor=row.amount_minor, reason=RefundReason.SURPLUS, now=now)
    elif not checkout.confirm_locked(order=order, now=now):
        owe_refund(payment=row, amount_minor=row.amount_minor, reason=RefundReason.LATE, now=now)


def _keep_for_staff(row: Payment, order: Order, session: Session, was_open: bool, now: datetime) -> None:
    """Not the amount or currency that was asked for: nothing is sold for it (F21), and its places run out as
    those of any order that is not paid."""
    finding = f"The provider says {session.amount_minor} {session.currency}, the order {row.amount_minor} {row.currency}."
    _change(row, mismatch_at=now, failure=finding)
    if was_open:
        checkout.decide_unpaid(order=order, now=now)
    logger.error("Payment %s: %s Staff decide.", row.pk, finding)


class RefundTooLarge(Exception):
    """More was to be given back than was captured and not yet given back (M5)."""

    code = "refund_too_large"


def owe_refund(*, payment: Payment, amount_minor: int, reason: str, now: datetime, shares: Sequence[int] = ()) -> Refund:
    """Write down that money is due back; `shares`: of which lines of the invoice. The payment's row is locked, so refunds can't race past its amount."""
    with transaction.atomic():
        row = Payment.objects.select_for_update(of=("self",)).get(pk=payment.pk)
        given = sum(row.refunds.filter(failed_at=None).values_list("amount_minor", flat=True)) + disputes.taken_minor(payment=row)
        if row.succeeded_at is None or given + amount_minor > row.amount_minor:
            raise RefundTooLarge("That is more than this payment brought in and has not been given back yet.")
        refund = Refund.objects.create(
            payment=row,
            amount_minor=amount_minor,
            reason=reason,
            shares=list(shares) or None,
            idempotency_key=tokens.link_token(),
            due_at=now,
        )
        ledger.refund_owed(refund=refund, now=now)
        later("payments.send_refunds")
    return refund


def adopt_refund(*, payment: Payment, amount_minor: int, now: datetime) -> Refund:
    """Money was given back at the provider's own desk: it is booked as it is. RefundTooLarge."""
    with transaction.atomic():
        refund = owe_refund(payment=payment, amount_minor=amount_minor, reason=RefundReason.REQUESTED, now=now)
        Refund.objects.filter(pk=refund.pk).update(completed_at=now)
        ledger.refund_sent(refund=refund, now=now)
        _write_credit_note(refund, now)
    return refund


def adopt_payment(*, order: Order, gateway_name: str, session: Session, now: datetime) -> Payment:
    """The row of a session that only the provider remembers; `apply` then says what became of it."""
    fresh = {"order": order, "idempotency_key": tokens.link_token(), "amount_minor": order.total_minor, "currency": order.currency}
    payment, _ = Payment.objects.get_or_create(gateway=gateway_name, provider_id=session.provider_id, defaults=fresh | {"opened_at": now})
    return payment


def send_refunds(*, now: datetime) -> int:
    """Send what is due, each with its own key: repeated calls give back once (F22). Returns how many went."""
    sent = 0
    _ask_staff(now)
    waits = Q(staff_asked_at__isnull=False, approved_at=None)
    due = (
        Refund.objects.filter(~waits, due_at__lte=now, completed_at=None, failed_at=None)
        .select_related("payment__order")
        .order_by("due_at")
    )
    for refund in due[:BATCH]:
        claimed = Refund.objects.filter(pk=refund.pk, due_at=refund.due_at, completed_at=None).update(
            due_at=now + timedelta(minutes=2), tries=refund.tries + 1
        )
        if claimed:
            with traces.part("payments.refund"):
                meters.about(event=refund.payment.order.event_id, checkout=refund.payment.order.trace_key)
                sent += _send_refund(refund, now)
    return sent


def _ask_staff(now: datetime) -> None:
    """More refunds that nobody decided than AUTOMATIC_REFUNDS_PER_HOUR are a sign of something wrong, such as
    a clock: those above wait for staff."""
    automatic = Refund.objects.filter(reason__in=AUTOMATIC)
    sent = automatic.filter(completed_at__gt=now - timedelta(hours=1), approved_at=None).count()
    left = max(settings.AUTOMATIC_REFUNDS_PER_HOUR - sent, 0)
    waiting = automatic.filter(due_at__lte=now, completed_at=None, failed_at=None, staff_asked_at=None).order_by("due_at")
    above = list(waiting.values_list("pk", flat=True)[left : left + 1000])
    if above and Refund.objects.filter(pk__in=above, staff_asked_at=None).update(staff_asked_at=now):
        logger.error("%d automatic refunds wait for staff: more than %d in an hour.", len(above), settings.AUTOMATIC_REFUNDS_PER_HOUR)


def approve_refund(*, refund: Refund, now: datetime) -> bool:
    """Staff looked at it: an automatic refund above the hour's cap goes out. False when it did not wait."""
    approved = Refund.objects.filter(pk=refund.pk, staff_asked_at__isnull=False, approved_at=None).update(approved_at=now, due_at=now)
    later("payments.send_refunds")
    return bool(approved)


def _send_refund(refund: Refund, now: datetime) -> int:
    payment = refund.payment
    try:
        provider_id = gateway(payment.gateway).refund(
            provider_id=payment.provider_id or "", amount_minor=refund.amount_minor, idempotency_key=refund.idempotency_key
        )
    except PaymentRefused as error:
        with transaction.atomic():
            Refund.objects.filter(pk=refund.pk).update(failed_at=now, failure=str(error)[:200])
            ledger.refund_refused(refund=refund, now=now)
        logger.error("Refund %s refused: %s", refund.pk, error)
        return 0
    except GatewayTrouble:
        return 0  # due again in two minutes, with the same key
    with transaction.atomic():
        Refund.objects.filter(pk=refund.pk).update(completed_at=now, provider_id=provider_id)
        ledger.refund_sent(refund=refund, now=now)
        _write_credit_note(refund, now)
    return 1


def _write_credit_note(refund: Refund, now: datetime) -> None:
    """The tax document of what went back. Money that came late or twice was never on an invoice."""
    if refund.reason not in (RefundReason.CANCELLED, RefundReason.REQUESTED):
        return
    order = Order.objects.select_related("event__organiser").get(pk=refund.payment.order_id)
    try:
        invoices.credit(
            order=order,
            key=f"refund:{refund.pk}",
            amount_minor=refund.amount_minor,
            shares=refund.shares,
            reason=RefundReason(refund.reason).label,
            now=now,
        )
    except invoices.NothingToCredit as error:
        logger.error("Refund %s has no room on the invoice: %s", refund.pk, error)


def settle_open(*, now: datetime) -> int:
    """Ask after every open payment (F15), and close those whose hold is over, so that the places can go
    back (M3, F19). Returns how many were looked at."""
    stale = Q(asked_at=None, opened_at__lte=now - ASK_AGAIN_AFTER) | Q(asked_at__lte=now - ASK_AGAIN_AFTER)
    over = Q(order__hold__expires_at__lte=now) | Q(order__cancelled_at__isnull=False) | Q(order__event__cancelled_at__isnull=False)
    payments = Payment.objects.filter(stale | over, succeeded_at=None, failed_at=None).select_related("order__hold", "order__event")
    looked = 0
    # Who waited longest comes first: undecided bank payments must not fill every round.
    for payment in payments.order_by(F("asked_at").asc(nulls_first=True), "opened_at")[:BATCH]:
        Payment.objects.filter(pk=payment.pk).update(asked_at=now)
        try:
            with traces.part("payments.settle"):
                meters.about(event=payment.order.event_id, checkout=payment.order.trace_key)
                _settle_or_close(payment, now)
        except PaymentRefused as error:
            logger.error("Payment %s refused: %s", payment.pk, error)
            _give_up(payment, str(error), now)
        except GatewayTrouble as error:
            logger.warning("Payment %s not settled: %s", payment.pk, error)
        looked += 1
    return looked


def refund_came_back(*, refund: Refund, why: str, now: datetime) -> None:
    """Sent, and returned by the buyer's bank: the money is here again, and staff decide."""
    with transaction.atomic():
        if Refund.objects.filter(pk=refund.pk, failed_at=None).update(failed_at=now, failure=why[:200] or "It came back."):
            ledger.refund_returned(refund=refund, now=now)
            ledger.refund_refused(refund=refund, now=now)
            logger.error("Refund %s came back (%s). Staff decide.", refund.pk, why)


def _give_up(payment: Payment, why: str, now: datetime) -> None:
    """The provider will never open this one, such as an amount too small for it: its places are not kept for ever."""
    with transaction.atomic():
        order = checkout.lock_order(order_id=payment.order_id)
        if Payment.objects.filter(pk=payment.pk, provider_id=None, succeeded_at=None, failed_at=None).update(
            failed_at=now, failure=why[:200]
        ):
            checkout.decide_unpaid(order=order, now=now)


def _settle_or_close(payment: Payment, now: datetime) -> None:
    order = payment.order
    hold_over = order.hold is None or order.hold.expires_at <= now
    if hold_over or order.cancelled_at or order.event.cancelled_at:
        if payment.provider_id is None:
            _open_at_provider(payment)  # completes a half-opened one by its key, so that it can be closed
        session = gateway(payment.gateway).expire(provider_id=payment.provider_id or "")
        apply(payment=payment, session=session, now=now)
        return
    settle(payment=payment, now=now)
