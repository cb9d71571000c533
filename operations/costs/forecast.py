"""What the month will cost, from what has passed of it, and whether that is within the budget."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import pstdev

from django.conf import settings


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """`low` to `high`: two standard deviations of a day, over the days that are left. Amounts in the bill's currency."""

    so_far: Decimal
    month: Decimal
    low: Decimal
    high: Decimal
    days_left: Decimal
    budget: Decimal

    @property
    def over_budget(self) -> bool:
        return self.month > self.budget

    @property
    def share_of_budget(self) -> Decimal:
        return self.month / self.budget if self.budget else Decimal(0)


def forecast(*, so_far: Decimal, daily: list[Decimal], now: datetime, budget: Decimal | None = None) -> Forecast:
    """`daily`: costs of the month's closed days. What is left of the month costs as the mean of up to the last seven."""
    days = monthrange(now.year, now.month)[1]
    passed = Decimal(now.day - 1) + Decimal(now.hour * 3600 + now.minute * 60 + now.second) / 86400
    left = days - passed
    recent = daily[-7:]
    a_day = sum(recent, Decimal(0)) / len(recent) if recent else so_far / passed if passed else Decimal(0)
    spread = Decimal(pstdev(recent)) * 2 * left.sqrt() if len(recent) > 1 else Decimal(0)
    month = so_far + a_day * left
    return Forecast(
        so_far=so_far,
        month=month,
        low=max(so_far, month - spread),
        high=month + spread,
        days_left=left,
        budget=settings.COST_BUDGET if budget is None else budget,
    )
