"""What an event page offers: each visible type with its price, its state and how many may be picked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from events import addons, discounts, inventory, price, tiers
from events.categories import Section, sections
from events.models import Discount, Event, PriceTier, Pricing, TicketType
from ticketing.lib.languages import say, say_many

FEW_LEFT_PERCENT = 10


@dataclass(frozen=True, kw_only=True)
class Offer:
    """`state`: on_sale, few_left, sold_out, not_yet, over. `choices`: quantities for the select.
    `price_minor`: of the next ticket. `step`: the tier it is of, and `then_minor` what follows.
    `extra_minor`: what one such ticket, bought alone, costs beside its price (fee, and tax that comes on top).
    `goes_with`: of an add-on, the types that it is sold with, in words."""

    kind: TicketType
    state: str
    free: int
    choices: range
    is_donation: bool
    price_minor: int
    step: PriceTier | None = None
    step_left: int | None = None
    then_minor: int = 0
    extra_minor: int = 0
    goes_with: str = ""


def offers_of(*, event: Event, now: datetime) -> list[Offer]:
    """Two queries: the types, and the free places of all of them; one more where there are tiers, or add-ons."""
    kinds = list(event.ticket_types.filter(hidden=False, archived_at=None).select_related("category"))
    free = inventory.free_places(ticket_types=kinds)
    ladders = tiers.ladders(kinds=kinds)
    extras = [kind for kind in kinds if kind.is_addon]
    of = addons.bases(addons=extras)
    goes_with = {kind.pk: addons.words(names=of.get(kind.pk)) for kind in extras}
    return [
        _offer(
            event, kind, free.get(kind.pk, 0), tiers.open_steps(ladder=ladders.get(kind.pk, []), now=now), goes_with.get(kind.pk, ""), now
        )
        for kind in kinds
    ]


def _offer(event: Event, kind: TicketType, free: int, steps: list[PriceTier], goes_with: str, now: datetime) -> Offer:
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
    step = steps[0] if steps else None
    asked = step.price_minor if step else kind.price_minor
    return Offer(
        kind=kind,
        state=state,
        free=free,
        choices=choices,
        is_donation=kind.pricing == Pricing.DONATION,
        price_minor=asked,
        step=step,
        step_left=tiers.left_of(tier=step) if step else None,
        then_minor=steps[1].price_minor if len(steps) > 1 else kind.price_minor,
        extra_minor=_extra(event, kind, asked, now),
        goes_with=goes_with,
    )


def _extra(event: Event, kind: TicketType, asked_minor: int, now: datetime) -> int:
    if not asked_minor or not (event.fee_country or event.tax_on_top):
        return 0
    line = price.Line(quantity=1, price_minor=asked_minor, tax_rate=kind.tax_rate)
    return price.price_of(event=event, lines=[line], on=now.date()).total_minor - asked_minor


def by_heading(*, offers: list[Offer]) -> list[Section[Offer]]:
    """The offers under the headings of their categories."""
    return sections(entries=offers, kind_of=lambda offer: offer.kind)


def reductions(*, event: Event, now: datetime) -> list[str]:
    """What buyers may count on without a code, a sentence each. No query where the event has none."""
    found = discounts.running(event=event, now=now)
    names = dict(event.ticket_types.values_list("pk", "name")) if any(each.only for each in found) else {}  # type: ignore[attr-defined]
    return [_reduction(event, each, [names[pk] for pk in each.only if pk in names]) for each in found]  # type: ignore[attr-defined]


def _reduction(event: Event, discount: Discount, names: list[str]) -> str:
    told = {"name": discount.name, "effect": discounts.effect(discount=discount, event=event)}
    if names:
        of = say(" and ").join(names)
        return say_many(
            "{name}: from {n} ticket of {of}, {effect}.",
            "{name}: from {n} tickets of {of}, {effect}.",
            discount.from_tickets,
            of=of,
            **told,
        )
    return say_many("{name}: from {n} ticket, {effect}.", "{name}: from {n} tickets, {effect}.", discount.from_tickets, **told)


def next_change_seconds(*, event: Event, offers: list[Offer], now: datetime, most: int) -> int:
    """How long the page is true: until a sale window opens or closes, a price ends, or the event does; at most `most`."""
    windows = [moment for offer in offers for moment in (offer.kind.sale_starts_at, offer.kind.sale_ends_at) if moment]
    steps = [offer.step.ends_at for offer in offers if offer.step and offer.step.ends_at]
    moments = [event.ends_at, *windows, *steps]
    ahead = [(moment - now).total_seconds() for moment in moments if moment > now]
    return max(1, min([most, *(int(seconds) for seconds in ahead)]))


def from_price(offers: list[Offer]) -> dict[str, Any]:
    """The least price among what can be bought, or among all; what only goes with a ticket is none."""
    tickets = [offer for offer in offers if not offer.kind.is_addon]
    buyable = [offer for offer in tickets if offer.state in ("on_sale", "few_left")]
    prices = [offer.price_minor for offer in buyable or tickets]
    return {"buyable": bool(buyable), "least": min(prices, default=0), "several": len(set(prices)) > 1}
