"""Moments in words, in the language that is spoken: {{ event.starts_at|when:event.time_zone }}.

English is Python's own (C locale). The names of months and days of the other languages are CLDR's, by Babel, read
when a language is first spoken; the order of the parts is ours, one line for each language.
"""

import functools
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ticketing.lib import languages

# {A} {a} the day's name, long and short; {d} its number; {B} {b} the month's name; {Y} the year; {t} the time.
FORMS = {
    "en": {
        "when": "{A} {d} {B} {Y}, {t}",
        "when_soon": "{A} {d} {B}, {t}",
        "when_short": "{d} {b}, {t}",
        "card": "{a} {d} {b} {Y}, {t}",
        "day": "{d} {B} {Y}",
        "day_and_time": "{d} {B} {Y}, {t}",
        "weekday": "{A} {d} {B} {Y}",
        "month": "{B} {Y}",
        "month_alone": "{B}",
        "clock": "{t}",
    },
    "de": {
        "when": "{A}, {d}. {B} {Y}, {t} Uhr",
        "when_soon": "{A}, {d}. {B}, {t} Uhr",
        "when_short": "{d}. {b}, {t} Uhr",
        "card": "{a}, {d}. {b} {Y}, {t} Uhr",
        "day": "{d}. {B} {Y}",
        "day_and_time": "{d}. {B} {Y}, {t} Uhr",
        "weekday": "{A}, {d}. {B} {Y}",
        "month": "{B} {Y}",
        "month_alone": "{B}",
        "clock": "{t} Uhr",
    },
    "es": {
        "when": "{A}, {d} de {B} de {Y}, {t} h",
        "when_soon": "{A}, {d} de {B}, {t} h",
        "when_short": "{d} {b}, {t} h",
        "card": "{a}, {d} {b} {Y}, {t} h",
        "day": "{d} de {B} de {Y}",
        "day_and_time": "{d} de {B} de {Y}, {t} h",
        "weekday": "{A}, {d} de {B} de {Y}",
        "month": "{B} de {Y}",
        "month_alone": "de {B}",
        "clock": "{t} h",
    },
    "fr": {
        "when": "{A} {d} {B} {Y} à {t}",
        "when_soon": "{A} {d} {B} à {t}",
        "when_short": "{d} {b} à {t}",
        "card": "{a} {d} {b} {Y} à {t}",
        "day": "{d} {B} {Y}",
        "day_and_time": "{d} {B} {Y} à {t}",
        "weekday": "{A} {d} {B} {Y}",
        "month": "{B} {Y}",
        "month_alone": "{B}",
        "clock": "{t}",
    },
    "hi": {
        "when": "{A}, {d} {B} {Y}, {t}",
        "when_soon": "{A}, {d} {B}, {t}",
        "when_short": "{d} {b}, {t}",
        "card": "{a}, {d} {b} {Y}, {t}",
        "day": "{d} {B} {Y}",
        "day_and_time": "{d} {B} {Y}, {t}",
        "weekday": "{A}, {d} {B} {Y}",
        "month": "{B} {Y}",
        "month_alone": "{B}",
        "clock": "{t}",
    },
}


@dataclass(frozen=True, kw_only=True)
class Words:
    """A language's names, each list from its first on: months from January, days from Monday."""

    months: tuple[str, ...]
    short_months: tuple[str, ...]
    days: tuple[str, ...]
    short_days: tuple[str, ...]
    halves: tuple[str, str] | None = None  # of the day, where clocks count to twelve


def moment(at: datetime | date, form: str) -> str:
    """A moment on the clock it carries, in one of FORMS, in the language that is spoken."""
    code = languages.current()
    words = _words(code)
    month, day = at.month - 1, at.weekday()
    return FORMS[code][form].format(
        A=words.days[day],
        a=words.short_days[day],
        d=at.day,
        B=words.months[month],
        b=words.short_months[month],
        Y=at.year,
        t=_time(at, words) if isinstance(at, datetime) else "",
    )


def _time(at: datetime, words: Words) -> str:
    if words.halves is None:
        return f"{at.hour:02}:{at.minute:02}"
    return f"{at.hour % 12 or 12}:{at.minute:02} {words.halves[at.hour >= 12]}"


def with_zone(at: datetime) -> str:
    """Thursday 3 December 2026, 20:00 (CET), for mails and paper."""
    return f"{moment(at, 'when')} ({zone_name(at)})"


def zone_name(at: datetime) -> str:
    """The short name of the clocks: "CET", in German "MEZ"."""
    if languages.current() == "de":
        from babel.dates import get_timezone_name

        german = str(get_timezone_name(at, width="short", locale="de"))
        if german.isalpha():
            return german
    return f"{at:%Z}"


def clocks_of(zone: str) -> str:
    """A zone as visitors know it: "Europe/Berlin" in English; elsewhere the city in their language, "Berlín"."""
    code = languages.current()
    return zone if code == languages.ENGLISH else _place(zone, code)


@functools.lru_cache(maxsize=2000)
def _place(zone: str, code: str) -> str:
    from babel.dates import get_timezone_location

    return str(get_timezone_location(zone, locale=code, return_city=True))


def day_names() -> list[tuple[str, str]]:
    """(short, long) from Monday on, for a calendar's head."""
    words = _words(languages.current())
    if languages.current() == languages.ENGLISH:
        return [(name[:2], name) for name in words.days]
    return list(zip(words.short_days, words.days, strict=True))


@functools.cache
def _words(code: str) -> Words:
    if code == languages.ENGLISH:
        import calendar

        return Words(
            months=tuple(calendar.month_name)[1:],
            short_months=tuple(calendar.month_abbr)[1:],
            days=tuple(calendar.day_name),
            short_days=tuple(calendar.day_abbr),
        )
    from babel import Locale

    locale: Any = Locale.parse(code)
    halves = locale.day_periods["format"]["abbreviated"] if "a" in locale.time_formats["short"].pattern else None
    return Words(
        months=tuple(locale.months["format"]["wide"][number] for number in range(1, 13)),
        short_months=tuple(locale.months["format"]["abbreviated"][number] for number in range(1, 13)),
        days=tuple(locale.days["format"]["wide"][number] for number in range(7)),
        short_days=tuple(locale.days["format"]["abbreviated"][number] for number in range(7)),
        halves=(halves["am"], halves["pm"]) if halves else None,
    )
