"""A language in which every word that went through the catalogues stands between ⟦ and ⟧, and what stands outside."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser

from django.template import engines
from django.utils.translation import trans_real

from ticketing.lib import dates

CODE = "de"
READ_OUT = {"aria-label", "placeholder", "title", "alt", "data-one", "data-two", "data-over", "data-days", "data-hours"}
UNSEEN = {"script", "style", "svg"}
# What is the same in every language, or not ours to translate: names of languages, of the site, months and days, units.
DATA = {"English", "Deutsch", "Español", "Français", "Ticketing", "Uhr", "EUR", "MEZ", "MESZ", "OEZ", "OESZ", "Athen", "JSON", "PDF"}
ADDRESSES = re.compile(r"\S+@\S+|https?://\S+|\b[0-9A-Z]{4}(-[0-9A-Z]{4})+\b|\b[0-9A-HJKMNP-TV-Z]{8}\b")
WORD = re.compile(r"[A-Za-zÀ-ž]{2,}")


class MarkedTranslation(trans_real.DjangoTranslation):
    def __init__(self) -> None:
        super().__init__(CODE)

    def gettext(self, message: str) -> str:
        return f"⟦{message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]}⟧"

    def ngettext(self, one: str, many: str, number: int) -> str:
        return self.gettext(one if number == 1 else many)


@contextmanager
def marked_language() -> Iterator[None]:
    """German, for as long as this lasts, is English between marks."""
    before, loader = trans_real.translation(CODE), engines["django"].engine.template_loaders[0]
    trans_real._translations[CODE] = MarkedTranslation()
    loader.reset()
    try:
        yield
    finally:
        trans_real._translations[CODE] = before
        loader.reset()


class Seen(HTMLParser):
    """What of a page is read or read out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.texts += [value for name, value in attrs if name in READ_OUT and value]
        if tag in UNSEEN:
            self.inside.append(tag)
        self.texts.append(" ")

    def handle_endtag(self, tag):
        if self.inside and tag == self.inside[-1]:
            self.inside.pop()

    def handle_data(self, data):
        if not self.inside:
            self.texts.append(data)


def outside(text: str) -> str:
    """The text without what stands between marks, however deep."""
    kept, depth = [], 0
    for letter in text:
        depth += (letter == "⟦") - (letter == "⟧")
        kept.append(letter if depth == 0 and letter != "⟧" else " ")
    return "".join(kept)


def unmarked(html: str, *, data: set[str] = frozenset()) -> list[str]:
    """Words on the page that came from no catalogue."""
    page = Seen()
    page.feed(html)
    return unmarked_text("".join(page.texts), data=data)


def unmarked_text(text: str, *, data: set[str] = frozenset()) -> list[str]:
    with_names = DATA | data | names_of_time()
    return [word for word in WORD.findall(ADDRESSES.sub(" ", outside(text))) if word not in with_names]


def names_of_time() -> set[str]:
    words = dates._words(CODE)
    return {name.rstrip(".") for name in (*words.months, *words.short_months, *words.days, *words.short_days)}
