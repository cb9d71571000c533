"""Templates in the language that is spoken, translated when they are loaded.

A template is compiled once for each language it is asked in, with its words already in that language: a page in
German costs what it costs in English, and English what it cost before there was another. The marks are Django's:

    {% translate "Find an event" %}
    {{ name|default:_("erased") }}
    {% blocktranslate with what=event.name %}Your tickets for {{ what }}{% endblocktranslate %}
    {% blocktranslate count n=left %}One ticket{% plural %}{{ n }} tickets{% endblocktranslate %}
    {% language %}                                                          de

What stands between the marks may hold any variable, tag and HTML; a translation has the same ones (the guard in
tests/words/ holds that). `with` and `count` only give names to longer expressions. Templates of other packages keep
Django's tags, which translate while a page is made.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.template.base import Origin
from django.template.loaders import cached
from django.utils.text import smart_split
from django.utils.translation import gettext, ngettext

from ticketing.lib import languages

MARKS = re.compile(
    r"""
    \{%\ translate\ "(?P<plain>[^"]+)"\ %\}
  | \b_\("(?P<argument>[^"]+)"\)
  | \{%\ blocktranslate(?P<options>(?:\ [^%]+?|\ [^%]*?"[^"]*"[^%]*?)?)\ %\}(?P<one>.*?)(?:\{%\ plural\ %\}(?P<many>.*?))?\{%\ endblocktranslate\ %\}
  | (?P<code>\{%\ language\ %\})
    """,
    re.VERBOSE | re.DOTALL,
)
ZERO_IS_ONE = ("fr", "hi")  # "0 billet", where others say "0 tickets"
Message = tuple[str, str | None]


class Loader(cached.Loader):
    """Each template once for each language, under its own key."""

    def cache_key(self, template_name: str, skip: Any = None) -> str:
        key: str = super().cache_key(template_name, skip)
        return f"{languages.current()}:{key}"

    def get_contents(self, origin: Origin) -> str:
        text: str = super().get_contents(origin)
        return in_words(text) if origin.name.startswith(str(settings.BASE_DIR / "templates")) else text


def messages_in(text: str) -> Iterator[tuple[int, Message]]:
    """Every message of a template: (line, (message, its plural or None))."""
    for found in MARKS.finditer(text):
        message = found["plain"] or found["argument"] or found["one"]
        if message:
            yield text.count("\n", 0, found.start()) + 1, (message, found["many"])


def in_words(text: str) -> str:
    """The template's text in the language that is spoken now."""
    return MARKS.sub(_said, text)


def _said(found: re.Match[str]) -> str:
    if found["code"]:
        return languages.current()
    if found["plain"]:
        return gettext(found["plain"])
    if found["argument"]:
        return f'"{gettext(found["argument"])}"'
    counted, names = _named(found["options"] or "")
    if found["many"] is None:
        return _filled(gettext(found["one"]), names)
    one, many = (_filled(ngettext(found["one"], found["many"], number), names) for number in (1, 2))
    is_one = f"{counted} == 1 or {counted} == 0" if languages.current() in ZERO_IS_ONE else f"{counted} == 1"
    return f"{{% if {is_one} %}}{one}{{% else %}}{many}{{% endif %}}"


def _named(options: str) -> tuple[str, dict[str, str]]:
    """(What is counted, {name: its expression}) of a mark's options."""
    names: dict[str, str] = {}
    counted = ""
    for word in smart_split(options):
        name, is_name, expression = word.partition("=")
        if is_name:
            names[name] = expression
            counted = counted or expression
    return counted if options.strip().startswith("count ") else "", names


def _filled(text: str, names: dict[str, str]) -> str:
    for name, expression in names.items():
        text = text.replace("{{ " + name + " }}", "{{ " + expression + " }}").replace("{{ " + name + "|", "{{ " + expression + "|")
    return text
