"""Money in minor units with its currency; the only place that knows exponents.

Exponents follow ISO 4217 (amendment 176): most currencies have two decimals, some none, some three.
Amounts are written in the language that is spoken: €1,234.50 in English, 1.234,50 € in German.
"""

import functools
import re
from decimal import Decimal, InvalidOperation

from ticketing.lib import languages
from ticketing.lib.languages import say

CURRENCIES = (
    "EUR USD GBP CHF SEK NOK DKK PLN CZK HUF RON BGN ISK UAH TRY ILS AED SAR INR JPY KRW CNY HKD TWD "
    "SGD THB IDR MYR PHP VND AUD NZD CAD MXN BRL ARS CLP COP PEN ZAR KES NGN UGX EGP MAD TND KWD BHD JOD OMR"
).split()
ZERO_DECIMAL = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split())
THREE_DECIMAL = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
SYMBOLS = {
    "EUR": "€",
    "USD": "$",
    "GBP": "£",
    "JPY": "¥",
    "INR": "₹",
    "KRW": "₩",
    "ILS": "₪",
    "VND": "₫",
    "TRY": "₺",
    "UAH": "₴",
    "NGN": "₦",
    "PHP": "₱",
}


LETTERS_BEFORE_DIGITS = re.compile(r"^([^\W\d_]+)(?=\d)")  # "CHF12" is not how it is written


class BadAmount(ValueError):
    """The text is not an amount of this currency; the message says the mend."""


def exponent(currency: str) -> int:
    """Decimals of the currency: 0, 2 or 3."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def to_major(amount_minor: int, currency: str) -> Decimal:
    """1250, "EUR" → Decimal("12.50")."""
    return Decimal(amount_minor).scaleb(-exponent(currency))


def to_minor(amount: Decimal | str, currency: str) -> int:
    """Decimal("12.50"), "EUR" → 1250. BadAmount when it has more decimals than can be paid in: of three decimals
    card networks take two, so KWD goes by 0.010."""
    places = exponent(currency)
    try:
        scaled = Decimal(amount).scaleb(places)
    except InvalidOperation as error:
        raise BadAmount(say("Enter an amount such as 12.50.")) from error
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise BadAmount(_too_fine(currency, places))
    if places == 3 and scaled % 10:
        raise BadAmount(say("Card networks take {currency} in steps of 0.010. Let the last digit be 0.", currency=currency))
    return int(scaled)


def _too_fine(currency: str, places: int) -> str:
    if not places:
        return say("{currency} has no decimal places. Enter no more than that.", currency=currency)
    return say("{currency} has {places} decimal places. Enter no more than that.", currency=currency, places=places)


def in_english(amount_minor: int, currency: str) -> str:
    """As format_money, for what is written down and read by others later."""
    with languages.speaking(languages.ENGLISH):
        return format_money(amount_minor, currency)


def format_money(amount_minor: int, currency: str) -> str:
    """1250, "EUR" → "€12.50"; 0 → "€0.00"; currencies without a symbol → "CHF 12.50". In the language that is spoken."""
    code = languages.current()
    if code != languages.ENGLISH:
        return _in_language(amount_minor, currency, code)
    text = f"{abs(to_major(amount_minor, currency)):,.{exponent(currency)}f}"
    sign = "−" if amount_minor < 0 else ""
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{text}" if symbol else f"{sign}{currency} {text}"


@functools.lru_cache(maxsize=4000)
def _in_language(amount_minor: int, currency: str, code: str) -> str:
    """By CLDR's pattern of the language, with the decimals that the currency has here."""
    from babel import Locale
    from babel.numbers import parse_pattern

    locale = Locale.parse(code)
    pattern = parse_pattern(locale.currency_formats["standard"].pattern)
    pattern.frac_prec = (exponent(currency), exponent(currency))
    text: str = pattern.apply(abs(to_major(amount_minor, currency)), locale, currency=currency, currency_digits=False)
    text = LETTERS_BEFORE_DIGITS.sub("\\1\u00a0", text)
    return f"−{text}" if amount_minor < 0 else text


def format_price(amount_minor: int, currency: str) -> str:
    """As format_money, but nothing to pay is "Free"."""
    return say("Free") if amount_minor == 0 else format_money(amount_minor, currency)
