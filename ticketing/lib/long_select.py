"""A select of hundreds of options, such as the time zones: written at once, where Django renders a template for each."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.forms.utils import flatatt
from django.forms.widgets import Select
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

SELECTED = SafeString(" selected")


class LongSelect(Select):
    """Looks and posts as a select. The first option of the value is chosen, also where another group has it again."""

    def render(self, name: str, value: Any, attrs: Mapping[str, Any] | None = None, renderer: Any = None) -> SafeString:
        built = self.build_attrs(self.attrs, {**(attrs or {}), "name": name})
        wanted = [str("" if value is None else value)]
        parts = [
            _group(key, label, wanted) if isinstance(label, list | tuple) else _options([(key, label)], wanted)
            for key, label in self.choices
        ]
        return format_html("<select{}>{}</select>", flatatt(built), SafeString("".join(parts)))


def _group(name: Any, choices: Iterable[tuple[Any, Any]], wanted: list[str]) -> SafeString:
    return format_html('<optgroup label="{}">{}</optgroup>', name, _options(choices, wanted))


def _options(choices: Iterable[tuple[Any, Any]], wanted: list[str]) -> SafeString:
    return format_html_join("", '<option value="{}"{}>{}</option>', ((key, _mark(key, wanted), label) for key, label in choices))


def _mark(key: Any, wanted: list[str]) -> str:
    """Chosen once: what is wanted is then no more."""
    if str("" if key is None else key) not in wanted:
        return ""
    wanted.clear()
    return SELECTED
