"""The order's price: taxes per line, and the processing fee passed on to the cent, in currencies of 0, 2 and 3 decimals."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from events import fee_schedule, price
from events.fee_schedule import FeeRule, rule_for

TODAY = date(2026, 11, 24)
KUWAIT = FeeRule(
    country="KW", method="card", currency="KWD", valid_from=date(2024, 1, 1), percent=Decimal("2.25"), fixed_minor=100
)  # three decimals: 0.100 KWD
RATES = some.sampled_from([Decimal(rate) for rate in ("0", "5", "7", "8.875", "10", "18", "19", "20", "25")])
LINES = some.lists(
    some.builds(price.Line, quantity=some.integers(1, 50), price_minor=some.integers(0, 10**7), tax_rate=RATES), min_size=1, max_size=6
)
RULES = some.sampled_from([rule_for(country=country, on=TODAY, currency=currency) for country, currency in (("US", "USD"), ("DE", "EUR"), ("GB", "GBP"), ("IN", "INR"), ("JP", "JPY"))] + [KUWAIT])  # fmt: skip


def rule(country, currency, method="card"):
    found = rule_for(country=country, on=TODAY, currency=currency, method=method)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("country", "currency", "charge", "fee"),
    [
        ("US", "USD", 10_000, 320),  # 2.9 % of $100.00 = 2.90, + 0.30
        ("US", "USD", 50, 31),  # 0.0145 → 0.01
        ("US", "USD", 1_500, 74),  # 0.435 is rounded half up: 0.44
        ("DE", "EUR", 10_000, 175),
        ("DE", "EUR", 1_500, 48),  # 0.225 → 0.23
        ("GB", "GBP", 2_500, 58),  # 0.375 → 0.38
        ("IN", "INR", 50_000, 1_180),  # 2 % of ₹500 = ₹10, and 18 % GST on it
        ("IN", "INR", 12_345, 291),  # 246.9 → 247, GST 44.46 → 44
        ("JP", "JPY", 3_000, 108),  # no decimals
    ],
)
def test_the_fee_of_each_price_list_to_the_cent(country, currency, charge, fee):
    assert rule(country, currency).fee_minor(charge) == fee


def test_the_fee_in_three_decimals():
    assert KUWAIT.fee_minor(15_000) == 438  # 15.000 KWD: 0.3375 → 0.338, + 0.100


def test_a_bank_debits_fee_has_its_most():
    assert rule("US", "USD", "us_bank_account").fee_minor(10_000) == 80
    assert rule("US", "USD", "us_bank_account").fee_minor(10_000_000) == 500
    assert rule("DE", "EUR", "sepa_debit").fee_minor(99_999) == 35


@pytest.mark.parametrize(
    ("country", "currency", "tickets", "added"),
    [
        ("US", "USD", 10_000, 330),  # $103.30 costs 2.9957 → 3.00 + 0.30 = 3.30
        ("US", "USD", 2_500, 106),
        ("DE", "EUR", 1_500, 48),
        ("DE", "EUR", 10_000, 178),
        ("GB", "GBP", 2_500, 58),
        ("IN", "INR", 50_000, 1_208),
        ("JP", "JPY", 3_000, 112),
    ],
)
def test_a_fee_passed_on_leaves_the_organiser_exactly_the_tickets_price(country, currency, tickets, added):
    fee = rule(country, currency)
    assert price.passed_on(tickets_minor=tickets, fee=fee) == added
    charge = tickets + added
    assert charge - fee.fee_minor(charge) == tickets


@given(tickets=some.integers(1, 10**9), fee=RULES, rate=RATES)
@example(tickets=1, fee=rule("IN", "INR"), rate=Decimal(25))
def test_grossing_up_comes_out_to_the_cent(tickets, fee, rate):
    added = price.passed_on(tickets_minor=tickets, fee=fee, tax_rate=rate)
    tax = price.tax_on(added, rate)
    charge = tickets + added + tax
    assert charge - tax - fee.fee_minor(charge) == tickets


@given(tickets=some.integers(1, 20_000), fee=RULES)
def test_no_smaller_fee_would_do(tickets, fee):
    added = price.passed_on(tickets_minor=tickets, fee=fee)
    assert all(tickets + less - fee.fee_minor(tickets + less) < tickets for less in range(max(0, added - 50), added))


def test_control_adding_the_fee_of_the_tickets_alone_leaves_too_little():
    fee = rule("US", "USD")
    charge = 10_000 + fee.fee_minor(10_000)
    assert charge - fee.fee_minor(charge) == 9_991


@pytest.mark.parametrize(
    ("amount", "rate", "contained", "added"),
    [
        (1_500, "19", 239, 285),  # 239.496 · 285
        (100, "7", 7, 7),
        (10_000, "8.875", 815, 888),  # 815.155 · 887.5 half up
        (3_000, "10", 273, 300),  # JPY
        (1_050, "5", 50, 53),  # 52.5 half up
        (1, "19", 0, 0),
    ],
)
def test_tax_contained_and_tax_on_top(amount, rate, contained, added):
    assert price.tax_in(amount, Decimal(rate)) == contained
    assert price.tax_on(amount, Decimal(rate)) == added


@given(net=some.integers(0, 10**9), rate=RATES)
def test_the_tax_that_was_added_is_the_tax_that_is_contained(net, rate):
    added = price.tax_on(net, rate)
    assert price.tax_in(net + added, rate) == added


@given(lines=LINES, on_top=some.booleans(), fee=some.none() | RULES)
def test_the_total_is_the_sum_of_what_is_shown(lines, on_top, fee):
    found = price.compose(lines=lines, tax_on_top=on_top, fee=fee)
    tickets = sum(line.quantity * line.price_minor for line in lines)
    assert found.total_minor == tickets + (sum(found.taxes) if on_top else 0) + found.fee_minor + found.fee_tax_minor
    assert all(tax >= 0 for tax in found.taxes)
    assert all((tax == 0) if not line.tax_rate else tax <= line.amount_minor for tax, line in zip(found.taxes, lines, strict=True))
    if fee is None or tickets == 0:
        assert found.fee_minor == found.fee_tax_minor == 0


def test_tax_is_rounded_per_line_and_not_per_ticket():
    line = price.Line(quantity=3, price_minor=333, tax_rate=Decimal(7))  # 999: 65.36; three times 21.79 would be 66
    assert price.compose(lines=[line], tax_on_top=False).taxes == (65,)


def test_the_fee_is_taxed_as_the_line_that_is_worth_most():
    lines = [
        price.Line(quantity=1, price_minor=5_000, tax_rate=Decimal(7)),
        price.Line(quantity=1, price_minor=1_000, tax_rate=Decimal(19)),
    ]
    found = price.compose(lines=lines, tax_on_top=False, fee=rule("DE", "EUR"))
    assert (found.fee_tax_rate, found.fee_minor, found.fee_tax_minor) == (Decimal(7), 117, 8)
    assert rule("DE", "EUR").fee_minor(found.total_minor) == 117


def test_what_costs_nothing_has_no_fee():
    assert price.compose(lines=[price.Line(quantity=2, price_minor=0)], tax_on_top=False, fee=rule("US", "USD")).total_minor == 0


@given(amount=some.integers(0, 10**9), weights=some.lists(some.integers(0, 10**6), min_size=1, max_size=8))
def test_an_amount_that_is_shared_out_loses_nothing(amount, weights):
    parts = price.split(amount_minor=amount, weights=weights)
    assert sum(parts) == amount and all(part >= 0 for part in parts)


def test_a_rule_is_valid_from_its_day(monkeypatch):
    later = FeeRule(country="US", method="card", currency="USD", valid_from=date(2027, 1, 1), percent=Decimal(3), fixed_minor=40)
    monkeypatch.setattr(fee_schedule, "SCHEDULE", [*fee_schedule.SCHEDULE, later])
    assert rule("US", "USD").fixed_minor == 30
    assert rule_for(country="US", on=date(2027, 1, 1), currency="USD") is later


def test_a_price_list_in_another_currency_does_not_apply():
    assert rule_for(country="US", on=TODAY, currency="EUR") is None


def test_a_rule_reads_as_a_sentence():
    assert rule("US", "USD").sentence == "2.9 % + $0.30"
    assert rule("IN", "INR").sentence == "2 %, plus 18 % tax on the fee"
