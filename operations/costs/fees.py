"""What payments cost: by the provider's schedule, and what it really took where its balance says so."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, QuerySet, Sum

from operations.costs.price_book import FeeSchedule, fee_schedules
from payments.journal import Account, Kind
from payments.models import Payment, Posting
from ticketing.lib import money

KEPT = (Account.PROCESSOR_FEE, Account.PLATFORM_FEE)
BY_CURRENCY = {"USD": "us", "EUR": "eea", "GBP": "uk", "INR": "india"}


@dataclass(frozen=True, kw_only=True)
class FeeLine:
    """Payments of one currency. Amounts in major units; `schedule` None: no schedule is known for it.

    `actual`: what the ledger says was really kept, of `actual_payments` of them; None before the provider told."""

    currency: str
    payments: int
    amount: Decimal
    schedule: FeeSchedule | None
    by_schedule: Decimal | None
    actual: Decimal | None
    actual_payments: int

    @property
    def share(self) -> Decimal | None:
        """Of what was captured: really kept where that is known of all, else by schedule."""
        fee = self.actual if self.actual_payments == self.payments else self.by_schedule
        return None if fee is None or not self.amount else fee / self.amount


def fee_lines(*, since: datetime, until: datetime, event_id: int | None = None, order_id: int | None = None) -> list[FeeLine]:
    """Captured payments of a span, a line for each currency, the largest first. Two statements."""
    rows = Payment.objects.filter(succeeded_at__gte=since, succeeded_at__lt=until)
    if event_id is not None:
        rows = rows.filter(order__event_id=event_id)
    if order_id is not None:
        rows = rows.filter(order_id=order_id)
    counted = rows.values("currency").annotate(payments=Count("id"), minor=Sum("amount_minor")).order_by("-minor")
    kept = _kept(rows)
    return [_line(row["currency"], row["payments"], row["minor"], *kept.get(row["currency"], (0, 0))) for row in counted]


def _kept(payments: QuerySet[Payment]) -> dict[str, tuple[int, int]]:
    """{currency: (fees in minor units, of how many payments)}, from the balance transactions in the ledger. A payment that
    was settled in another currency than it was made in is not compared."""
    fees = Posting.objects.filter(
        entry__kind=Kind.FEE, account__in=KEPT, entry__payment__in=payments, currency=F("entry__payment__currency")
    )
    sums = fees.values_list("currency").annotate(minor=Sum("amount_minor"), payments=Count("entry__payment", distinct=True)).order_by()
    return {currency: (minor, count) for currency, minor, count in sums}


def _line(currency: str, payments: int, minor: int, kept_minor: int, kept_payments: int) -> FeeLine:
    amount = money.to_major(minor, currency)
    schedule = fee_schedules().get(BY_CURRENCY.get(currency, ""))
    return FeeLine(
        currency=currency,
        payments=payments,
        amount=amount,
        schedule=schedule,
        by_schedule=schedule.fee(amount=amount, payments=payments) if schedule else None,
        actual=money.to_major(kept_minor, currency) if kept_payments else None,
        actual_payments=kept_payments,
    )
