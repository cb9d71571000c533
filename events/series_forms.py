"""What organisers type about a series: when its dates are."""

import re
from datetime import date, time
from typing import Any

from django import forms

from events import times
from events.models import Event
from events.repetition import WEEKDAYS, Rule

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
MOST_TIMES, MOST_EXCEPTIONS = 48, 400
SCOPES = (("", "This date only"), ("later", "This and all later dates"), ("all", "All dates that are still to come"))


def scope_field() -> forms.ChoiceField:
    """For forms of one date of a series: which dates a change is for."""
    return forms.ChoiceField(
        choices=SCOPES,
        required=False,
        widget=forms.RadioSelect,
        label="Change which dates?",
        help_text="What you change here is then set at all of them, also where it was changed before. What you leave alone stays.",
    )


def ask_which_dates(form: forms.Form, *, event: Event) -> None:
    """For forms about what a date of a series is set up with."""
    if event.series_id:
        form.fields["scope"] = scope_field()


class RuleForm(forms.Form):
    frequency = forms.ChoiceField(choices=[("week", "Weekly"), ("day", "Daily")], widget=forms.RadioSelect, label="How often")
    every = forms.IntegerField(
        min_value=1, max_value=52, initial=1, label="Every how many weeks or days", help_text="2 is every other one."
    )
    weekdays = forms.TypedMultipleChoiceField(
        choices=list(enumerate(WEEKDAYS)),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="On which days of the week",
        help_text="For weekly dates; none is the first day's.",
    )
    at = forms.CharField(
        max_length=400, label="At what time", help_text="On the clock at the venue. Several with commas: 10:00, 14:00, 19:30."
    )
    first = forms.DateField(widget=DAY, label="First day")
    last = forms.DateField(widget=DAY, label="Last day")
    without = forms.CharField(
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="But not on",
        help_text="Days with commas or one a line, such as 2026-12-24.",
    )

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        start = times.to_local(event.starts_at, event.time_zone)
        initial = {"frequency": "week", "weekdays": [start.weekday()], "at": f"{start:%H:%M}", "first": start.date()}
        super().__init__(*args, initial=initial | kwargs.pop("initial", {}), **kwargs)

    def clean_at(self) -> list[time]:
        found = []
        for text in re.split(r"[,\s]+", self.cleaned_data["at"].strip(", ")):
            match = re.fullmatch(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])", text)
            if match is None:
                raise forms.ValidationError(f"“{text}” is no time. Write hours and minutes, such as 19:30.")
            found.append(time(int(match[1]), int(match[2])))
        if len(found) > MOST_TIMES:
            raise forms.ValidationError(f"At most {MOST_TIMES} times a day.")
        return sorted(set(found))

    def clean_without(self) -> list[date]:
        found = []
        for text in re.split(r"[,;\s]+", self.cleaned_data["without"].strip(",; \n")):
            try:
                found += [date.fromisoformat(text)] if text else []
            except ValueError as error:
                raise forms.ValidationError(f"“{text}” is no day. Write year, month and day, such as 2026-12-24.") from error
        if len(found) > MOST_EXCEPTIONS:
            raise forms.ValidationError(f"At most {MOST_EXCEPTIONS} days.")
        return sorted(set(found))

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", "The last day is before the first. Choose a later one.")
        if first and last and (last - first).days > 366 * 20:
            self.add_error("last", "That is more than twenty years. Choose an earlier last day.")
        return cleaned

    def rule(self) -> Rule:
        """Of a form that is valid."""
        cleaned = self.cleaned_data
        return Rule(
            frequency=cleaned["frequency"],
            every=cleaned["every"],
            weekdays=cleaned["weekdays"] if cleaned["frequency"] == "week" else [],
            at=cleaned["at"],
            first=cleaned["first"],
            last=cleaned["last"],
            without=cleaned["without"],
        )
