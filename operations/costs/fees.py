"""What payments cost: by the provider's schedule, and what it really took where its balance says so."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Sum

from operations.costs.price_book import FeeSchedule, fee_schedules
from payments.models import Payment
from ticketing.lib import money

BY_CURRENCY = {"USD": "us", "EUR": "eea", "GBP": "uk", "INR": "india"}


@dataclass(frozen=True, kw_only=True)
class FeeLine:
    """Payments of one currency. Amounts in major units; `schedule` None: no schedule is known for it."""

    currency: str
    payments: int
    amount: Decimal
    schedule: FeeSchedule | None
    by_schedule: Decimal | None
    actual: Decimal | None

    @property
    def share(self) -> Decimal | None:
        fee = self.actual if self.actual is not None else self.by_schedule
        return None if fee is None or not self.amount else fee / self.amount


def fee_lines(*, since: datetime, until: datetime, event_id: int | None = None, order_id: int | None = None) -> list[FeeLine]:
    """Captured payments of a span, a line for each currency, the largest first. One statement."""
    rows = Payment.objects.filter(succeeded_at__gte=since, succeeded_at__lt=until)
    if event_id is not None:
        rows = rows.filter(order__event_id=event_id)
    if order_id is not None:
        rows = rows.filter(order_id=order_id)
    counted = rows.values("currency").annotate(payments=Count("id"), minor=Sum("amount_minor")).order_by("-minor")
    return [_line(row["currency"], row["payments"], row["minor"]) for row in counted]


def _line(currency: str, payments: int, minor: int) -> FeeLine:
    amount = money.to_major(minor, currency)
    schedule = fee_schedules().get(BY_CURRENCY.get(currency, ""))
    return FeeLine(
        currency=currency,
        payments=payments,
        amount=amount,
        schedule=schedule,
        by_schedule=schedule.fee(amount=amount, payments=payments) if schedule else None,
        actual=None,
    )
