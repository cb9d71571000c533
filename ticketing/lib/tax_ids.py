"""VAT, GST and other tax numbers: tidied, and checked where the country's form is known."""

import importlib
from typing import Any

from ticketing.lib.languages import say

EU = "AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
BY_PREFIX = dict.fromkeys(EU, "stdnum.eu.vat") | {"GB": "stdnum.gb.vat", "CHE": "stdnum.ch.vat", "NO": "stdnum.no.mva"}


class BadTaxId(ValueError):
    """The number can't be right; the message says the mend."""


def tidy(text: str) -> str:
    """ "de 136 695 976" → "DE136695976"; empty stays empty. BadTaxId when its country's form or check digit is wrong.

    Numbers of countries whose form isn't known here are taken as they are."""
    number = "".join(character for character in text.upper() if character.isalnum())
    if not number:
        return ""
    if len(number) > 20:
        raise BadTaxId(say("Enter a VAT number of at most 20 letters and digits."))
    if (checker := _checker(number)) and not checker.is_valid(number):
        raise BadTaxId(say("This VAT number can't be right. Check its digits, or leave it empty."))
    return number


def _checker(number: str) -> Any:
    """The module that knows this kind of number; loaded when first needed."""
    if len(number) == 15 and number[:2].isdigit() and number[2:7].isalpha():
        return importlib.import_module("stdnum.in_.gstin")
    name = BY_PREFIX.get(number[:3]) or BY_PREFIX.get(number[:2])
    return importlib.import_module(name) if name else None
