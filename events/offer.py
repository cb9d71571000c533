"""What an event page offers: each visible type with its price, its state and how many may be picked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from events import inventory, price
from events.models import Event, Pricing, TicketType

FEW_LEFT_PERCENT = 10


@dataclass(frozen=True, kw_only=True)
class Offer:
    """`state`: on_sale, few_left, sold_out, not_yet, over. `choices`: quantities for the select.
    `extra_minor`: what one such ticket, bought alone, costs beside its price (fee, and tax that comes on top)."""

    kind: TicketType
    state: str
    free: int
    choices: range
    is_donation: bool
    extra_minor: int = 0


def offers_of(*, event: Event, now: datetime) -> list[Offer]:
    """Two queries: the types, and the free places of all of them."""
    kinds = list(event.ticket_types.filter(hidden=False, archived_at=None))
    free = inventory.free_places(ticket_types=kinds)
    return [_offer(event, kind, free.get(kind.pk, 0), now) for kind in kinds]


def _offer(event: Event, kind: TicketType, free: int, now: datetime) -> Offer:
    most = min(kind.max_per_order, free, 50)
    choices = range(kind.min_per_order, most + 1)
    if kind.sale_starts_at and kind.sale_starts_at > now:
        state = "not_yet"
    elif kind.sale_ends_at and kind.sale_ends_at <= now:
        state = "over"
    elif not choices:
        state = "sold_out"
    else:
        state = "few_left" if free <= max(5, most) and free < 20 else "on_sale"
    return Offer(
        kind=kind,
        state=state,
        free=free,
        choices=choices,
        is_donation=kind.pricing == Pricing.DONATION,
        extra_minor=_extra(event, kind, now),
    )


def _extra(event: Event, kind: TicketType, now: datetime) -> int:
    if not kind.price_minor or not (event.fee_country or event.tax_on_top):
        return 0
    line = price.Line(quantity=1, price_minor=kind.price_minor, tax_rate=kind.tax_rate)
    return price.price_of(event=event, lines=[line], on=now.date()).total_minor - kind.price_minor


def next_change_seconds(*, event: Event, offers: list[Offer], now: datetime, most: int) -> int:
    """How long the page is true: until the next sale window opens or closes, or the event ends; at most `most`."""
    moments = [event.ends_at] + [moment for offer in offers for moment in (offer.kind.sale_starts_at, offer.kind.sale_ends_at) if moment]
    ahead = [(moment - now).total_seconds() for moment in moments if moment > now]
    return max(1, min([most, *(int(seconds) for seconds in ahead)]))


def from_price(offers: list[Offer]) -> dict[str, Any]:
    """The least price among what can be bought, or among all."""
    buyable = [offer for offer in offers if offer.state in ("on_sale", "few_left")]
    prices = [offer.kind.price_minor for offer in buyable or offers]
    return {"buyable": bool(buyable), "least": min(prices, default=0), "several": len(set(prices)) > 1}
