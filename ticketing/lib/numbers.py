"""Numbers in words of the language that is spoken: 20,000 in English, 20.000 in German, 20 000 in French."""

import functools
from decimal import Decimal

from ticketing.lib import languages


def grouped(number: int) -> str:
    """A count with its thousands set apart."""
    code = languages.current()
    return f"{number:,}" if code == languages.ENGLISH else _grouped(number, code)


@functools.lru_cache(maxsize=4000)
def _grouped(number: int, code: str) -> str:
    from babel.numbers import format_decimal

    return str(format_decimal(number, locale=code))


def decimal(text: str) -> str:
    """A rate or size as it is stored, "7.5", with the language's decimal sign: "7,5"."""
    code = languages.current()
    return text if code == languages.ENGLISH else _decimal(text, code)


@functools.lru_cache(maxsize=1000)
def _decimal(text: str, code: str) -> str:
    from babel.numbers import format_decimal

    return str(format_decimal(Decimal(text), locale=code, decimal_quantization=False))
