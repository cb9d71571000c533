"""Template filters for money and time, in every template without loading."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template

from ticketing.lib import money as money_lib
from ticketing.lib import tokens

register = template.Library()


@register.filter
def money(amount_minor: int, currency: str) -> str:
    """{{ 1250|money:"EUR" }} → €12.50"""
    return money_lib.format_money(amount_minor, currency)


@register.filter
def price(amount_minor: int, currency: str) -> str:
    """{{ 0|price:"EUR" }} → Free"""
    return money_lib.format_price(amount_minor, currency)


@register.filter
def serial(number: int) -> str:
    return tokens.serial_text(number)


@register.filter
def in_zone(moment: datetime | None, zone: str) -> Any:
    """The moment on the clocks of the venue; use before |date."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if moment else ""


@register.filter
def iso(moment: datetime | None) -> str:
    """For <time datetime> and scripts: UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
