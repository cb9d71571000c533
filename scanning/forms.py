"""What a supervisor types: devices, lists, reasons."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms

from events import times
from events.models import Event, TicketType
from scanning.models import Gate, Unlisted
from scanning.rules import MOST_ENTRIES, ONCE, Rule, Window, clock_text
from scanning.setup import CodesShown

LIMITS = (("once", "Once"), ("times", "A number of times"), ("any", "Any number of times"))


class DeviceForm(forms.Form):
    name = forms.CharField(label="Name", max_length=54, required=False, help_text="Such as “Main gate, left”. Empty: the next number.")
    gates = forms.ModelMultipleChoiceField(label="Gates", queryset=Gate.objects.none(), widget=forms.CheckboxSelectMultiple)
    kiosk = forms.BooleanField(label="People scan themselves (kiosk)", required=False)

    def __init__(self, *args: Any, gates: list[Gate], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["gates"].queryset = Gate.objects.filter(pk__in=[gate.pk for gate in gates]).order_by("id")  # type: ignore[attr-defined]
        self.fields["gates"].initial = [gate.pk for gate in gates]


class ReasonForm(forms.Form):
    reason = forms.CharField(label="Reason", max_length=120)


class PolicyForm(forms.Form):
    codes = forms.ChoiceField(
        label="Ticket codes", choices=CodesShown.choices, widget=forms.RadioSelect,
        help_text="A code that changes can't be passed on as a picture. Buyers see it on their order's page, which keeps working without a network. "
        "PDFs that were sent before the live code alone entered are refused: tell your buyers.",
    )  # fmt: skip
    unlisted = forms.ChoiceField(label="A genuine ticket that is not in a phone's copy yet", choices=Unlisted.choices)


class ListForm(forms.Form):
    """A list's rule. Times are those on the wall at the venue."""

    name = forms.CharField(label="Name", max_length=80)
    ticket_types = forms.ModelMultipleChoiceField(
        label="Ticket types", queryset=TicketType.objects.none(), widget=forms.CheckboxSelectMultiple, required=False,
        help_text="None chosen: all of them.",
    )  # fmt: skip
    limit = forms.ChoiceField(label="How often a ticket comes in", choices=LIMITS)
    entries = forms.IntegerField(label="Number of times", min_value=1, max_value=MOST_ENTRIES, required=False)
    per_day = forms.BooleanField(label="Counted anew each day", required=False)
    day_starts = forms.TimeField(label="The day starts at", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    exits = forms.BooleanField(label="People are scanned out too, and may come back as often as above", required=False)
    all_out_at = forms.TimeField(
        label="Everybody is out at", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="Each day at this time those still inside are noted as out.",
    )  # fmt: skip
    opens_at = forms.DateTimeField(label="Open from", required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"))  # fmt: skip
    closes_at = forms.DateTimeField(label="Open until", required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"))  # fmt: skip

    def __init__(self, *args: Any, event: Event, rule: Rule = ONCE, **more: Any) -> None:
        self.event, self.rule = event, rule
        more["initial"] = _as_typed(rule, event) | (more.get("initial") or {})
        super().__init__(*args, **more)
        self.fields["ticket_types"].queryset = TicketType.objects.filter(event=event).order_by("position", "id")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("limit") == "times" and not cleaned.get("entries"):
            self.add_error("entries", "Enter how many times.")
        if cleaned.get("all_out_at") and not cleaned.get("exits"):
            self.add_error("all_out_at", "Only where people are scanned out.")
        for end in ("opens_at", "closes_at"):
            if cleaned.get(end):
                cleaned[end] = self._utc(end, cleaned[end])
        if cleaned.get("opens_at") and cleaned.get("closes_at") and cleaned["opens_at"] >= cleaned["closes_at"]:
            self.add_error("closes_at", "It closes before it opens.")
        return cleaned

    def _utc(self, field: str, typed: datetime) -> datetime | None:
        try:
            return times.to_utc(typed.replace(tzinfo=None), self.event.time_zone)
        except times.NoSuchTime as error:
            self.add_error(field, str(error))
            return None

    def rule_for_verb(self) -> Rule:
        """The rule as typed. Windows beyond the first, made elsewhere, stay as they are."""
        typed = self.cleaned_data
        window = Window(opens_at=typed["opens_at"], closes_at=typed["closes_at"])
        rest = self.rule.windows[1:]
        return Rule(
            per_day=typed["per_day"],
            entries={"once": 1, "times": typed["entries"], "any": None}[typed["limit"]],
            exits=typed["exits"],
            day_starts=_offset(typed["day_starts"]) or timedelta(0),
            windows=((window,) if window != Window() else ()) + rest,
            all_out_at=_offset(typed["all_out_at"]),
        )


def _as_typed(rule: Rule, event: Event) -> dict[str, Any]:
    window = rule.windows[0] if rule.windows else Window()
    return {
        "limit": "any" if rule.entries is None else "once" if rule.entries == 1 else "times",
        "entries": rule.entries,
        "per_day": rule.per_day,
        "day_starts": clock_text(rule.day_starts) if rule.day_starts else None,
        "exits": rule.exits,
        "all_out_at": clock_text(rule.all_out_at) if rule.all_out_at is not None else None,
        "opens_at": _local(window.opens_at, event),
        "closes_at": _local(window.closes_at, event),
    }


def _local(at: datetime | None, event: Event) -> str | None:
    return times.to_local(at.astimezone(UTC), event.time_zone).strftime("%Y-%m-%dT%H:%M") if at else None


def _offset(time: Any) -> timedelta | None:
    return timedelta(hours=time.hour, minutes=time.minute) if time else None
