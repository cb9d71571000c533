"""Which language is spoken now: to a visitor, in a mail, in a PDF (docs/decisions/0041).

One word of state per thread, so that English, which most pages are in, is the same as if there were no other:
templates are translated when they are loaded (spoken_templates.py), and Django's own machinery is only told of a
language that is not English. What is not for buyers (the workspace, the gate, operations, the API) is in English.
"""

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

ENGLISH = "en"
# Each in its own words, as a visitor who can't read the page finds it.
NAMES = {ENGLISH: "English", "de": "Deutsch", "es": "Español", "fr": "Français", "hi": "हिन्दी"}
CHOICES = list(NAMES.items())


class _Spoken(threading.local):
    """`asked`: what the visitor's choice or browser named, "" for none of ours."""

    code = ENGLISH
    asked = ENGLISH


_spoken = _Spoken()


def current() -> str:
    """The language that is spoken now: "en", "de", "es", "fr" or "hi"."""
    return _spoken.code


def asked() -> str:
    """What this visitor asked for, by choice or by browser; "" when that is none of the five."""
    return _spoken.asked


def prefer(code: str) -> None:
    """Speak this language to a visitor who asked for none of ours: the event's, or that of the order."""
    if not _spoken.asked and code in NAMES and code != _spoken.code:
        _speak(code)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak this language inside; English for "" or a language that is none of ours."""
    before = _spoken.code
    _speak(code if code in NAMES else ENGLISH)
    try:
        yield
    finally:
        _speak(before)


@contextmanager
def answering(code: str) -> Iterator[None]:
    """Speak to a visitor who asked for this language; "" for none of ours: English, unless `prefer` knows better."""
    _spoken.asked = code
    if code and code != ENGLISH:
        _speak(code)
    try:
        yield
    finally:
        _spoken.asked = ENGLISH
        _speak(ENGLISH)


def _speak(code: str) -> None:
    if code == _spoken.code:
        return
    _spoken.code = code
    if code == ENGLISH:
        translation.deactivate()
    else:
        translation.activate(code)


@functools.lru_cache(maxsize=1000)
def named_by_browser(accept_language: str) -> str:
    """Of the browser's languages the first that is ours: "pt-BR, de-AT;q=0.8, en;q=0.5" → "de"; "" for none."""
    for name, quality in parse_accept_lang_header(accept_language.lower()[:500]):
        base = name.partition("-")[0]
        if quality and base in NAMES:
            return base
    return ""


def say(message: str, **values: object) -> str:
    """The message in the language that is spoken, with its values: say("{name}: sold out.", name="Standard")."""
    return (message if _spoken.code == ENGLISH else translation.gettext(message)).format(**values)


def say_many(one: str, many: str, n: int, **values: object) -> str:
    """As `say`, with the form of the language for this number: say_many("{n} ticket", "{n} tickets", 2)."""
    return translation.ngettext(one, many, n).format(n=n, **values)
