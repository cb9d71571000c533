"""Dated list prices, each with its source. A book is a file; a price changes by a new file, never by an edit."""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "price_books"
ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Step:
    """A price up to a quantity in a month (None: for all above)."""

    up_to: Decimal | None
    price: Decimal


@dataclass(frozen=True, kw_only=True)
class Price:
    """`steps` are prices of `per` units each. `free_terms`: "always", "first 12 months", "with the machine".

    `checked`: False for a price that is known but was not compared with its source; pages say so."""

    key: str
    service: str
    unit: str
    per: Decimal
    steps: tuple[Step, ...]
    free_quantity: Decimal
    free_terms: str
    source: str
    as_of: str
    checked: bool
    note: str

    def cost(self, *, quantity: Decimal) -> Decimal:
        """Of a month's whole quantity, step by step, not rounded."""
        return sum((part * step.price / self.per for part, step in self.parts(quantity=quantity)), ZERO)

    def parts(self, *, quantity: Decimal) -> list[tuple[Decimal, Step]]:
        """How much of the quantity falls on each step."""
        found, below = [], ZERO
        for step in self.steps:
            top = quantity if step.up_to is None else min(quantity, step.up_to)
            if top > below:
                found.append((top - below, step))
                below = top
        return found

    def free_of(self, *, terms: frozenset[str]) -> Decimal:
        """Units that cost nothing under these terms."""
        return self.free_quantity if self.free_terms in terms else ZERO


@dataclass(frozen=True, kw_only=True)
class PriceBook:
    key: str
    provider: str
    region: str
    region_name: str
    currency: str
    valid_from: str
    hours_in_month: Decimal
    cores_of_a_machine: int
    prices: dict[str, Price]


@dataclass(frozen=True, kw_only=True)
class FeeSchedule:
    """What a payment provider takes: percent + fixed, and a tax on its fee."""

    key: str
    name: str
    currency: str
    percent: Decimal
    fixed: Decimal
    tax_percent: Decimal
    source: str
    as_of: str
    checked: bool
    note: str

    def fee(self, *, amount: Decimal, payments: int) -> Decimal:
        """Of `payments` payments that bring `amount` together (major units), not rounded."""
        return (amount * self.percent / 100 + self.fixed * payments) * (1 + self.tax_percent / 100)

    @property
    def words(self) -> str:
        """2.9 % + 0.30 USD"""
        text = f"{self.percent.normalize():f} % + {self.fixed} {self.currency}" if self.fixed else f"{self.percent.normalize():f} %"
        return f"{text}, and {self.tax_percent} % tax on the fee" if self.tax_percent else text


@functools.cache
def price_book(*, key: str) -> PriceBook:
    """The newest book of this key, such as "aws-us-east-1". KeyError when there is none."""
    path = _newest(key)
    book = json.loads(path.read_text(), parse_float=Decimal)
    return PriceBook(
        key=book["key"],
        provider=book["provider"],
        region=book["region"],
        region_name=book["region_name"],
        currency=book["currency"],
        valid_from=book["valid_from"],
        hours_in_month=Decimal(book["hours_in_month"]),
        cores_of_a_machine=book.get("cores_of_a_machine", 1),
        prices={name: _price(name, row) for name, row in book["prices"].items()},
    )


@functools.cache
def fee_schedules() -> dict[str, FeeSchedule]:
    rows = json.loads(_newest("payment-fees").read_text())["schedules"]
    numbers = ("percent", "fixed", "tax_percent")
    return {
        row["key"]: FeeSchedule(**({"note": ""} | row | {name: Decimal(row[name]) for name in numbers}))  # type: ignore[arg-type]
        for row in rows
    }


def books() -> Sequence[str]:
    """Keys of all price books."""
    return sorted({path.stem[:-8] for path in FOLDER.glob("*.json")} - {"payment-fees"})


def _newest(key: str) -> Path:
    dated = sorted(FOLDER.glob(f"{key}-20[0-9][0-9]-[0-9][0-9].json"))
    if not dated:
        raise KeyError(key)
    return dated[-1]


def _price(key: str, row: dict[str, Any]) -> Price:
    free = row.get("free", {})
    return Price(
        key=key,
        service=row["service"],
        unit=row["unit"],
        per=Decimal(row["per"]),
        steps=tuple(Step(up_to=_decimal(tier.get("up_to")), price=Decimal(tier["price"])) for tier in row["tiers"]),
        free_quantity=Decimal(free.get("quantity", 0)),
        free_terms=free.get("terms", ""),
        source=row["source"],
        as_of=row["as_of"],
        checked=row["checked"],
        note=row.get("note", ""),
    )


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)
