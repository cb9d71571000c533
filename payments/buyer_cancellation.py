"""Cancelling by the buyer, by the organiser's terms: first what it would do, then, agreed to, the same or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from events.price import split
from events.terms import Terms, terms_of
from payments import refunds
from payments.refunds import Plan
from payments.settlement import RefundTooLarge
from registrations import attendance
from registrations.checkout import Refused
from registrations.models import Order, Ticket
from ticketing.lib import money
from ticketing.lib.languages import say
from trail import record


@dataclass(frozen=True, kw_only=True)
class Quote:
    """What cancelling these tickets would do: `worth_minor` was paid for them, `fee_minor` is kept."""

    plan: Plan
    worth_minor: int
    fee_minor: int

    @property
    def refund_minor(self) -> int:
        return self.plan.amount_minor


def cancellable(*, order: Order, now: datetime) -> list[Ticket]:
    """The tickets that the buyer may cancel now. Refused with the reason when it is none."""
    terms = terms_of(event=order.event)
    if order.confirmed_at is None or order.cancelled_at:
        raise Refused(say("This order has ended."), code="order_ended")
    if terms.cancel_until is None or now >= terms.cancel_until:
        raise Refused(say("The time to cancel by yourself is over. Write to the organiser."), code="too_late")
    mine = list(order.tickets.filter(voided_at=None, transferred_at=None).select_related("ticket_type"))
    inside = attendance.entered(ticket_ids=[ticket.pk for ticket in mine])
    found = [ticket for ticket in mine if ticket.pk not in inside]
    if not found:
        raise Refused(say("Every ticket was used or handed on, so there is nothing to cancel."), code="nothing_left")
    return found


def quote(*, order: Order, positions: Sequence[int], now: datetime) -> Quote:
    """What would happen. Refused when one of the tickets can't be cancelled, or its money is not here."""
    allowed = {ticket.position for ticket in cancellable(order=order, now=now)}
    if not positions or not set(positions) <= allowed:
        raise Refused(say("Choose tickets that can be cancelled."), code="not_cancellable")
    terms = terms_of(event=order.event)
    try:
        plan = refunds.plan_tickets(order=order, positions=positions, with_fee=terms.gives_booking_fee_back)
    except RefundTooLarge as error:
        raise Refused(
            say("The money for this was paid another way or went back already. Write to the organiser."), code="no_money"
        ) from error
    fee = min(plan.amount_minor, _fee(order, plan, terms))
    amount = plan.amount_minor - fee
    return Quote(
        plan=replace(plan, amount_minor=amount, shares=split(amount_minor=amount, weights=plan.shares)),
        worth_minor=plan.amount_minor,
        fee_minor=fee,
    )


def _fee(order: Order, plan: Plan, terms: Terms) -> int:
    worth = refunds.ticket_shares(order=order)
    return terms.fee_minor(prices=[worth[ticket.position][1] for ticket in plan.tickets])


def cancel(*, order: Order, positions: Sequence[int], shown_minor: int, now: datetime) -> Quote:
    """Cancel these tickets and owe the money back. Refused when it would not be what was shown any more.

    The tickets are locked before anybody looks whether they were used: a scan in this moment is either in
    before, and then nothing happens here, or finds a void ticket."""
    with transaction.atomic():
        Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)
        list(Ticket.objects.select_for_update(of=("self",)).filter(order=order).order_by("pk"))
        order.refresh_from_db(fields=["cancelled_at", "confirmed_at"])
        found = quote(order=order, positions=positions, now=now)
        if found.refund_minor != shown_minor:
            raise Refused(say("What you would get back has changed. Look at it again."), code="changed")
        kept = money.in_english(found.fee_minor, order.currency)
        words = f"{len(found.plan.tickets)} of {order.tickets.count()} tickets; {kept} kept as the fee"
        record.note(act="cancelled_by_buyer", about="order", about_id=order.pk, event_id=order.event_id, words=words)
        try:
            refunds.carry_out(order=order, plan=found.plan, now=now)
        except RefundTooLarge as error:
            raise Refused(str(error), code="changed") from error
    return found
