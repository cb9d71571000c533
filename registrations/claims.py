"""What a hold or an order has claimed, given back and taken again as one: steps of prices, a use of its
code, places.

Rows are taken in one order: tiers, then codes, then quotas, each in id order; so no two buyers wait in a ring.
"""

from collections.abc import Iterable, Sequence

from events import inventory, promotions, reserving, tiers
from events.models import Promotion
from registrations.models import Hold, HoldLine, Order, OrderLine, PricedLine

Line = HoldLine | OrderLine


def give_back(*, priced: Hold | Order, lines: Sequence[Line]) -> None:
    """All of it, in the caller's transaction, whose conditional UPDATE has decided that it is the only one."""
    if counts := by_tier(lines=lines):
        tiers.release(counts=counts)
    if priced.promotion_id:
        promotions.release(promotion_id=priced.promotion_id, given_minor=given_minor(priced=priced, lines=lines))
        if priced.reserved:
            reserving.give_back(promotion_id=priced.promotion_id, places=priced.reserved)
    inventory.release(needs=needs(priced=priced, lines=lines))


def take_again(*, order: Order, lines: Sequence[Line]) -> None:
    """For money that came after all had been given back. SoldOut, UsedUp or TierFull; then nothing is taken."""
    if counts := by_tier(lines=lines):
        tiers.claim(counts=counts)
    if order.promotion_id:
        promotions.claim(promotion_id=order.promotion_id, given_minor=given_minor(priced=order, lines=lines))
        if order.reserved:
            reserving.take_exactly(promotion_id=order.promotion_id, places=order.reserved)
    inventory.claim(needs=needs(priced=order, lines=lines), durable=True)


def lock(*, hold: Hold, lines: Sequence[Line], promotion: Promotion | None, type_ids: Sequence[int]) -> None:
    """Before a hold is exchanged: the rows that it gives back, and those that the new one takes (`promotion`,
    steps of the types `type_ids`)."""
    tier_ids = list(by_tier(lines=lines))
    if tier_ids or type_ids:
        tiers.lock(tier_ids=tier_ids, type_ids=type_ids)
    if ids := {each for each in (hold.promotion_id, promotion and promotion.pk) if each}:
        promotions.lock(promotion_ids=ids)


def by_tier(*, lines: Iterable[PricedLine]) -> dict[int, int]:
    """{tier id: tickets}."""
    counts: dict[int, int] = {}
    for line in lines:
        if line.tier_id:
            counts[line.tier_id] = counts.get(line.tier_id, 0) + line.quantity
    return counts


def by_type(*, lines: Iterable[Line]) -> dict[int, int]:
    """{ticket type id: tickets}; a type may have several lines, one for each price."""
    counts: dict[int, int] = {}
    for line in lines:
        counts[line.ticket_type_id] = counts.get(line.ticket_type_id, 0) + line.quantity
    return counts


def needs(*, priced: Hold | Order, lines: Iterable[Line]) -> dict[int, int]:
    """{quota id: places} that were claimed there, without those that the code had reserved before."""
    counts = by_type(lines=lines)
    if priced.reserved and priced.promotion_id:
        counts[reserving.type_id(promotion_id=priced.promotion_id)] -= priced.reserved
    return inventory.quota_needs(quantities={type_id: tickets for type_id, tickets in counts.items() if tickets})


def given_minor(*, priced: Hold | Order, lines: Iterable[PricedLine]) -> int:
    """What the code takes off these lines in all; nothing where a discount takes off more and stands in its place."""
    return 0 if priced.discount_id else sum(line.quantity * line.discount_minor for line in lines)


def tickets_of_buyer(*, lines: Iterable[PricedLine]) -> int:
    """What counts against the limit per buyer: tickets, not what comes with them."""
    return sum(line.quantity for line in lines if not line.is_addon)
