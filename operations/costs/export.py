"""The bill as rows with FOCUS column names, for spreadsheets and other cost tools."""

import csv
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from operations.costs.installation import Bill
from operations.costs.lines import CostLine, in_cents, plain
from operations.costs.workload import IDLE

COLUMNS = (
    "BillingPeriodStart",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ProviderName",
    "RegionId",
    "ServiceName",
    "ResourceId",
    "ChargeCategory",
    "ChargeDescription",
    "SkuPriceId",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ListUnitPrice",
    "ListCost",
    "EffectiveCost",
    "BilledCost",
    "BillingCurrency",
    "Tags",
    "x_PriceSource",
    "x_PriceDate",
    "x_PriceChecked",
)


def focus_row(*, line: CostLine, bill: Bill, since: datetime, until: datetime, cents: int) -> dict[str, Any]:
    """One charge; BilledCost is in whole cents, which add up to the invoice's total."""
    usage, price = line.usage, line.price
    whose = f'{{"event": "{usage.event_id}"}}' if usage.event_id else '{"part": "idle"}' if usage.resource == IDLE else '{"part": "shared"}'
    return {
        "BillingPeriodStart": since.date().isoformat(),
        "ChargePeriodStart": since.isoformat(),
        "ChargePeriodEnd": until.isoformat(),
        "ProviderName": bill.book.provider,
        "RegionId": bill.book.region,
        "ServiceName": price.service,
        "ResourceId": usage.resource,
        "ChargeCategory": "Usage",
        "ChargeDescription": f"{line.explanation} ({usage.working})" if usage.working else line.explanation,
        "SkuPriceId": usage.price_key,
        "ConsumedQuantity": f"{usage.quantity:.6f}",
        "ConsumedUnit": price.unit,
        "ListUnitPrice": plain(line.unit_price),
        "ListCost": f"{line.list_cost:.6f}",
        "EffectiveCost": f"{line.effective_cost:.6f}",
        "BilledCost": f"{Decimal(cents) / 100:.2f}",
        "BillingCurrency": bill.book.currency,
        "Tags": whose,
        "x_PriceSource": price.source,
        "x_PriceDate": price.as_of,
        "x_PriceChecked": "yes" if price.checked else "to be checked",
    }


class _Echo:
    def write(self, text: str) -> str:
        return text


def as_csv(*, bill: Bill, since: datetime, until: datetime) -> Iterator[str]:
    """Row by row, the total last."""
    writer = csv.DictWriter(_Echo(), COLUMNS)  # type: ignore[type-var]
    yield writer.writeheader()  # type: ignore[misc]
    cents = in_cents({number: line.effective_cost for number, line in enumerate(bill.lines)})
    for number, line in enumerate(bill.lines):
        yield writer.writerow(focus_row(line=line, bill=bill, since=since, until=until, cents=cents[number]))  # type: ignore[misc]
    total = {"ChargeCategory": "Total", "BilledCost": f"{Decimal(sum(cents.values())) / 100:.2f}", "BillingCurrency": bill.book.currency}
    yield writer.writerow(total)  # type: ignore[misc]
