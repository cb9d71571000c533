"""Usage × price = cost line. Lines are exact; only an invoice rounds, and its cents add up to its total."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TypeVar

from operations.costs.price_book import ZERO, Price, PriceBook
from operations.costs.workload import IDLE, Usage, Workload

ALWAYS = frozenset({"always", "with the machine"})
FIRST_YEAR = ALWAYS | {"first 12 months"}
NOTHING_FREE: frozenset[str] = frozenset()
CENT = Decimal("0.01")
K = TypeVar("K", bound=Hashable)


@dataclass(slots=True, kw_only=True)
class CostLine:
    """One row of the bill; `as_focus` gives it under the names of the FOCUS specification.

    `list_cost` is without, `effective_cost` with the free tier; both in the book's currency, not rounded."""

    usage: Usage
    price: Price
    list_cost: Decimal
    effective_cost: Decimal

    @property
    def unit_price(self) -> Decimal:
        """For one unit, over all steps."""
        return self.list_cost / self.usage.quantity if self.usage.quantity else ZERO

    @property
    def explanation(self) -> str:
        """282,500 GB-second × 0.0000166667 = 4.7083"""
        quantity = f"{plain(self.usage.quantity)} {self.price.unit}"
        if self.price.per != 1:
            rate = f"{plain(self.price.steps[0].price)} per {plain(self.price.per)}"
        else:
            rate = plain(self.price.steps[0].price)
        more = ", then cheaper by quantity" if len(self.price.parts(quantity=self.usage.quantity)) > 1 else ""
        return f"{quantity} × {rate}{more} = {self.list_cost:,.4f}"


def price_lines(*, workload: Workload, book: PriceBook, free: frozenset[str] = NOTHING_FREE) -> list[CostLine]:
    """A line for each usage. Steps and free quantities count for a price's whole month and are spread over its
    lines by quantity. KeyError for a price that the book does not have."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for usage in workload.usages:
        totals[usage.price_key] += usage.quantity
    listed = {key: book.prices[key].cost(quantity=quantity) for key, quantity in totals.items()}
    given = {key: _free_part(book.prices[key], totals[key], free) for key in totals}
    lines = []
    for usage in workload.usages:
        key = usage.price_key
        cost = _share(listed[key], usage.quantity, totals[key])
        effective = _share(listed[key] - given[key], usage.quantity, totals[key]) if given[key] else cost
        lines.append(CostLine(usage=usage, price=book.prices[key], list_cost=cost, effective_cost=effective))
    return lines


def _free_part(price: Price, quantity: Decimal, terms: frozenset[str]) -> Decimal:
    return price.cost(quantity=min(quantity, price.free_of(terms=terms)))


def _share(cost: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    return cost * part / whole if whole else ZERO


def total(*, lines: Iterable[CostLine], listed: bool = False) -> Decimal:
    return sum((line.list_cost if listed else line.effective_cost for line in lines), ZERO)


def by_service(*, lines: Iterable[CostLine], listed: bool = False) -> dict[str, Decimal]:
    """{service: cost}, the dearest first."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line.price.service] += line.list_cost if listed else line.effective_cost
    return dict(sorted(sums.items(), key=lambda item: -item[1]))


def by_function(*, lines: Iterable[CostLine]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.usage.function:
            sums[line.usage.function] += line.effective_cost
    return dict(sorted(sums.items(), key=lambda item: -item[1]))


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """Whose cost it was, in cents: per event + shared + idle = total."""

    per_event: dict[int, int]
    shared: int
    idle: int
    total: int


def allocate(*, lines: Iterable[CostLine]) -> Allocation:
    """What each event used, what all used together, what was paid for and not used. To the cent."""
    sums: dict[int | str, Decimal] = defaultdict(Decimal, {"shared": ZERO, IDLE: ZERO})
    for line in lines:
        usage = line.usage
        whose: int | str = usage.event_id if usage.event_id is not None else IDLE if usage.resource == IDLE else "shared"
        sums[whose] += line.effective_cost
    cents = in_cents(sums)
    shared, idle = cents.pop("shared"), cents.pop(IDLE)
    per_event = {int(key): amount for key, amount in cents.items()}
    return Allocation(per_event=per_event, shared=shared, idle=idle, total=sum(per_event.values()) + shared + idle)


def in_cents(amounts: Mapping[K, Decimal]) -> dict[K, int]:
    """Each amount in whole cents, so that they add up to the rounded sum: the largest remainders round up."""
    whole = int((sum(amounts.values(), ZERO) / CENT).quantize(Decimal(1), ROUND_HALF_UP))
    floors = {key: int((amount / CENT).quantize(Decimal(1), ROUND_FLOOR)) for key, amount in amounts.items()}
    by_remainder = sorted(amounts, key=lambda key: amounts[key] / CENT - floors[key], reverse=True)
    for key in by_remainder[: whole - sum(floors.values())]:
        floors[key] += 1
    return floors


def plain(number: Decimal) -> str:
    """1,000,000 · 6.04 · 0.0000166667: no exponent, no needless zeros, at most four decimals above one."""
    if abs(number) >= 1:
        text = f"{number:,.4f}"
    else:
        text = f"{number.quantize(Decimal(1).scaleb(number.adjusted() - 5)):f}" if number else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text
