"""Price tiers: steps of a type's price by date and by quantity; and the one door to PriceTier.claimed.

The tickets of a step are claimed with the hold. Its row is locked before it is read, so that the last
ticket at a price goes to one buyer; an order may cross the boundary, and then its first tickets cost the
one price and the rest the next. A step without a quantity is only a matter of the clock and locks nothing.
After the last step comes the type's own price.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from events.models import PriceTier, Pricing, TicketType

CLAIM = (
    "UPDATE events_pricetier SET claimed = claimed + CASE WHEN quantity IS NULL THEN 0 ELSE %s END "
    "WHERE id = %s AND (quantity IS NULL OR claimed + %s <= quantity)"
)
RELEASE = "UPDATE events_pricetier SET claimed = claimed - %s WHERE id = %s AND quantity IS NOT NULL"
LOCK = (
    "SELECT 1 FROM events_pricetier WHERE quantity IS NOT NULL "
    "AND (id = ANY(%s) OR (ticket_type_id = ANY(%s) AND archived_at IS NULL)) ORDER BY id FOR NO KEY UPDATE"
)


class TierFull(Exception):
    """Not enough tickets are left at this price. Nothing was claimed."""

    code = "tier_full"

    def __init__(self) -> None:
        super().__init__("There are not enough tickets left at this price.")


@dataclass(frozen=True, kw_only=True)
class Portion:
    """So many tickets at one price. `tier` None: the type's own price."""

    quantity: int
    tier: PriceTier | None


def has_steps(*, kind: TicketType) -> bool:
    """Whether its price has steps; a type that became free or a donation has none, whatever is kept of them."""
    return kind.tiered and kind.pricing == Pricing.FIXED


def ladders(*, kinds: Iterable[TicketType]) -> dict[int, list[PriceTier]]:
    """{ticket type id: its tiers, first step first}. No query where no type has any."""
    ids = [kind.pk for kind in kinds if has_steps(kind=kind)]
    return _ladders(ids) if ids else {}


def _ladders(type_ids: Iterable[int]) -> dict[int, list[PriceTier]]:
    found: dict[int, list[PriceTier]] = {}
    for tier in PriceTier.objects.filter(ticket_type__in=type_ids, archived_at=None):
        found.setdefault(tier.ticket_type_id, []).append(tier)
    return found


def open_steps(*, ladder: Sequence[PriceTier], now: datetime) -> list[PriceTier]:
    """The steps that still sell, up to the first that sells without limit of number."""
    found = []
    for tier in ladder:
        if (tier.ends_at and tier.ends_at <= now) or left_of(tier=tier) == 0:
            continue
        found.append(tier)
        if tier.quantity is None:
            break
    return found


def left_of(*, tier: PriceTier) -> int | None:
    """Tickets left at this price; None without a limit of number."""
    return None if tier.quantity is None else max(0, tier.quantity - tier.claimed)


def take(*, wanted: Mapping[int, int], now: datetime) -> dict[int, list[Portion]]:
    """Claim {ticket type id: tickets} at the prices of this moment, in the caller's transaction.

    One statement; where steps count tickets a second one locks them, and each that is used is one more."""
    ladders = _ladders(wanted)
    steps = {type_id: open_steps(ladder=ladders.get(type_id, []), now=now) for type_id in wanted}
    if counted := [tier.pk for found in steps.values() for tier in found if tier.quantity is not None]:
        _refresh(steps, counted)
    portions = {type_id: portions_of(steps=steps[type_id], quantity=quantity) for type_id, quantity in wanted.items()}
    claim(
        counts={
            each.tier.pk: each.quantity for found in portions.values() for each in found if each.tier and each.tier.quantity is not None
        }
    )
    return portions


def _refresh(steps: Mapping[int, list[PriceTier]], counted: Sequence[int]) -> None:
    """What is really left: another buyer may have taken it between our look and our lock."""
    locked = PriceTier.objects.filter(pk__in=counted, archived_at=None).order_by("pk").select_for_update(no_key=True)
    fresh = {pk: (quantity, claimed) for pk, quantity, claimed in locked.values_list("pk", "quantity", "claimed")}
    for found in steps.values():
        for tier in found:
            if tier.quantity is not None:
                tier.quantity, tier.claimed = fresh.get(tier.pk, (0, 0))  # one that was withdrawn meanwhile has none left


def portions_of(*, steps: Sequence[PriceTier], quantity: int) -> list[Portion]:
    """The tickets of one type over its open steps, cheapest of the moment first."""
    portions, missing = [], quantity
    for tier in steps:
        left = left_of(tier=tier)
        if taken := missing if left is None else min(missing, left):
            portions.append(Portion(quantity=taken, tier=tier))
            missing -= taken
    return [*portions, Portion(quantity=missing, tier=None)] if missing else portions


def claim(*, counts: Mapping[int, int]) -> None:
    """{tier id: tickets}, all or nothing in the caller's transaction. TierFull when one lacks them."""
    with connection.cursor() as cursor:
        for tier_id, tickets in sorted(counts.items()):
            cursor.execute(CLAIM, [tickets, tier_id, tickets])
            if cursor.rowcount != 1:
                raise TierFull()


def release(*, counts: Mapping[int, int]) -> None:
    """{tier id: tickets} go back to their price. A CHECK refuses more than was claimed."""
    with connection.cursor() as cursor:
        for tier_id, tickets in sorted(counts.items()):
            cursor.execute(RELEASE, [tickets, tier_id])


def lock(*, tier_ids: Sequence[int], type_ids: Sequence[int]) -> None:
    """Take these tiers, and those of these types, in id order: whoever gives tickets back and takes others
    never waits in a ring."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [list(tier_ids), list(type_ids)])
