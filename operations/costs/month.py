"""The month as it stands, put together once for pages, CSV and PDF."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from operations.costs import installation, used
from operations.costs.forecast import Forecast, forecast
from operations.costs.installation import Bill
from operations.costs.used import Metered

PRICED_AS = (
    ("machines", "Machines, always on"),
    ("aws-us-east-1", "Serverless, N. Virginia"),
    ("aws-eu-west-1", "Serverless, Ireland"),
    ("aws-ap-south-1", "Serverless, Mumbai"),
)


@dataclass(frozen=True, kw_only=True)
class Month:
    since: datetime
    until: datetime
    used: Metered
    bill: Bill
    forecast: Forecast
    daily: list[tuple[date, Decimal | None]]

    priced_as = PRICED_AS

    @property
    def is_metered(self) -> bool:
        return self.used.total.count > 0


def month(*, now: datetime, book_key: str | None = None) -> Month:
    """From the month's first day until now, by the installation's price book or another."""
    since, _ = used.month_of(moment=now)
    read = used.metered(since=since, until=now)
    bill = installation.bill(used=read, book_key=book_key)
    daily = _daily(read, bill, now)
    closed = [amount for _, amount in daily[:-1] if amount is not None]
    return Month(since=since, until=now, used=read, bill=bill, daily=daily, forecast=forecast(so_far=bill.total, daily=closed, now=now))


def _daily(read: Metered, bill: Bill, now: datetime) -> list[tuple[date, Decimal | None]]:
    """The bill spread over its days: hours that are always paid for evenly, the rest by each day's requests.

    None for a day without meters."""
    by_hours = sum((line.effective_cost for line in bill.lines if line.usage.price_key == "machine.hours"), Decimal(0))
    by_use = bill.total - by_hours
    requests = max(read.total.count, 1)
    days, day, hours = [], read.since.date(), Decimal(read.hours) or Decimal(1)
    while day <= now.date():
        start = datetime.combine(day, datetime.min.time(), tzinfo=now.tzinfo)
        passed = Decimal(min(24.0, (now - start).total_seconds() / 3600))
        there = read.of_days.get(day)
        days.append((day, None if there is None else by_hours * passed / hours + by_use * there.count / requests))
        day += timedelta(days=1)
    return days
