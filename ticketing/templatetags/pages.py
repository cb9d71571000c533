"""Template filters for money and time, in every template without loading."""

import functools
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.templatetags.static import static as static_url
from django.utils import dateformat

from ticketing.lib import money as money_lib
from ticketing.lib import tokens

register = template.Library()


@register.simple_tag
def static(path: str) -> str:
    """The address of a file under static/. The names carry a hash of the content and stay for the life of the process."""
    return static_url(path) if settings.DEBUG else _static_url(path)


_static_url = functools.cache(static_url)


@register.filter
def money(amount_minor: int, currency: str) -> str:
    """{{ 1250|money:"EUR" }} → €12.50"""
    return money_lib.format_money(amount_minor, currency)


@register.filter
def price(amount_minor: int, currency: str) -> str:
    """{{ 0|price:"EUR" }} → Free"""
    return money_lib.format_price(amount_minor, currency)


@register.filter
def count(number: int | None) -> str:
    """{{ 20000|count }} → 20,000"""
    return "" if number is None else f"{number:,}"


@register.filter
def serial(number: int) -> str:
    return tokens.serial_text(number)


@register.filter
def in_zone(moment: datetime | None, zone: str) -> Any:
    """The moment on the clocks of the venue; use before |date."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if moment else ""


@register.filter
def on_calendar(day: Any, form: str) -> str:
    """A day or an hour of a calendar, which has no zone: {{ month|on_calendar:"F Y" }}"""
    return dateformat.format(day, form) if isinstance(day, date) else dateformat.time_format(day, form)


@register.filter
def iso(moment: datetime | None) -> str:
    """For <time datetime> and scripts: UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
