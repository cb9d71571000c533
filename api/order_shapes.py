"""Answers about orders, tickets, money and entries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.answers import moment
from api.words import Shown
from payments.models import Payment, Refund
from payments.refunds import Plan
from registrations import codes
from registrations.models import Order, OrderLine, Ticket
from scanning.models import CheckInList, Gate
from scanning.redemption import Answer
from scanning.verdicts import words_of
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
    state: Literal["waiting", "confirmed", "expired", "cancelled"]
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


def order_page(row: Order, *, lines: Sequence[OrderLine], tickets: Sequence[Ticket], pay_until: datetime | None) -> dict[str, Any]:
    return order(row, event_slug=row.event.slug) | {
        "pay_until": moment(pay_until) if row.state == "waiting" else None,
        "lines": [line(each) for each in lines],
        "tickets": [ticket(each, order_code=row.code) for each in tickets],
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
        "refunds": [
            {"amount_minor": each.amount_minor, "reason": each.reason, "due_at": moment(each.due_at), "completed_at": None}
            for each in refunds
        ],
    }


class GateShape(Shown):
    id: int
    name: str
    check_in_list: int


class Gates(Shown):
    items: list[GateShape]


class ListShape(Shown):
    id: int
    name: str
    ticket_types: list[int] = Field(description="Ids of the types it admits; empty: all.")
    rule: dict[str, Any] = Field(description="How often and when; {} is one entry at any time.")


class Lists(Shown):
    items: list[ListShape]


def gate(row: Gate) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "check_in_list": row.check_in_list_id}


def check_in_list(row: CheckInList) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "ticket_types": sorted(kind.pk for kind in row.ticket_types.all()), "rule": row.rule}


class ScannedTicket(Shown):
    attendee: str
    ticket_type: str
    order: str
    serial: str


class Earlier(Shown):
    admitted_at: At
    gate: str


class ScanAnswer(Shown):
    verdict: str
    let_in: bool
    word: str
    sentence: str
    ticket: ScannedTicket | None = None
    earlier: Earlier | None = Field(None, description="The admission that stood before.")
    repeated: bool = Field(description="This nonce was answered before; nothing was written now.")


def scan_answer(answer: Answer) -> dict[str, Any]:
    words, found, earlier = words_of(answer.verdict), answer.ticket, answer.earlier
    return {
        "verdict": str(answer.verdict),
        "let_in": answer.let_in,
        "word": words.word,
        "sentence": words.sentence,
        "ticket": {
            "attendee": found.attendee_name,
            "ticket_type": found.ticket_type.name,
            "order": found.order.code,
            "serial": tokens.serial_text(found.serial),
        }
        if found
        else None,
        "earlier": {"admitted_at": moment(earlier.admitted_at), "gate": earlier.gate.name} if earlier else None,
        "repeated": answer.repeated,
    }
