"""The plan with other choices: region, processor, serverless or always on, cache, PDF size, archive."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django import forms

from operations.costs import plan, scale
from operations.costs.functions import READ_HEAVY
from operations.costs.lines import ALWAYS, FIRST_YEAR, NOTHING_FREE, CostLine, price_lines, total
from operations.costs.price_book import price_book
from operations.costs.workload import Usage, Workload, function_usages

REGIONS = (
    ("aws-us-east-1", "N. Virginia (us-east-1)"),
    ("aws-eu-west-1", "Ireland (eu-west-1)"),
    ("aws-ap-south-1", "Mumbai (ap-south-1)"),
)
FREE = {"none": NOTHING_FREE, "always": ALWAYS, "year": FIRST_YEAR}
ARCHIVES = {
    "none": ("", ""),
    "instant": ("s3.glacier-instant", "s3.to-glacier-instant"),
    "flexible": ("s3.glacier-flexible", "s3.to-glacier-flexible"),
    "deep": ("s3.deep-archive", "s3.to-deep-archive"),
}
KB_IN_GB = Decimal(1024 * 1024)
ARCHIVED_AFTER_MONTHS = 3
GLACIER_OVERHEAD_KB, STANDARD_OVERHEAD_KB = Decimal(32), Decimal(8)  # an archived object's index, by S3's price page


class WhatIfForm(forms.Form):
    """Every field has a default, so that an empty query is the plan as it stands."""

    events = forms.IntegerField(label="Events a month", min_value=scale.SMALLEST, max_value=scale.LARGEST, initial=plan.EVENTS)
    region = forms.ChoiceField(choices=REGIONS, initial="aws-us-east-1")
    build = forms.ChoiceField(
        label="Built", choices=(("serverless", "Serverless"), ("always-on", "On machines, always on")), initial="serverless"
    )
    processor = forms.ChoiceField(choices=(("x86", "x86"), ("arm", "Arm")), initial="x86")
    cache = forms.ChoiceField(
        label="Lists and figures cached",
        choices=(("none", "No"), ("cdn", "At the CDN"), ("rest", "REST API cache"), ("redis", "Redis node")),
        initial="none",
    )
    pdf_kb = forms.IntegerField(label="PDF of a ticket, KB", min_value=1, max_value=10_240, initial=1024)
    months_kept = forms.IntegerField(label="Tickets kept, months", min_value=1, max_value=120, initial=1)
    archive = forms.ChoiceField(
        label="Archive after 90 days",
        choices=(("none", "No"), ("instant", "Glacier Instant"), ("flexible", "Glacier Flexible"), ("deep", "Deep Archive")),
        initial="none",
    )
    free = forms.ChoiceField(
        label="Free tier", choices=(("none", "Not counted"), ("always", "Always free"), ("year", "First 12 months")), initial="none"
    )


@dataclass(frozen=True, kw_only=True)
class Choices:
    events: int = plan.EVENTS
    region: str = "aws-us-east-1"
    build: str = "serverless"
    processor: str = "x86"
    cache: str = "none"
    pdf_kb: int = 1024
    months_kept: int = 1
    archive: str = "none"
    free: str = "none"


@dataclass(frozen=True, kw_only=True)
class Answer:
    choices: Choices
    lines: list[CostLine]
    always_on: Decimal
    machines: int

    @property
    def serverless(self) -> Decimal:
        return total(lines=self.lines)

    @property
    def total(self) -> Decimal:
        return self.serverless if self.choices.build == "serverless" else self.always_on


def bound_form(*, query: Any) -> WhatIfForm:
    """The form with what the address says, and defaults for what it does not."""
    given = {name: query.get(name, field.initial) for name, field in WhatIfForm.base_fields.items()}
    return WhatIfForm(given)


def choices_from(*, form: WhatIfForm) -> Choices:
    """The plan's own choices where the form says nothing usable."""
    form.is_valid()
    return Choices(**form.cleaned_data)


def answer(*, choices: Choices) -> Answer:
    book = price_book(key=choices.region)
    lines = price_lines(workload=workload(choices=choices), book=book, free=FREE[choices.free])
    return Answer(
        choices=choices,
        lines=lines,
        always_on=scale.always_on(events=choices.events, pdf_kb=Decimal(choices.pdf_kb)),
        machines=scale.machines_needed(events=choices.events),
    )


def workload(*, choices: Choices) -> Workload:
    """The plan's usage with these choices, at this scale."""
    factor = Decimal(choices.events) / plan.EVENTS
    cached = plan_share_cached() if choices.cache != "none" else Decimal(0)
    usages = [usage for function in plan.FUNCTIONS for usage in _function(function, cached, choices)]
    calls = sum((usage.quantity for usage in usages if usage.price_key == "lambda.requests"), Decimal(0))
    for usage in plan.plan_workload().usages:
        if usage.price_key.startswith("lambda"):
            continue
        if usage.price_key == "api.http":
            # The REST cache answers behind the gateway: its requests are still counted.
            rest = choices.cache == "rest"
            usage = replace(usage, price_key="api.rest" if rest else "api.http", quantity=Decimal(plan.CALLS) if rest else calls)
        elif usage.price_key == "cloudfront.requests" and choices.cache == "cdn":
            usage = replace(usage, quantity=usage.quantity + plan.CALLS - calls)
        elif usage.price_key == "cloudfront.transfer":
            usage = replace(usage, quantity=_tickets_gb(choices.pdf_kb))
        if usage.price_key != "s3.standard":
            usages.append(usage)
    scaled = Workload(name="What if", usages=(*usages, *_stored(choices))).times(factor=factor)
    return scaled.plus(*_by_the_hour(choices))


def plan_share_cached() -> Decimal:
    """The plan's claim, of calls to its read-heavy endpoints. The findings page shows the measured share."""
    return Decimal("0.70")


def _function(function: plan.PlanFunction, cached: Decimal, choices: Choices) -> tuple[Usage, ...]:
    calls = function.calls * (1 - cached) if function.name in READ_HEAVY else Decimal(function.calls)
    return function_usages(
        function=function.name, calls=calls, seconds=function.seconds, memory_mb=function.memory_mb, arm=choices.processor == "arm"
    )


def _tickets_gb(pdf_kb: int) -> Decimal:
    """A month's tickets; at 1,024 KB each the plan's 100 GB (it counts a thousand to the GB)."""
    return Decimal(100) * pdf_kb / 1024


def _stored(choices: Choices) -> tuple[Usage, ...]:
    """Tickets of the months that are kept: the newest three as they are, older ones in the archive, if there is one."""
    a_month = _tickets_gb(choices.pdf_kb)
    storage, transition = ARCHIVES[choices.archive]
    old = max(0, choices.months_kept - ARCHIVED_AFTER_MONTHS) if storage else 0
    usages = [
        Usage(
            price_key="s3.standard",
            resource="Tickets",
            quantity=a_month * (choices.months_kept - old),
            working=f"{choices.months_kept - old} months × {a_month:.1f} GB",
        )
    ]
    if old:
        usages.append(Usage(price_key=storage, resource="Old tickets", quantity=a_month * old, working=f"{old} months × {a_month:.1f} GB"))
        usages.append(Usage(price_key=transition, resource="Moved to the archive", quantity=Decimal(plan.REGISTRATIONS)))
    return tuple(usages)


def _by_the_hour(choices: Choices) -> tuple[Usage, ...]:
    hours = Decimal(730)
    if choices.cache == "rest":
        return (Usage(price_key="api.cache", resource="REST API cache", quantity=hours, working="730 hours"),)
    if choices.cache == "redis":
        return (Usage(price_key="elasticache.hours", resource="Redis node", quantity=hours, working="730 hours"),)
    return ()


def months_to_earn_back(*, archive: str, pdf_kb: Decimal, region: str = "aws-us-east-1") -> Decimal | None:
    """Months in the archive until the saved storage of one PDF has paid for moving it there; None: never.

    An archived object keeps 8 KB at the standard price and 32 KB at the archive's for its index, Glacier Instant none."""
    prices = price_book(key=region).prices
    storage, transition = ARCHIVES[archive]
    standard = prices["s3.standard"].steps[0].price
    archived = prices[storage].steps[0].price
    index = archive != "instant"
    kept_kb = pdf_kb + (GLACIER_OVERHEAD_KB if index else 0)
    a_month = (pdf_kb * standard - kept_kb * archived - (STANDARD_OVERHEAD_KB * standard if index else 0)) / KB_IN_GB
    fee = prices[transition].cost(quantity=Decimal(1))
    return fee / a_month if a_month > 0 else None
