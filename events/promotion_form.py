"""The form of a code. It only validates; promotions.py writes."""

import re
from typing import Any

from django import forms

from events import times
from events.forms import LOCAL_TIME
from events.models import Event, Promotion, TicketType
from events.promotions import normal
from events.series_forms import ask_which_dates
from ticketing.lib import money


class PromotionForm(forms.Form):
    code = forms.CharField(max_length=40, help_text="What buyers type: letters, digits, - and _. Hard to guess, if it must stay among few.")
    percent = forms.IntegerField(min_value=1, max_value=100, required=False, label="Per cent off")
    amount = forms.CharField(required=False, label="Or an amount off each ticket", widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    unlocks_hidden = forms.BooleanField(required=False, label="Show and sell hidden ticket types")
    ticket_types = forms.ModelMultipleChoiceField(
        TicketType.objects.none(),
        required=False,
        label="Only for",
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: for all types.",
    )
    max_uses = forms.IntegerField(
        min_value=1,
        max_value=2**31 - 1,
        required=False,
        label="Uses, at most",
        help_text="Each order is one use. 1 makes a voucher; empty: no limit.",
    )
    budget = forms.CharField(
        required=False,
        label="Budget",
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text="The most that is taken off in all orders together. Empty: no limit.",
    )
    reserves = forms.ModelChoiceField(
        TicketType.objects.none(),
        required=False,
        empty_label="Nothing",
        label="Reserve tickets of",
        help_text="Set aside for whoever has the code, also when everything else is sold out.",
    )
    reserved = forms.IntegerField(
        min_value=1, max_value=100_000, required=False, label="How many to reserve", help_text="Back on sale when the code ends."
    )
    starts_at = forms.DateTimeField(required=False, widget=LOCAL_TIME, label="Can be used from")
    ends_at = forms.DateTimeField(required=False, widget=LOCAL_TIME, label="Can be used until")

    def __init__(self, *args: Any, event: Event, promotion: Promotion, **kwargs: Any) -> None:
        self.event, self.promotion = event, promotion
        if promotion.pk:
            kwargs["initial"] = self._initial()
        super().__init__(*args, **kwargs)
        ask_which_dates(self, event=event)
        self.fields["ticket_types"].queryset = event.ticket_types.filter(archived_at=None)  # type: ignore[attr-defined]
        self.fields["reserves"].queryset = event.ticket_types.filter(archived_at=None)  # type: ignore[attr-defined]
        self.fields["amount"].help_text = f"In {event.currency}."

    def _initial(self) -> dict[str, Any]:
        row, currency = self.promotion, self.event.currency
        return {
            "code": row.code,
            "percent": row.percent or None,
            "amount": str(money.to_major(row.amount_minor, currency)) if row.amount_minor else "",
            "unlocks_hidden": row.unlocks_hidden,
            "ticket_types": row.ticket_types.all(),
            "max_uses": row.max_uses,
            "budget": "" if row.budget_minor is None else str(money.to_major(row.budget_minor, currency)),
            "reserves": row.reserves,
            "reserved": row.reserved or None,
            "starts_at": times.to_local(row.starts_at, self.event.time_zone) if row.starts_at else None,
            "ends_at": times.to_local(row.ends_at, self.event.time_zone) if row.ends_at else None,
        }

    def clean_code(self) -> str:
        code = normal(self.cleaned_data["code"])
        if not re.fullmatch(r"[\w-]+", code):
            raise forms.ValidationError("Use letters, digits, - and _ only.")
        same = Promotion.objects.filter(event=self.event, code=code).exclude(pk=self.promotion.pk)
        if same.exists():
            raise forms.ValidationError("This event has or had this code already. Choose another.")
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        for name in ("amount", "budget"):
            cleaned[f"{name}_minor"] = self._minor(name)
        for name in ("starts_at", "ends_at"):
            if cleaned.get(name):
                try:
                    cleaned[name] = times.to_utc(cleaned[name].replace(tzinfo=None), self.event.time_zone)
                except times.NoSuchTime as error:
                    self.add_error(name, str(error))
        if cleaned.get("starts_at") and cleaned.get("ends_at") and cleaned["ends_at"] <= cleaned["starts_at"]:
            self.add_error("ends_at", "The end must be after the beginning.")
        if cleaned.get("percent") and cleaned["amount_minor"]:
            self.add_error("amount", "Give per cent or an amount, not both.")
        self._clean_reserve(cleaned)
        does = cleaned.get("percent") or cleaned["amount_minor"] or cleaned.get("unlocks_hidden") or cleaned.get("reserves")
        if not (does or self.errors):
            self.add_error("percent", "Say what the code does: per cent off, an amount off, hidden ticket types, or places reserved.")
        return cleaned

    def _clean_reserve(self, cleaned: dict[str, Any]) -> None:
        kind, only = cleaned.get("reserves"), cleaned.get("ticket_types")
        if kind and not cleaned.get("reserved") and "reserved" not in self.errors:
            self.add_error("reserved", "Say how many to reserve.")
        if cleaned.get("reserved") and not kind:
            self.add_error("reserves", "Say of which type.")
        if kind and only and kind not in only:
            self.add_error("reserves", "The code is not for this type. Choose it above too, or reserve another.")

    def _minor(self, name: str) -> int | None:
        text = (self.cleaned_data.get(name) or "").strip().replace(",", ".")
        if not text:
            return None
        try:
            amount = money.to_minor(text, self.event.currency)
        except money.BadAmount as error:
            self.add_error(name, str(error))
            return None
        if not 0 <= amount < 10**12:
            self.add_error(name, "Enter an amount of zero or more.")
        return amount

    def fields_for_verb(self) -> dict[str, Any]:
        kept = ("code", "unlocks_hidden", "max_uses", "budget_minor", "starts_at", "ends_at")
        cleaned = self.cleaned_data
        return {name: cleaned[name] for name in kept} | {"percent": cleaned["percent"] or 0, "amount_minor": cleaned["amount_minor"] or 0}
