"""Answers about orders, tickets and money."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.answering import AnswerShape
from api.answers import moment
from api.words import Shown
from payments.event_refunds import DryRun
from payments.models import Payment, Refund
from payments.refunds import Plan
from registrations import codes
from registrations.models import Order, OrderLine, Ticket
from ticketing.lib import tokens
from ticketing.lib.site import absolute

At = datetime


class Buyer(Shown):
    name: str
    email: str


class LineShape(Shown):
    ticket_type: int
    quantity: int
    price_minor: int
    discount_minor: int
    tax_minor: int


class OrderShape(Shown):
    code: str
    event: str
    state: Literal["waiting", "confirmed", "expired", "cancelled", "asked", "declined"]
    buyer: Buyer
    currency: str
    total_minor: int
    fee_minor: int = Field(description="The part of the processing fee that the buyer bears, without its tax.")
    placed_at: At
    confirmed_at: At | None = None
    expired_at: At | None = None
    cancelled_at: At | None = None
    url: str = Field(description="The buyer's own page. Whoever has this link is the buyer: pass it on to nobody else.")


class Orders(Shown):
    items: list[OrderShape]
    next: str | None = None


class TicketShape(Shown):
    serial: str = Field(description="For people: 7QF2-M9XK-3T4B.")
    order: str
    position: int
    ticket_type: int
    attendee: Buyer
    price_minor: int
    issued_at: At
    voided_at: At | None = None
    void_reason: str


class TicketWithCode(TicketShape):
    code: str = Field(description="What the gate reads: as text in a QR code.")


class Tickets(Shown):
    items: list[TicketWithCode]


class Attendees(Shown):
    items: list[TicketShape]
    next: str | None = None


class OrderPage(OrderShape):
    pay_until: At | None = Field(None, description="While it waits for payment: until then its places are kept.")
    lines: list[LineShape]
    tickets: list[TicketShape]
    answers: list[AnswerShape] = Field(description="To the organiser's questions.")


def order(row: Order, *, event_slug: str) -> dict[str, Any]:
    return {
        "code": row.code,
        "event": event_slug,
        "state": row.state,
        "buyer": {"name": row.buyer_name, "email": row.buyer_email},
        "currency": row.currency,
        "total_minor": row.total_minor,
        "fee_minor": row.fee_minor,
        "placed_at": moment(row.placed_at),
        "confirmed_at": moment(row.confirmed_at),
        "expired_at": moment(row.expired_at),
        "cancelled_at": moment(row.cancelled_at),
        "url": absolute(f"/orders/{row.code}/{row.secret}/"),
    }


def order_page(
    row: Order, *, lines: Sequence[OrderLine], tickets: Sequence[Ticket], pay_until: datetime | None, answers: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    return order(row, event_slug=row.event.slug) | {
        "pay_until": moment(pay_until) if row.state == "waiting" else None,
        "lines": [line(each) for each in lines],
        "tickets": [ticket(each, order_code=row.code) for each in tickets],
        "answers": answers,
    }


def line(row: OrderLine) -> dict[str, Any]:
    return {
        "ticket_type": row.ticket_type_id,
        "quantity": row.quantity,
        "price_minor": row.price_minor,
        "discount_minor": row.discount_minor,
        "tax_minor": row.tax_minor,
    }


def ticket(row: Ticket, *, order_code: str) -> dict[str, Any]:
    return {
        "serial": tokens.serial_text(row.serial),
        "order": order_code,
        "position": row.position,
        "ticket_type": row.ticket_type_id,
        "attendee": {"name": row.attendee_name, "email": row.attendee_email},
        "price_minor": row.price_minor,
        "issued_at": moment(row.issued_at),
        "voided_at": moment(row.voided_at),
        "void_reason": row.void_reason,
    }


def ticket_with_code(row: Ticket, *, order_code: str) -> dict[str, Any]:
    return ticket(row, order_code=order_code) | {"code": codes.code_of(row)}


class PaymentShape(Shown):
    state: Literal["open", "pending", "succeeded", "failed"]
    amount_minor: int
    currency: str
    payment_url: str = Field(description="Where the buyer pays. Empty when it is over.")
    opened_at: At
    failure: str


def payment(row: Payment) -> dict[str, Any]:
    state = "succeeded" if row.succeeded_at else "failed" if row.failed_at else "pending" if row.pending_at else "open"
    return {
        "state": state,
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        "payment_url": row.payment_url if row.is_open else "",
        "opened_at": moment(row.opened_at),
        "failure": row.failure,
    }


class RefundShape(Shown):
    amount_minor: int
    reason: str
    due_at: At
    completed_at: At | None = None


class PaymentPage(PaymentShape):
    refunds: list[RefundShape]


class Payments(Shown):
    items: list[PaymentPage]


def refund(row: Refund) -> dict[str, Any]:
    return {
        "amount_minor": row.amount_minor,
        "reason": row.reason,
        "due_at": moment(row.due_at),
        "completed_at": moment(row.completed_at),
    }


class RefundAnswer(Shown):
    amount_minor: int
    kept_minor: int = Field(description="What is left of the order's money afterwards, before the provider's fee.")
    fee_lost_minor: int = Field(description="What the provider keeps all the same.")
    cancels: bool
    tickets: list[int] = Field(description="Positions of the tickets that become void.")
    carried_out: bool
    refunds: list[RefundShape]


def refund_answer(plan: Plan, refunds: Sequence[Refund], *, carried_out: bool) -> dict[str, Any]:
    return {
        "amount_minor": plan.amount_minor,
        "kept_minor": plan.kept_minor,
        "fee_lost_minor": plan.fee_lost_minor,
        "cancels": plan.cancels,
        "tickets": [each.position for each in plan.tickets],
        "carried_out": carried_out,
        "refunds": [refund(each) for each in refunds],
    }


class Amount(Shown):
    currency: str
    amount_minor: int
    fee_lost_minor: int = Field(description="What the provider keeps all the same.")


class Everybody(Shown):
    """What giving everybody their money back does, or would do."""

    orders: int = Field(description="Confirmed orders that are not cancelled yet.")
    waiting: int = Field(description="Orders that wait for their payment.")
    tickets: int
    open_payments: int
    amounts: list[Amount]
    started: bool


def everybody(plan: DryRun, *, started: bool) -> dict[str, Any]:
    return {
        "orders": plan.orders,
        "waiting": plan.waiting,
        "tickets": plan.tickets,
        "open_payments": plan.open_payments,
        "amounts": [
            {"currency": currency, "amount_minor": amount, "fee_lost_minor": plan.fees_lost.get(currency, 0)}
            for currency, amount in sorted(plan.amounts.items())
        ],
        "started": started,
    }
