"""Template filters for money, numbers and time, in every template without loading."""

import functools
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.templatetags.static import static as static_url
from django.utils import dateformat

from ticketing.lib import dates, languages, numbers, tokens
from ticketing.lib import money as money_lib

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
    return "" if number is None else numbers.grouped(number)


@register.filter
def rate(text: str) -> str:
    """{{ "7.5"|rate }} → 7.5, in German 7,5"""
    return numbers.decimal(text)


@register.filter
def serial(number: int) -> str:
    return tokens.serial_text(number)


@register.filter
def in_zone(moment: datetime | None, zone: str) -> Any:
    """The moment on the clocks of the venue; use before |date."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if moment else ""


def _of_moments(form: str) -> Callable[[datetime | None, str], str]:
    def filter_of_form(at: datetime | None, zone: str) -> str:
        return dates.moment(at.astimezone(ZoneInfo(zone)), form) if at else ""

    return filter_of_form


# {{ event.starts_at|when:event.time_zone }}: on the clocks of the venue, in the language that is spoken.
for _form in ("when", "when_soon", "when_short", "day", "day_and_time", "clock"):
    register.filter(_form, _of_moments(_form))


@register.filter
def of_calendar(day: date, form: str) -> str:
    """A day of a calendar, which has no zone: {{ month|of_calendar:"month" }} → December 2026"""
    return dates.moment(day, form)


@register.filter
def clocks(zone: str) -> str:
    """{{ event.time_zone|clocks }} → Europe/Berlin; elsewhere the city in the language that is spoken."""
    return dates.clocks_of(zone)


@register.simple_tag
def day_names() -> list[tuple[str, str]]:
    """(short, long) for a calendar's head."""
    return dates.day_names()


@register.simple_tag(takes_context=True)
def languages_offered(context: template.Context) -> list[tuple[str, str, str]]:
    """(code, its own name, the address of this page in it)."""
    request = context.get("request")
    query = request.META.get("QUERY_STRING", "") if request is not None else ""
    kept = f"{query}&" if query else ""
    return [(code, name, f"?{kept}language={code}") for code, name in languages.CHOICES]


@register.filter
def on_calendar(day: Any, form: str) -> str:
    """A day or an hour of a calendar, which has no zone: {{ month|on_calendar:"F Y" }}"""
    return dateformat.format(day, form) if isinstance(day, date) else dateformat.time_format(day, form)


@register.filter
def iso(moment: datetime | None) -> str:
    """For <time datetime> and scripts: UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
