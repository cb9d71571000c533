"""Orders that staff make: comps, door sales, imports. No hold and no payment of ours; capacity is claimed
by the same door as everybody's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from events import inventory
from events.models import Event, TicketType
from registrations import allowance, checkout, choosing, claims, fulfilment, holding
from registrations.checkout import Refused
from registrations.models import Hold, HoldLine, Order, OrderLine, PaidBy, StaffOrder, StaffOrderKind
from ticketing.lib import tokens
from trail import record

# Staff may give somebody more than a buyer may take, but what they give is counted, so that it can be given back.
NO_LIMIT = 2_000_000_000


@dataclass(frozen=True, kw_only=True)
class StaffLine:
    """Tickets of one type at one price; `price_minor` None: at what they cost now, by the type's steps.
    `attendees`: [{"name", "email"}], one for each ticket."""

    ticket_type: TicketType
    price_minor: int | None
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
    _check(event, lines, kind)
    quantities: dict[int, int] = {}
    for line in lines:
        quantities[line.ticket_type.pk] = quantities.get(line.ticket_type.pk, 0) + len(line.attendees)
    needs = inventory.quota_needs(quantities=quantities)
    with transaction.atomic():
        draft, priced = _priced(event, lines, now)
        total = checkout.total_minor(hold=draft, lines=priced)
        if total and not paid_by:
            raise Refused("Say how it was paid.", code="paid_by_missing")
        order = Order(
            event=event,
            code=tokens.order_code(),
            secret=tokens.link_token(),
            buyer_name=buyer_name,
            buyer_email=buyer_email,
            currency=event.currency,
            total_minor=total,
            tax_on_top=draft.tax_on_top,
            discount_id=draft.discount_id,
            placed_at=now,
            confirmed_at=now,
        )
        checkout.ADD_ORDER.run([order])
        StaffOrder.objects.create(order=order, kind=kind, paid_by=paid_by if total else "", note=note[:200], made_by=made_by)
        order_lines = _order_lines(order, priced, lines)
        checkout.ADD_ORDER_LINES.run(order_lines)
        if event.max_per_buyer is not None and buyer_email:
            tickets = claims.tickets_of_buyer(lines=order_lines)
            allowance.claim(event_id=event.pk, email=buyer_email, tickets=tickets, limit=NO_LIMIT)
        if not (mail and buyer_email):
            fulfilment.fulfil_without_mail(order=order, now=now)
        checkout.issue_tickets(order, order_lines, now)
        record.note(act=f"order_made_{kind}", about="order", about_id=order.pk, event_id=event.pk, words=note)
        inventory.claim(needs=needs, durable=True)  # last, so that the hot row is locked for the shortest time
    return order


def _priced(event: Event, lines: Sequence[StaffLine], now: datetime) -> tuple[Hold, list[HoldLine]]:
    """What it costs, by the same schedule as on the page: steps, discounts, taxes. Without the fee of paying
    online, as nobody pays online here. The hold carries the price and is not kept."""
    draft = holding.draft(event=event)
    asked = [
        HoldLine(
            ticket_type=line.ticket_type,
            quantity=len(line.attendees),
            price_minor=line.ticket_type.price_minor if line.price_minor is None else line.price_minor,
            tax_rate=line.ticket_type.tax_rate,
            is_addon=line.ticket_type.is_addon,
        )
        for line in lines
    ]
    scheduled = [each for each, line in zip(asked, lines, strict=True) if line.price_minor is None]
    if not scheduled:
        return draft, asked
    if choosing.stepped(lines=scheduled):
        scheduled = choosing.on_their_steps(lines=scheduled, now=now)
    choosing.set_price(new=draft, lines=scheduled, promotion=None, now=now, paid_online=False)
    return draft, [*(each for each, line in zip(asked, lines, strict=True) if line.price_minor is not None), *scheduled]


def _order_lines(order: Order, priced: Sequence[HoldLine], lines: Sequence[StaffLine]) -> list[OrderLine]:
    coming: dict[int, list[Mapping[str, str]]] = {}
    for line in lines:
        coming.setdefault(line.ticket_type.pk, []).extend(line.attendees)
    found = []
    for each in priced:
        attendees, coming[each.ticket_type_id] = coming[each.ticket_type_id][: each.quantity], coming[each.ticket_type_id][each.quantity :]
        found.append(
            OrderLine(
                order=order,
                ticket_type_id=each.ticket_type_id,
                quantity=each.quantity,
                price_minor=each.price_minor,
                discount_minor=each.discount_minor,
                tier_id=each.tier_id,
                is_addon=each.is_addon,
                tax_rate=each.tax_rate,
                tax_minor=each.tax_minor,
                attendees=[{"name": one.get("name") or order.buyer_name, "email": one.get("email") or ""} for one in attendees],
            )
        )
    return found


def _check(event: Event, lines: Sequence[StaffLine], kind: str) -> None:
    if event.cancelled_at is not None:
        raise Refused("This event is cancelled.", code="not_on_sale")
    if not any(line.attendees for line in lines):
        raise Refused("Choose at least one ticket.", code="nothing_picked")
    if any(line.ticket_type.event_id != event.pk for line in lines):
        raise Refused("A ticket type of another event.", code="not_on_sale")
    if kind != StaffOrderKind.DOOR and any(line.price_minor != 0 for line in lines):
        raise Refused("Only a door sale has a price.", code="price_without_sale")
