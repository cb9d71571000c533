"""Giving money back: what it would do first, then the decision, whole or in part, of an order or of single tickets."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from events.price import split
from payments import disputes
from payments.models import Payment, Refund, RefundReason
from payments.settlement import RefundTooLarge, owe_refund
from registrations import cancellation
from registrations.models import Order, Ticket
from ticketing.lib import money
from trail import record

VOID_REASON = "refunded"


def refundable_minor(*, order: Order) -> int:
    """What the order brought in, was not given back, and is not held by a bank, minor units. A payment of another
    amount than was asked for is not in it: staff decide about that one (F21)."""
    return sum(_left_of(payment) for payment in Payment.objects.filter(order=order, succeeded_at__isnull=False, mismatch_at=None))


def _left_of(payment: Payment) -> int:
    """A bank may hold more than is left of a payment of which a part was given back: then nothing is left."""
    given = payment.refunds.filter(failed_at=None).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    return max(payment.amount_minor - int(given) - disputes.taken_minor(payment=payment), 0)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What giving back would do. `shares`: of each line of the order, then of its fee; empty: in proportion.
    `fee_lost_minor`: what the provider kept of the payment and keeps all the same."""

    amount_minor: int
    left_minor: int
    shares: list[int] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    cancels: bool = False
    fee_lost_minor: int = 0

    @property
    def kept_minor(self) -> int:
        """What the organiser keeps of the order's money afterwards, before the provider's fee."""
        return self.left_minor - self.amount_minor


def plan_amount(*, order: Order, amount_minor: int, cancel: bool = False) -> Plan:
    """Give this much back, or with `cancel` all that is left. RefundTooLarge."""
    left = refundable_minor(order=order)
    amount = left if cancel else amount_minor
    if not 0 <= amount <= left or (amount == 0 and not cancel):
        raise RefundTooLarge("That is more than this order brought in and has not been given back yet.")
    tickets = list(order.tickets.filter(voided_at=None)) if cancel else []
    return Plan(amount_minor=amount, left_minor=left, tickets=tickets, cancels=cancel, fee_lost_minor=_fee_lost(order))


def plan_tickets(*, order: Order, positions: Sequence[int], with_fee: bool) -> Plan:
    """Give these tickets' price back, with or without their part of the booking fee; they become void.

    Each ticket has its own share of its line, and all of them sum to it. RefundTooLarge when less is left."""
    left = refundable_minor(order=order)
    worth, chosen = ticket_shares(order=order), set(positions)
    tickets = [ticket for ticket in order.tickets.filter(voided_at=None).order_by("position") if ticket.position in chosen]
    fee = order.fee_minor + order.fee_tax_minor
    places = list(worth)
    fees = dict(zip(places, split(amount_minor=fee, weights=[worth[place][1] for place in places]), strict=True))
    lines = [0] * (order.lines.count() + bool(order.fee_minor))
    for ticket in tickets:
        line, amount = worth[ticket.position]
        lines[line] += amount
        if fee and with_fee:
            lines[-1] += fees[ticket.position]
    if not tickets or sum(lines) > left:
        raise RefundTooLarge("That is more than this order brought in and has not been given back yet.")
    cancels = len(tickets) == order.tickets.filter(voided_at=None).count()
    return Plan(amount_minor=sum(lines), left_minor=left, shares=lines, tickets=tickets, cancels=cancels, fee_lost_minor=_fee_lost(order))


def ticket_shares(*, order: Order) -> dict[int, tuple[int, int]]:
    """{ticket's position: (its line's place, its share of it in minor units, tax included)}."""
    waiting: dict[int, list[tuple[int, int]]] = {}
    for place, line in enumerate(order.lines.all()):
        gross = line.total_minor + (line.tax_minor if order.tax_on_top else 0)
        parts = split(amount_minor=gross, weights=[1] * line.quantity)
        waiting.setdefault(line.ticket_type_id, []).extend((place, part) for part in parts)
    tickets = order.tickets.order_by("position").values_list("position", "ticket_type_id")
    return {position: waiting[type_id].pop(0) for position, type_id in tickets}


def _fee_lost(order: Order) -> int:
    return int(Payment.objects.filter(order=order, succeeded_at__isnull=False).aggregate(sum=Sum("fee_minor"))["sum"] or 0)


def carry_out(*, order: Order, plan: Plan, now: datetime) -> list[Refund]:
    """Do what was planned, all of it or nothing. RefundTooLarge when the money went another way meanwhile."""
    with transaction.atomic():
        reason = RefundReason.CANCELLED if plan.cancels else RefundReason.REQUESTED
        if plan.cancels and not cancellation.cancel_order(order=order, now=now):
            raise RefundTooLarge("This order had ended already. Look at what was given back, then give back an amount.")
        for ticket in plan.tickets:
            if not cancellation.void_ticket(ticket=ticket, reason=VOID_REASON, now=now) and not plan.cancels:
                raise RefundTooLarge(f"The money for ticket {ticket.position} was given back already.")
        if not plan.amount_minor:
            return []
        return refund_order(order=order, amount_minor=plan.amount_minor, reason=reason, shares=plan.shares, now=now)


def refund_order(
    *, order: Order, amount_minor: int, now: datetime, reason: str = RefundReason.REQUESTED, shares: Sequence[int] = ()
) -> list[Refund]:
    """Owe this much back, over the order's payments. RefundTooLarge when it is more than is left."""
    refunds = []
    with transaction.atomic():
        rest = amount_minor
        paid = Payment.objects.filter(order=order, succeeded_at__isnull=False, mismatch_at=None).order_by("id")
        for payment in paid.select_for_update(of=("self",)):
            part = min(rest, _left_of(payment))
            if part > 0:
                whole = shares if part == amount_minor else ()
                refunds.append(owe_refund(payment=payment, amount_minor=part, reason=reason, shares=whole, now=now))
                rest -= part
        if rest > 0 or amount_minor <= 0:
            raise RefundTooLarge("That is more than this order brought in and has not been given back yet.")
        words = f"{money.in_english(amount_minor, order.currency)}: {RefundReason(reason).label}"
        record.note(act="refund_asked", about="order", about_id=order.pk, event_id=order.event_id, words=words)
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
