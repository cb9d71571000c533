"""What the cost pages show: plain facts for the templates, charts drawn."""

from calendar import monthrange
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

from operations.costs import charts, findings, installation, plan, scale, used, what_if, whose
from operations.costs.functions import ordered
from operations.costs.lines import ALWAYS, CENT, by_service, price_lines, total
from operations.costs.month import Month
from operations.costs.price_book import price_book

AWS = "aws-us-east-1"
HOURS_READ = timedelta(days=7)


def overview(*, month: Month) -> dict[str, Any]:
    """The three views side by side, the month, its services and functions, what is free."""
    book = price_book(key=AWS)
    totals = plan.plan_totals(book=book)
    orders, tickets = whose.totals_sold(since=month.since, until=month.until)
    split, cost = month.bill.allocation, month.bill.total
    services = by_service(lines=month.bill.lines)
    return {
        "month": month,
        "written": plan.WRITTEN_TOTAL,
        "totals": totals,
        "services": [(name, amount, amount / cost if cost else Decimal(0)) for name, amount in services.items()],
        "service_bar": charts.stacked_bar(parts=list(services.items()), label="Services, by their part of the month's cost"),
        "days": charts.day_columns(values=[(f"{day.day}", amount) for day, amount in month.daily], label="Cost of each day of the month"),
        "functions": functions(month=month),
        "shared": split.shared * CENT,
        "idle": split.idle * CENT,
        "of_events": sum(split.per_event.values()) * CENT,
        "orders": orders,
        "tickets": tickets,
        "an_order": cost / orders if orders else None,
        "a_ticket": cost / tickets if tickets else None,
        "findings": _findings(month),
        "free": free_tier(month=month),
        "split_bar": charts.stacked_bar(
            parts=[("Events", sum(split.per_event.values())), ("Shared", split.shared), ("Idle", split.idle)],
            label="Whose cost it was: events, shared, idle",
        ),
    }


def functions(*, month: Month) -> list[dict[str, Any]]:
    """Each function as metered, and what it would cost as the plan bills it."""
    lines = price_lines(workload=installation.functions_serverless(used=month.used), book=price_book(key=AWS))
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        costs[line.usage.function] += line.list_cost
    found = []
    for name in ordered(names=month.used.of_functions):
        each = month.used.of_functions[name]
        found.append(
            {
                "name": name,
                "used": each,
                "milliseconds": each.duration_us / 1000 / each.rendered if each.rendered > 0 else 0,
                "cpu_milliseconds": each.cpu_us / 1000 / each.count if each.count else 0,
                "cost": costs[name],
                "lines": [line for line in lines if line.usage.function == name],
            }
        )
    return found


def plan_page() -> dict[str, Any]:
    book = price_book(key=AWS)
    lines, totals = plan.plan_lines(book=book), plan.plan_totals(book=book)
    groups: dict[str, list[plan.PlanLine]] = defaultdict(list)
    for line in lines:
        groups[line.service].append(line)
    rows = [
        (name, sum((line.written for line in each), Decimal(0)), sum((line.recomputed for line in each), Decimal(0)))
        for name, each in groups.items()
    ]
    extra = plan.left_out(book=book)
    return {
        "groups": [(name, groups[name], written, recomputed) for name, written, recomputed in rows],
        "totals": totals,
        "written": plan.WRITTEN_TOTAL,
        "chart": charts.paired_bars(rows=rows, label="Dollars a month by service.", names=("as written", "recomputed")),
        "left_out": extra,
        "left_out_total": sum((line.list_cost for _, _, line in extra), Decimal(0)),
        "fees": plan.plan_fees(),
        "written_inr": plan.WRITTEN_STRIPE_INR,
        "written_usd": plan.WRITTEN_STRIPE_USD,
        "tiers": plan.plan_tiers(book=book),
        "book": book,
    }


def scale_page(*, form: what_if.WhatIfForm) -> dict[str, Any]:
    """The chosen size and choices, beside the plan's own, and the curves over all sizes."""
    choices = what_if.choices_from(form=form)
    answer = what_if.answer(choices=choices)
    base = what_if.answer(choices=what_if.Choices(events=choices.events))
    book = price_book(key=AWS)
    here, before = by_service(lines=answer.lines), by_service(lines=base.lines)
    return {
        "form": form,
        "choices": choices,
        "answer": answer,
        "base": base,
        "thousand": answer.total / choices.events * 1000,
        "written": scale.written_at(events=choices.events),
        "services": [(name, before.get(name, Decimal(0)), here.get(name, Decimal(0))) for name in dict.fromkeys([*here, *before])],
        "lines": answer.lines,
        "tiers": [
            (
                tier,
                scale.always_on(events=tier.events),
                scale.machines_needed(events=tier.events),
                plan.at_scale(events=tier.events, book=book, free=ALWAYS),
            )
            for tier in plan.plan_tiers(book=book)
        ],
        "bends": scale.bends(book=book),
        "chart": _curves(choices.events),
    }


def _curves(here: int) -> Any:
    book, sizes = price_book(key=AWS), scale.steps_between()
    series = [
        charts.Series(name="As the plan says", style="s8", dashed=True, points=[(n, float(scale.written_at(events=n))) for n in sizes]),
        charts.Series(name="List price", style="s1", points=[(n, float(plan.at_scale(events=n, book=book))) for n in sizes]),
        charts.Series(name="Free tier", style="s2", points=[(n, float(plan.at_scale(events=n, book=book, free=ALWAYS))) for n in sizes]),
        charts.Series(name="Always on", style="s3", points=[(n, float(scale.always_on(events=n))) for n in sizes]),
    ]
    label = "Dollars a month from a thousand to ten million events: the plan, list price, with the free tier, machines always on"
    return charts.curves(series=series, bends=[bend.events for bend in scale.bends(book=book)], here=here, label=label)


def findings_page(*, month: Month) -> dict[str, Any]:
    found = _findings(month)
    saved = sum((each.saving for each in found if each.saving and each.saving > 0), Decimal(0))
    return {"month": month, "findings": found, "saved": saved, "free": free_tier(month=month)}


def _findings(month: Month) -> list[findings.Finding]:
    hours = used.hourly(since=month.until - HOURS_READ, until=month.until)
    return findings.findings(used=month.used, hours=hours, book=price_book(key=AWS))


def free_tier(*, month: Month) -> list[findings.FreePart]:
    """As if the month's usage were billed by AWS: what of each free quantity it takes."""
    quantities: dict[str, Decimal] = defaultdict(Decimal)
    for usage in installation.serverless(used=month.used.as_one()).usages:
        quantities[usage.price_key] += usage.quantity
    days = monthrange(month.since.year, month.since.month)[1]
    return findings.free_parts(used=month.used, quantities=quantities, book=price_book(key=AWS), days_in_month=days)


def invoice_total(*, month: Month) -> Decimal:
    return total(lines=month.bill.lines).quantize(CENT)
