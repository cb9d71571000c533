"""How a price is shown: the fee and the taxes between the lines and the total."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from registrations.models import Priced, PricedLine
from ticketing.lib.languages import say


@dataclass(frozen=True, kw_only=True)
class Bill:
    """`fee_minor`: as shown, with its tax unless taxes come on top. `taxes`: (per cent, minor units).
    `code`: the one that was used. `reduced_by`: why lines cost less, in words."""

    fee_minor: int
    taxes: list[tuple[str, int]]
    on_top: bool
    code: str = ""
    reduced_by: str = ""

    @property
    def tax_minor(self) -> int:
        return sum(amount for _, amount in self.taxes)


def bill_of(*, priced: Priced, lines: Sequence[PricedLine]) -> Bill:
    """The bill of a hold or an order; the fee's tax is among those of its rate."""
    sums: dict[Decimal, int] = {}
    for line in lines:
        if line.tax_minor:
            sums[line.tax_rate] = sums.get(line.tax_rate, 0) + line.tax_minor
    if priced.fee_tax_minor:
        sums[priced.fee_tax_rate] = sums.get(priced.fee_tax_rate, 0) + priced.fee_tax_minor
    fee = priced.fee_minor + (0 if priced.tax_on_top else priced.fee_tax_minor)
    code = priced.promotion.code if priced.promotion else ""
    return Bill(
        fee_minor=fee,
        taxes=[(percent(rate), amount) for rate, amount in sorted(sums.items())],
        on_top=priced.tax_on_top,
        code=code,
        reduced_by=priced.discount.name if priced.discount else say("with the code {code}", code=code) if code else "",
    )


def percent(rate: Decimal) -> str:
    """Decimal("19.000") → "19"; Decimal("8.875") → "8.875"."""
    return f"{Decimal(rate).normalize():f}"
