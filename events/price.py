"""What is to be paid: tickets, taxes, and the processing fee where the buyer bears it. Pure arithmetic.

Everything is in minor units and exact. Tax is worked out per line, on quantity × price, and rounded half up,
once; a sum is the sum of its lines (docs/decisions/0013). The fee that is passed on is the least amount
with which the organiser keeps, to the cent, what they would have kept without any fee.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from events.fee_schedule import FeeRule, half_up, rule_for
from events.models import Event

NOTHING = Decimal(0)


def tax_in(amount_minor: int, rate: Decimal) -> int:
    """The tax contained in an amount at `rate` per cent."""
    thousandths = int(rate * 1000)
    return half_up(amount_minor * thousandths, 100_000 + thousandths) if thousandths else 0


def tax_on(amount_minor: int, rate: Decimal) -> int:
    """The tax to be added to an amount at `rate` per cent."""
    return half_up(amount_minor * int(rate * 1000), 100_000) if rate else 0


@dataclass(frozen=True, kw_only=True)
class Line:
    """Tickets of one type, at the price on the page: with tax, or without when tax comes on top."""

    quantity: int
    price_minor: int
    tax_rate: Decimal = NOTHING

    @property
    def amount_minor(self) -> int:
        return self.quantity * self.price_minor


@dataclass(frozen=True, kw_only=True)
class Price:
    """`taxes`: one for each line, in their order. `fee_minor` is without its tax."""

    taxes: tuple[int, ...]
    fee_minor: int
    fee_tax_rate: Decimal
    fee_tax_minor: int
    total_minor: int


def compose(*, lines: Sequence[Line], tax_on_top: bool, fee: FeeRule | None = None) -> Price:
    """The whole price of an order's lines."""
    work_out = tax_on if tax_on_top else tax_in
    taxes = tuple(work_out(line.amount_minor, line.tax_rate) for line in lines)
    tickets = sum(line.amount_minor for line in lines) + (sum(taxes) if tax_on_top else 0)
    rate = _fee_rate(lines) if fee and tickets else NOTHING
    fee_minor = passed_on(tickets_minor=tickets, fee=fee, tax_rate=rate) if fee and tickets else 0
    fee_tax = tax_on(fee_minor, rate)
    return Price(taxes=taxes, fee_minor=fee_minor, fee_tax_rate=rate, fee_tax_minor=fee_tax, total_minor=tickets + fee_minor + fee_tax)


def _fee_rate(lines: Sequence[Line]) -> Decimal:
    """The fee belongs to what it is charged for: it is taxed as the line that is worth most."""
    return max(lines, key=lambda line: (line.amount_minor, line.tax_rate)).tax_rate


def passed_on(*, tickets_minor: int, fee: FeeRule, tax_rate: Decimal = NOTHING) -> int:
    """The fee to add, without its tax, so that the provider's fee on the whole charge is exactly that.

    The least fixed point of n = fee(tickets + n + tax on n). It exists, since a fee of less than the charge
    catches up with itself, and the steps from zero lead to it, since fee and tax never fall."""
    added = 0
    while (wanted := fee.fee_minor(tickets_minor + added + tax_on(added, tax_rate))) != added:
        added = wanted
    return added


def fee_rule(*, event: Event, on: date) -> FeeRule | None:
    """The rule by which this event's buyers bear the fee; None when the organiser does."""
    return rule_for(country=event.fee_country, on=on, currency=event.currency) if event.fee_country else None


def price_of(*, event: Event, lines: Sequence[Line], on: date) -> Price:
    """The price of these lines of an event on a day."""
    return compose(lines=lines, tax_on_top=event.tax_on_top, fee=fee_rule(event=event, on=on))


def split(*, amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Share an amount in proportion, to the unit: each part is a difference of rounded running sums, so that
    the parts sum to the whole and no order of giving back loses a cent. Nothing to weigh by: all to the first."""
    whole, parts, before, running = sum(weights), [], 0, 0
    if not whole:
        return [amount_minor if place == 0 else 0 for place in range(len(weights))]
    for weight in weights:
        running += weight
        after = half_up(amount_minor * running, whole)
        parts.append(after - before)
        before = after
    return parts
