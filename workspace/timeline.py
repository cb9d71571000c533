"""Everything that ever happened to an order, in its order: derived from rows, and from the trail for who did it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from outbox.models import Mail
from payments.models import Payment, Refund
from registrations.models import Order
from scanning.models import Scan
from ticketing.lib import money
from trail.models import Change
from workspace.words import ACTS, VERDICTS

MOST = 200
REQUESTS = {"request_received": "Receipt of the request", "request_approved": "Approval", "request_declined": "Notice that it was declined"}
MAILS = {"order_confirmation": "Confirmation", "order_cancelled": "Notice of the cancellation", "message": "A message", **REQUESTS}


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One thing that happened. `tone`: "", ok, warn or bad. `changed`: (field, from, to)."""

    at: datetime
    what: str
    who: str = ""
    words: str = ""
    tone: str = ""
    changed: list[tuple[str, object, object]] = field(default_factory=list)


def payments_of(*, order: Order) -> list[Payment]:
    """The order's payments with their refunds. Two queries."""
    return list(Payment.objects.filter(order=order).prefetch_related("refunds").order_by("-id")[:MOST])


def timeline(*, order: Order, payments: list[Payment]) -> list[Moment]:
    """Newest first. Three queries."""
    found = [*_order(order), *_trail(order), *_payments(payments), *_mail(order), *_scans(order)]
    return sorted(found, key=lambda moment: moment.at, reverse=True)


def _order(order: Order) -> Iterator[Moment]:
    if order.hold_id is not None:
        yield Moment(at=order.placed_at, what="Asked for approval" if order.requested_at else "Order placed", who=order.buyer_name)
        if order.confirmed_at:
            yield Moment(at=order.confirmed_at, what="Confirmed, tickets issued", tone="ok")
    if order.expired_at:
        yield Moment(at=order.expired_at, what="Time to pay ran out; the places went back on sale", tone="warn")


def _trail(order: Order) -> Iterator[Moment]:
    for change in Change.objects.filter(about="order", about_id=order.pk).order_by("-id")[:MOST]:
        yield moment_of(change)


def moment_of(change: Change) -> Moment:
    """A row of the trail in words."""
    what, tone = ACTS.get(change.act, (change.act.replace("_", " ").capitalize(), ""))
    changed = [(name.replace("_", " "), old, new) for name, (old, new) in change.changed.items()]
    return Moment(at=change.at, what=what, who=change.actor, words=change.words, tone=tone, changed=changed)


def _payments(payments: list[Payment]) -> Iterator[Moment]:
    for payment in payments:
        amount = money.format_money(payment.amount_minor, payment.currency)
        yield Moment(at=payment.opened_at, what=f"Payment of {amount} begun")
        if payment.succeeded_at:
            yield Moment(at=payment.succeeded_at, what=f"Payment of {amount} arrived", tone="ok")
        if payment.failed_at:
            yield Moment(at=payment.failed_at, what=f"Payment of {amount} did not succeed", words=payment.failure, tone="bad")
        yield from (moment for refund in payment.refunds.all() for moment in _refund(refund, payment.currency))


def _refund(refund: Refund, currency: str) -> Iterator[Moment]:
    amount = money.format_money(refund.amount_minor, currency)
    yield Moment(at=refund.due_at, what=f"Refund of {amount} owed", words=refund.get_reason_display(), tone="warn")
    if refund.completed_at:
        yield Moment(at=refund.completed_at, what=f"Refund of {amount} sent", tone="ok")
    if refund.failed_at:
        yield Moment(at=refund.failed_at, what=f"Refund of {amount} failed", words=refund.failure, tone="bad")


def _mail(order: Order) -> Iterator[Moment]:
    first, again = f"order_confirmation:{order.pk}", f"order_confirmation:{order.pk}:"  # by the keys, which have an index
    own = Q(key__in=(first, f"order_cancelled:{order.pk}", *(f"{kind}:{order.pk}" for kind in REQUESTS if order.requested_at))) | Q(
        key__startswith=again
    )
    for mail in Mail.objects.filter(own).only("kind", "to", "sent_at", "queued_at", "given_up_at", "last_error"):
        name = MAILS.get(mail.kind, mail.kind)
        if mail.sent_at:
            yield Moment(at=mail.sent_at, what=f"{name} sent to {mail.to}", tone="ok")
        elif mail.given_up_at:
            yield Moment(at=mail.given_up_at, what=f"{name} could not be sent to {mail.to}", words=mail.last_error, tone="bad")
        else:
            yield Moment(at=mail.queued_at, what=f"{name} to {mail.to} is waiting", words=mail.last_error, tone="warn")


def _scans(order: Order) -> Iterator[Moment]:
    for scan in Scan.objects.filter(ticket__order=order).select_related("gate", "steward", "ticket").order_by("-id")[:MOST]:
        tone = "ok" if scan.verdict == "admitted" else "warn"
        what = f"Ticket {scan.ticket.position if scan.ticket else ''}: {VERDICTS.get(scan.verdict, scan.verdict)} at {scan.gate.name}"
        yield Moment(at=scan.scanned_at, what=what, who=str(scan.steward or ""), tone=tone)
