"""What a payment costs by the provider's price list: by the account's country, the method and the day.

Used to work out the fee that a buyer bears and to say beforehand what the organiser keeps. What a payment
really cost comes from its balance transaction (payments/ledger.py): foreign cards and exchange cost more.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ticketing.lib import money

EEA = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()
SOURCE = "stripe.com/pricing, pay as you go, domestic cards, November 2026"


def half_up(numerator: int, denominator: int) -> int:
    """numerator ÷ denominator to the nearest whole, halves away from zero."""
    whole = (2 * abs(numerator) + denominator) // (2 * denominator)
    return whole if numerator >= 0 else -whole


@dataclass(frozen=True, kw_only=True)
class FeeRule:
    """`percent` of what is charged and `fixed_minor` for each payment, at most `most_minor`; on top of
    both `tax_percent` of the fee itself."""

    country: str
    method: str
    currency: str
    valid_from: date
    percent: Decimal
    fixed_minor: int
    most_minor: int | None = None
    tax_percent: Decimal = Decimal(0)

    def fee_minor(self, charge_minor: int) -> int:
        """The fee on a payment, minor units: each part rounded to the nearest, halves up."""
        fee = half_up(charge_minor * int(self.percent * 1000), 100_000) + self.fixed_minor
        if self.most_minor is not None:
            fee = min(fee, self.most_minor)
        return fee + half_up(fee * int(self.tax_percent * 1000), 100_000)

    @property
    def sentence(self) -> str:
        """2.9 % + $0.30"""
        parts = [f"{self.percent.normalize():f} %"] if self.percent else []
        parts += [money.format_money(self.fixed_minor, self.currency)] if self.fixed_minor else []
        text = " + ".join(parts)
        if self.most_minor is not None:
            text += f", at most {money.format_money(self.most_minor, self.currency)}"
        return text + (f", plus {self.tax_percent.normalize():f} % tax on the fee" if self.tax_percent else "")


def _rule(country: str, method: str, currency: str, percent: str, fixed: str, **more: object) -> FeeRule:
    since = date(2024, 1, 1)
    fixed_minor = money.to_minor(fixed, currency)
    return FeeRule(
        country=country,
        method=method,
        currency=currency,
        valid_from=since,
        percent=Decimal(percent),
        fixed_minor=fixed_minor,
        **more,  # type: ignore[arg-type]
    )


SCHEDULE: list[FeeRule] = [
    _rule("US", "card", "USD", "2.9", "0.30"),
    _rule("US", "us_bank_account", "USD", "0.8", "0", most_minor=500),
    _rule("GB", "card", "GBP", "1.5", "0.20"),
    _rule("IN", "card", "INR", "2", "0", tax_percent=Decimal(18)),
    _rule("JP", "card", "JPY", "3.6", "0"),
    *(_rule(country, "card", "EUR", "1.5", "0.25") for country in EEA),
    *(_rule(country, "sepa_debit", "EUR", "0", "0.35") for country in EEA),
]


def rule_for(*, country: str, on: date, currency: str, method: str = "card") -> FeeRule | None:
    """The rule of that country's price list on a day. None when it has none in this currency: a fixed part
    can't be exchanged at a rate that nobody knows yet."""
    valid = [
        rule
        for rule in SCHEDULE
        if rule.country == country and rule.method == method and rule.currency == currency and rule.valid_from <= on
    ]
    return max(valid, key=lambda rule: rule.valid_from, default=None)


def countries(*, currency: str, on: date) -> list[FeeRule]:
    """Card rules in this currency, by country: whose fee can be passed on."""
    found = {rule.country: rule_for(country=rule.country, on=on, currency=currency) for rule in SCHEDULE}
    return [rule for _, rule in sorted(found.items()) if rule is not None]
