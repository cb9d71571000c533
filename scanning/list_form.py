"""A check-in list's form: how often, and any number of windows of time, each for some types or for all.

Times are those on the wall at the venue. A time that was not touched stays to the second what it was,
also one that the wall shows twice in autumn.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms

from events import times
from events.models import Event, TicketType
from scanning.rules import MOST_ENTRIES, ONCE, Rule, Window, clock_text

LIMITS = (("once", "Once"), ("times", "A number of times"), ("any", "Any number of times"))
SPARE_WINDOWS = 2
MOST_WINDOWS = 40


def _moment_field(label: str) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=widget)


def _clock_field(label: str, help_text: str = "") -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget, help_text=help_text)


def _types_field(help_text: str) -> forms.ModelMultipleChoiceField:
    return forms.ModelMultipleChoiceField(
        label="Ticket types",
        queryset=TicketType.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=help_text,
    )


class ListForm(forms.Form):
    """The list's name, its types, and how often a ticket comes in."""

    name = forms.CharField(label="Name", max_length=80)
    ticket_types = _types_field("None chosen: all of them.")
    limit = forms.ChoiceField(label="How often a ticket comes in", choices=LIMITS)
    entries = forms.IntegerField(label="Number of times", min_value=1, max_value=MOST_ENTRIES, required=False)
    per_day = forms.BooleanField(label="Counted anew each day", required=False)
    day_starts = _clock_field("The day starts at")
    exits = forms.BooleanField(label="People are scanned out too, and may come back as often as above", required=False)
    all_out_at = _clock_field("Everybody is out at", "Each day at this time those still inside are noted as out.")

    def __init__(self, *args: Any, event: Event, rule: Rule = ONCE, **more: Any) -> None:
        more["initial"] = _as_typed(rule) | (more.get("initial") or {})
        super().__init__(*args, **more)
        self.fields["ticket_types"].queryset = _types_of(event)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("limit") == "times" and not cleaned.get("entries"):
            self.add_error("entries", "Enter how many times.")
        if cleaned.get("all_out_at") and not cleaned.get("exits"):
            self.add_error("all_out_at", "Only where people are scanned out.")
        return cleaned

    def rule_for_verb(self, windows: Sequence[Window]) -> Rule:
        """The rule as typed, open in these windows."""
        typed = self.cleaned_data
        return Rule(
            per_day=typed["per_day"],
            entries={"once": 1, "times": typed["entries"], "any": None}[typed["limit"]],
            exits=typed["exits"],
            day_starts=_offset(typed["day_starts"]) or timedelta(0),
            windows=tuple(windows),
            all_out_at=_offset(typed["all_out_at"]),
        )


class WindowForm(forms.Form):
    """One window. Left empty, or emptied, it is none."""

    opens_at = _moment_field("Open from")
    closes_at = _moment_field("Open until")
    ticket_types = _types_field("None chosen: all that the list accepts.")

    def __init__(self, *args: Any, event: Event, before: Window | None, **more: Any) -> None:
        self.event, self.before = event, before or Window()
        more["initial"] = {
            "opens_at": _local(self.before.opens_at, event),
            "closes_at": _local(self.before.closes_at, event),
            "ticket_types": sorted(self.before.types),
        }
        super().__init__(*args, **more)
        self.fields["ticket_types"].queryset = _types_of(event)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for end in ("opens_at", "closes_at"):
            if cleaned.get(end):
                cleaned[end] = self._utc(end, cleaned[end]) if end in self.changed_data else getattr(self.before, end)
        if cleaned.get("opens_at") and cleaned.get("closes_at") and cleaned["opens_at"] >= cleaned["closes_at"]:
            self.add_error("closes_at", "It closes before it opens.")
        if cleaned.get("ticket_types") and not (cleaned.get("opens_at") or cleaned.get("closes_at")) and not self.errors:
            self.add_error("opens_at", "Give a time from which, or until which, these types come in.")
        return cleaned

    def _utc(self, field: str, typed: datetime) -> datetime | None:
        try:
            return times.to_utc(typed.replace(tzinfo=None), self.event.time_zone)
        except times.NoSuchTime as error:
            self.add_error(field, str(error))
            return None

    @property
    def window(self) -> Window:
        typed = self.cleaned_data
        types = frozenset(kind.pk for kind in typed.get("ticket_types") or ())
        return Window(opens_at=typed.get("opens_at"), closes_at=typed.get("closes_at"), types=types)


class WindowForms(forms.BaseFormSet):  # type: ignore[type-arg]
    """The rule's windows, and two to fill in."""

    form, extra, can_order, can_delete, renderer = WindowForm, SPARE_WINDOWS, False, False, None
    min_num, max_num, absolute_max, validate_min, validate_max = 0, MOST_WINDOWS, MOST_WINDOWS, False, True

    def __init__(self, *args: Any, event: Event, rule: Rule = ONCE, **more: Any) -> None:
        self.event, self.rule = event, rule
        super().__init__(*args, initial=[{} for _ in rule.windows], prefix="window", **more)

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        known = index is not None and index < len(self.rule.windows)
        return {"event": self.event, "before": self.rule.windows[index or 0] if known else None}

    @property
    def windows(self) -> list[Window]:
        found = [each.window if each.has_changed() else each.before for each in self.forms]
        return [window for window in found if window != Window()]


def _as_typed(rule: Rule) -> dict[str, Any]:
    return {
        "limit": "any" if rule.entries is None else "once" if rule.entries == 1 else "times",
        "entries": rule.entries,
        "per_day": rule.per_day,
        "day_starts": clock_text(rule.day_starts) if rule.day_starts else None,
        "exits": rule.exits,
        "all_out_at": clock_text(rule.all_out_at) if rule.all_out_at is not None else None,
    }


def _types_of(event: Event) -> Any:
    return TicketType.objects.filter(event=event).order_by("position", "id")


def _local(at: datetime | None, event: Event) -> datetime | None:
    """The wall's clock in UTC's clothes, as Django reads what is typed: so a time that was left alone is seen to be the same."""
    return times.to_local(at, event.time_zone).replace(second=0, microsecond=0, tzinfo=UTC) if at else None


def _offset(time: Any) -> timedelta | None:
    return timedelta(hours=time.hour, minutes=time.minute) if time else None
