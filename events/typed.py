"""Amounts and times as organisers type them into a form, cleaned the same way everywhere."""

from typing import Any

from django import forms

from events import times
from events.models import Event
from ticketing.lib import money

MOST_MINOR = 10**12


def amount_field(label: str, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.TextInput(attrs={"inputmode": "decimal"}), **options)


def amount_minor(*, form: forms.Form, name: str, event: Event) -> int | None:
    """The field's amount in minor units; None when it is empty. An error stands at the field."""
    text = (form.cleaned_data.get(name) or "").strip().replace(",", ".")
    if not text:
        return None
    try:
        amount = money.to_minor(text, event.currency)
    except money.BadAmount as error:
        form.add_error(name, str(error))
        return None
    if not 0 <= amount < MOST_MINOR:
        form.add_error(name, "Enter an amount of zero or more.")
    return amount


def amount_text(*, minor: int | None, event: Event) -> str:
    """As it is put into the field again."""
    return "" if minor is None else str(money.to_major(minor, event.currency))


def clean_moments(*, form: forms.Form, names: tuple[str, ...], event: Event) -> None:
    """Times on the clock at the venue → UTC. An error stands at the field."""
    for name in names:
        if form.cleaned_data.get(name):
            try:
                form.cleaned_data[name] = times.to_utc(form.cleaned_data[name].replace(tzinfo=None), event.time_zone)
            except times.NoSuchTime as error:
                form.add_error(name, str(error))


def local(moment: Any, *, event: Event) -> Any:
    return times.to_local(moment, event.time_zone) if moment else None
