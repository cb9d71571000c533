"""Every line of the plan, as written and recomputed, from usage × price."""

from decimal import Decimal

import pytest

from operations.costs import plan
from operations.costs.lines import ALWAYS, FIRST_YEAR, NOTHING_FREE, allocate, in_cents, price_lines, total
from operations.costs.price_book import books, fee_schedules, price_book
from operations.costs.workload import IDLE, Usage, Workload

# Each line of docs/costs.md: (as written, at list price).
EXPECTED = {
    ("AWS Lambda", "create_event"): ("0.84", "0.044"),
    ("AWS Lambda", "list_events"): ("7.56", "0.405"),
    ("AWS Lambda", "event_stats"): ("13.44", "0.707"),
    ("AWS Lambda", "register"): ("33.60", "3.353"),
    ("AWS Lambda", "pay"): ("5.04", "0.270"),
    ("AWS Lambda", "scan"): ("1.68", "0.052"),
    ("Amazon DynamoDB", "Reads"): ("2.50", "1.25"),
    ("Amazon DynamoDB", "Writes"): ("6.25", "0.31"),
    ("Amazon DynamoDB", "Storage"): ("2.50", "2.50"),
    ("Amazon S3", "Storage"): ("2.30", "2.30"),
    ("Amazon S3", "PUT requests"): ("0.50", "0.50"),
    ("Amazon S3", "GET requests"): ("0.12", "0.12"),
    ("Amazon CloudFront", "Transfer"): ("8.50", "8.50"),
    ("Amazon CloudFront", "Requests"): ("1.00", "1.00"),
    ("Amazon Cognito", "Monthly active users"): ("0.00", "0.00"),
    ("Amazon API Gateway", "HTTP API requests"): ("0.60", "0.61"),
}
BOOK = price_book(key="aws-us-east-1")


def lines():
    return {(line.service, line.name): line for line in plan.plan_lines(book=BOOK)}


def to(places, amount):
    return amount.quantize(Decimal(places))


@pytest.mark.parametrize("which", EXPECTED, ids=" ".join)
def test_each_line_is_what_its_usage_costs(which):
    written, recomputed = EXPECTED[which]
    line = lines()[which]
    assert line.written == Decimal(written)
    assert to(recomputed, line.recomputed) == Decimal(recomputed)


def test_no_line_of_the_plan_is_left_out_and_none_is_added():
    assert lines().keys() == EXPECTED.keys()


def test_the_plans_own_column_comes_from_calls_and_seconds_without_memory():
    for function in plan.FUNCTIONS:
        assert to("0.01", function.as_the_plan_reckons) == function.written
    assert sum(function.written for function in plan.FUNCTIONS) == plan.WRITTEN_LAMBDA


def test_written_lines_sum_to_the_plans_total():
    assert sum(line.written for line in lines().values()) == plan.WRITTEN_TOTAL == Decimal("86.43")


def test_lambda_is_282500_gb_seconds_and_610000_calls():
    used = plan.plan_workload().usages
    assert sum(usage.quantity for usage in used if usage.price_key == "lambda.x86") == 282_500
    assert sum(usage.quantity for usage in used if usage.price_key == "lambda.requests") == plan.CALLS == 610_000


def test_totals_by_every_reading():
    totals = plan.plan_totals(book=BOOK)
    assert {name: to("0.01", amount) for name, amount in totals.items()} == {
        "listed": Decimal("21.92"),
        "free": Decimal("5.09"),
        "rest": Decimal("38.05"),
        "lambda": Decimal("4.83"),
        "lambda_arm": Decimal("3.89"),
    }


def test_lambda_is_free_within_its_free_tier():
    free = price_lines(workload=plan.plan_workload(), book=BOOK, free=ALWAYS)
    assert {line.price.service for line in free if not line.effective_cost} == {"AWS Lambda", "Amazon DynamoDB", "Amazon CloudFront"}
    assert total(lines=[line for line in free if line.price.service == "AWS Lambda"]) == 0


def test_free_tier_gives_no_more_than_it_has():
    """Control: twice its calls costs what lies above the free million."""
    used = Workload(name="", usages=(Usage(price_key="lambda.requests", resource="x", quantity=Decimal(3_000_000)),))
    assert total(lines=price_lines(workload=used, book=BOOK, free=ALWAYS)) == Decimal("0.40")
    assert total(lines=price_lines(workload=used, book=BOOK, free=NOTHING_FREE)) == Decimal("0.60")


def test_first_year_gives_more_than_what_is_always_free():
    year = total(lines=price_lines(workload=plan.plan_workload(), book=BOOK, free=FIRST_YEAR))
    assert year < plan.plan_totals(book=BOOK)["free"]


def test_rest_api_and_its_cache_cost_more_than_all_lambda_calls():
    used = price_lines(workload=plan.plan_workload(rest_api=True), book=BOOK)
    by_key = {line.usage.price_key: to("0.01", line.list_cost) for line in used}
    assert (by_key["api.rest"], by_key["api.cache"]) == (Decimal("2.14"), Decimal("14.60"))
    assert "api.http" not in by_key


def test_the_four_sizes_grow_nearly_in_line():
    tiers = plan.plan_tiers(book=BOOK)
    assert [tier.written for tier in tiers] == [86, 520, 3_800, 28_000]
    assert [round(tier.recomputed) for tier in tiers] == [22, 219, 2_192, 20_418]


def test_stripes_fixed_part_was_added_as_200_and_not_200000():
    fees = plan.plan_fees()
    assert (fees.percent, fees.fixed, fees.inr) == (1_450_000, 200_000, 1_650_000)
    assert fees.fixed_in_the_plan == 200
    assert round(fees.usd, -2) == 19_800
    assert round(plan.WRITTEN_STRIPE_INR / plan.INR_PER_USD, -2) == plan.WRITTEN_STRIPE_USD == 17_400


@pytest.mark.parametrize(
    ("key", "amount", "payments", "fee"),
    [("us", "100", 1, "3.20"), ("eea", "100", 1, "1.75"), ("uk", "100", 1, "1.70"), ("india", "100", 1, "2.36"), ("us", "100", 10, "5.90")],
)
def test_payment_fees_by_schedule(key, amount, payments, fee):
    assert fee_schedules()[key].fee(amount=Decimal(amount), payments=payments) == Decimal(fee)


def test_everything_the_plan_leaves_out_has_a_line():
    names = " ".join(name for name, _, _ in plan.left_out(book=BOOK)).lower()
    for word in ("cache", "logs", "alarms", "dashboards", "tracing", "mail", "recovery", "region", "health", "firewall"):
        assert word in names


def test_every_price_has_its_source_and_date():
    for key in books():
        for price in price_book(key=key).prices.values():
            assert price.source.startswith("https://") and price.as_of == "2026-11", price.key


@pytest.mark.parametrize("part", ["cognito", "elasticache", "rds", "ses", "cloudwatch", "xray", "route53", "waf"])
def test_prices_that_were_not_compared_with_their_source_are_marked(part):
    assert {price.checked for key, price in BOOK.prices.items() if key.startswith(part)} == {False}


def test_prices_of_the_plans_own_lines_are_checked():
    assert all(BOOK.prices[usage.price_key].checked for usage in plan.plan_workload(rest_api=True).usages)


def test_a_wrong_memory_is_found():
    """Control: the same calls at twice the memory are no longer the plan's."""
    wrong = plan.PlanFunction(name="register", calls=100_000, milliseconds=2000, memory_mb=2048, written=Decimal("33.60"))
    lines = price_lines(workload=Workload(name="", usages=wrong.usages()), book=BOOK)
    assert to("0.001", total(lines=lines)) != Decimal("3.353")


def test_cents_add_up_by_the_largest_remainder():
    assert in_cents({"a": Decimal("0.333"), "b": Decimal("0.333"), "c": Decimal("0.334")}) == {"a": 33, "b": 33, "c": 34}
    assert in_cents({"a": Decimal("0.005"), "b": Decimal("0.005")}) in ({"a": 1, "b": 0}, {"a": 0, "b": 1})


def test_per_event_shared_and_idle_add_up_to_the_total():
    used = [Usage(price_key="lambda.requests", resource="register", quantity=Decimal(77_777 * n), event_id=n) for n in range(1, 41)]
    used += [
        Usage(price_key="api.http", resource="x", quantity=Decimal(33_333)),
        Usage(price_key="api.cache", resource=IDLE, quantity=Decimal(1)),
    ]
    lines = price_lines(workload=Workload(name="", usages=tuple(used)), book=BOOK)
    split = allocate(lines=lines)
    assert len(split.per_event) == 40
    assert sum(split.per_event.values()) + split.shared + split.idle == split.total
    assert split.total == int(total(lines=lines).quantize(Decimal("0.01")) * 100)
    assert split.idle == 2
