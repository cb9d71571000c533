"""Orders that staff make: comps, door sales, imports. No hold and no payment of ours; capacity is claimed
by the same door as everybody's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from events import inventory
from events.models import Event, TicketType
from registrations import allowance, checkout, fulfilment
from registrations.checkout import Refused
from registrations.models import Order, OrderLine, PaidBy, StaffOrder, StaffOrderKind
from ticketing.lib import tokens
from trail import record

# Staff may give somebody more than a buyer may take, but what they give is counted, so that it can be given back.
NO_LIMIT = 2_000_000_000


@dataclass(frozen=True, kw_only=True)
class StaffLine:
    """Tickets of one type at one price. `attendees`: [{"name", "email"}], one for each ticket."""

    ticket_type: TicketType
    price_minor: int
    attendees: Sequence[Mapping[str, str]] = field(default_factory=list)


def place_staff_order(
    *,
    event: Event,
    lines: Sequence[StaffLine],
    buyer_name: str,
    buyer_email: str,
    kind: str,
    made_by: Any,
    now: datetime,
    paid_by: str = PaidBy.NOTHING,
    note: str = "",
    mail: bool = True,
) -> Order:
    """A confirmed order with its tickets, in one transaction. SoldOut when places are missing, Refused when
    it makes no sense. `mail`: the buyer gets the usual confirmation, if there is an address."""
    _check(event, lines, kind, paid_by)
    order = Order(
        event=event,
        code=tokens.order_code(),
        secret=tokens.link_token(),
        buyer_name=buyer_name,
        buyer_email=buyer_email,
        currency=event.currency,
        total_minor=sum(line.price_minor * len(line.attendees) for line in lines),
        placed_at=now,
        confirmed_at=now,
    )
    order_lines = [
        OrderLine(
            order=order,
            ticket_type_id=line.ticket_type.pk,
            quantity=len(line.attendees),
            price_minor=line.price_minor,
            attendees=[{"name": each.get("name") or buyer_name, "email": each.get("email") or ""} for each in line.attendees],
        )
        for line in lines
    ]
    quantities: dict[int, int] = {}
    for each in order_lines:
        quantities[each.ticket_type_id] = quantities.get(each.ticket_type_id, 0) + each.quantity
    needs = inventory.quota_needs(quantities=quantities)
    with transaction.atomic():
        checkout.ADD_ORDER.run([order])
        StaffOrder.objects.create(order=order, kind=kind, paid_by=paid_by, note=note[:200], made_by=made_by)
        for line in order_lines:
            line.order = order  # its id is known now
        checkout.ADD_ORDER_LINES.run(order_lines)
        if event.max_per_buyer is not None and buyer_email:
            allowance.claim(event_id=event.pk, email=buyer_email, tickets=sum(quantities.values()), limit=NO_LIMIT)
        if not (mail and buyer_email):
            fulfilment.fulfil_without_mail(order=order, now=now)
        checkout.issue_tickets(order, order_lines, now)
        record.note(act=f"order_made_{kind}", about="order", about_id=order.pk, event_id=event.pk, words=note)
        inventory.claim(needs=needs, durable=True)  # last, so that the hot row is locked for the shortest time
    return order


def _check(event: Event, lines: Sequence[StaffLine], kind: str, paid_by: str) -> None:
    if event.cancelled_at is not None:
        raise Refused("This event is cancelled.", code="not_on_sale")
    if not any(line.attendees for line in lines):
        raise Refused("Choose at least one ticket.", code="nothing_picked")
    if any(line.ticket_type.event_id != event.pk for line in lines):
        raise Refused("A ticket type of another event.", code="not_on_sale")
    total = sum(line.price_minor * len(line.attendees) for line in lines)
    if kind != StaffOrderKind.DOOR and total:
        raise Refused("Only a door sale has a price.", code="price_without_sale")
    if total and not paid_by:
        raise Refused("Say how it was paid.", code="paid_by_missing")
