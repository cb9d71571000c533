"""What a message says. Nothing in it opens anything: no link of a buyer, no ticket's code or serial."""

from datetime import datetime
from typing import Any

from api import answering, order_shapes, shapes
from api.answers import moment, written
from api.models import Message
from api.webhooks.kinds import TEST
from events.models import Event
from payments.refunds import refundable_minor
from registrations.models import Order
from scanning.models import Scan

SECRETS_OF_ORDERS = ("url",)
SECRETS_OF_TICKETS = ("serial",)


def body_of(*, message: Message) -> str | None:
    """{"type", "timestamp", "data"}, as things stand at the first try; None when there is nothing to tell any more."""
    data = _data(message)
    if data is None:
        return None
    return written({"type": message.kind, "timestamp": _at(message.happened_at), "data": data}).decode()


def _at(happened_at: datetime) -> str | None:
    return moment(happened_at)


def _data(message: Message) -> dict[str, Any] | None:
    if message.kind == TEST:
        return {"text": "This is a test. Nothing happened."}
    subject = message.kind.partition(".")[0]
    if subject == "order":
        return _order(message.about_id, refunded=message.kind == "order.refunded")
    return _event(message.about_id) if subject == "event" else _entry(message.about_id)


def _order(order_id: int, *, refunded: bool) -> dict[str, Any] | None:
    order = Order.objects.select_related("event", "hold").filter(pk=order_id).first()
    if order is None:
        return None
    lines, tickets = list(order.lines.all()), list(order.tickets.all())
    hold = order.hold
    pay_until = hold.expires_at if hold else None
    told = order_shapes.order_page(order, lines=lines, tickets=tickets, pay_until=pay_until, answers=answering.of_order(order=order))
    told["tickets"] = [_without(ticket, SECRETS_OF_TICKETS) for ticket in told["tickets"]]
    if refunded:
        told["left_minor"] = refundable_minor(order=order)
    return _without(told, SECRETS_OF_ORDERS)


def _event(event_id: int) -> dict[str, Any] | None:
    event = Event.objects.filter(pk=event_id).first()
    return None if event is None else _without(shapes.own_event(event), ("online_url",))


def _entry(scan_id: int) -> dict[str, Any] | None:
    scan = Scan.objects.select_related("ticket__ticket_type", "ticket__order", "gate", "event").filter(pk=scan_id).first()
    if scan is None or scan.ticket is None:
        return None
    ticket = order_shapes.ticket(scan.ticket, order_code=scan.ticket.order.code)
    return {
        "event": scan.event.slug,
        "gate": scan.gate.name,
        "scanned_at": moment(scan.scanned_at),
        "ticket": _without(ticket, SECRETS_OF_TICKETS),
    }


def _without(said: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in names}
