"""An order made again from what the payment provider kept of it, when our own rows were lost with a restore."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from events.models import Event, TicketType
from events.price import Line, price_of
from registrations import fulfilment
from registrations.models import Hold, HoldLine, Order, OrderLine
from ticketing.lib import tokens

LINE = re.compile(r"([0-9]{1,18})x([0-9]{1,5})@([0-9]{1,15})")


class CantRebuild(Exception):
    """Too little is known, or it is no longer true; the message says what."""

    code = "cant_rebuild"


def rebuild_order(*, facts: Mapping[str, str], code: str, now: datetime) -> Order:
    """The order of these facts (payments.settlement writes them), with its old code and link; the one that is
    there, if it is. It stands as an order that ran out: confirming it claims its places anew. CantRebuild."""
    there = Order.objects.filter(code=code).first()
    if there is not None:
        return there
    event = Event.objects.select_related("organiser").filter(slug=facts.get("event", "")).first()
    asked = [tuple(map(int, match)) for match in LINE.findall(facts.get("lines", ""))]
    kinds = TicketType.objects.filter(event=event).in_bulk([type_id for type_id, _, _ in asked]) if event else {}
    if event is None or not asked or len(kinds) < len({type_id for type_id, _, _ in asked}) or not facts.get("secret"):
        raise CantRebuild("The provider does not know what was sold, or the event is not here.")
    lines = [Line(quantity=quantity, price_minor=price, tax_rate=kinds[type_id].tax_rate) for type_id, quantity, price in asked]
    placed_at = _moment(facts.get("placed_at", "")) or now
    worked_out = price_of(event=event, lines=lines, on=placed_at.date())
    total = int(facts.get("total", "0").split(" ")[0])
    tickets = sum(line.amount_minor for line in lines) + (sum(worked_out.taxes) if event.tax_on_top else 0)
    fee = total - tickets
    if fee < 0:
        raise CantRebuild("Less was paid than these tickets cost.")
    exact = total == worked_out.total_minor
    priced = {
        "tax_on_top": event.tax_on_top,
        "fee_minor": worked_out.fee_minor if exact else fee,
        "fee_tax_rate": worked_out.fee_tax_rate if exact else 0,
        "fee_tax_minor": worked_out.fee_tax_minor if exact else 0,
    }
    buyer = {"buyer_name": facts.get("buyer_name", "")[:150], "buyer_email": facts.get("buyer_email", "")[:254]}
    rows: list[dict[str, Any]] = [
        {
            "ticket_type": kinds[type_id],
            "quantity": line.quantity,
            "price_minor": line.price_minor,
            "tax_rate": line.tax_rate,
            "tax_minor": tax,
        }
        for (type_id, _, _), line, tax in zip(asked, lines, worked_out.taxes, strict=True)
    ]
    with transaction.atomic():
        hold = Hold.objects.create(
            event=event, token=tokens.link_token(), created_at=placed_at, expires_at=placed_at, released_at=now, **buyer, **priced
        )
        HoldLine.objects.bulk_create(HoldLine(hold=hold, **row) for row in rows)
        order = Order.objects.create(
            event=event,
            hold=hold,
            code=code,
            secret=facts["secret"],
            currency=event.currency,
            total_minor=total,
            placed_at=placed_at,
            expired_at=now,
            **buyer,
            **priced,
        )
        OrderLine.objects.bulk_create(
            OrderLine(order=order, attendees=[{"name": buyer["buyer_name"], "email": ""}] * row["quantity"], **row) for row in rows
        )
        if not buyer["buyer_email"]:  # erased before (payments.forgetting): there is nobody to write to
            fulfilment.fulfil_without_mail(order=order, now=now)
    return order


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
