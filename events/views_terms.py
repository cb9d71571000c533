"""The organiser's page about what buyers may do by themselves."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from events import series, terms
from events.access import event_for_member
from events.models import BuyerTerms, Event
from events.series_forms import ask_which_dates
from ticketing.lib import clock, money

LONGEST_HOURS = 24 * 365


class TermsForm(forms.Form):
    transfers = forms.BooleanField(required=False, label="Buyers may hand tickets on to other people")
    changes_until_hours = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=LONGEST_HOURS,
        label="Names and holders can be changed until, hours before the start",
        help_text="Empty: until the event ends.",
    )
    cancel_until_hours = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=LONGEST_HOURS,
        label="Buyers can cancel by themselves until, hours before the start",
        help_text="Empty: they have to ask you.",
    )
    cancel_fee = forms.CharField(
        required=False, label="You keep of each cancelled ticket", widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    cancel_fee_percent = forms.DecimalField(
        required=False, min_value=0, max_value=100, max_digits=5, decimal_places=2, label="And per cent of its price"
    )
    gives_booking_fee_back = forms.BooleanField(required=False, label="Buyers get the booking fee back too")

    def __init__(self, *args: Any, event: Event, row: BuyerTerms, **kwargs: Any) -> None:
        self.event = event
        initial: dict[str, Any] = {name: getattr(row, name) for name in self.base_fields if name != "cancel_fee"}
        initial["cancel_fee"] = str(money.to_major(row.cancel_fee_minor, event.currency)) if row.cancel_fee_minor else ""
        initial["cancel_fee_percent"] = row.cancel_fee_percent or None
        super().__init__(*args, initial=initial, **kwargs)
        ask_which_dates(self, event=event)
        self.fields["cancel_fee"].help_text = f"In {event.currency}; empty for nothing."

    def clean_cancel_fee(self) -> int:
        text = self.cleaned_data["cancel_fee"].strip().replace(",", ".")
        try:
            amount = money.to_minor(text, self.event.currency) if text else 0
        except money.BadAmount as error:
            raise forms.ValidationError(str(error)) from error
        if not 0 <= amount < 10**12:
            raise forms.ValidationError("Enter an amount of zero or more.")
        return amount

    def fields_for_verb(self) -> dict[str, Any]:
        fields = {name: value for name, value in self.cleaned_data.items() if name != "scope"}
        fields["cancel_fee_minor"] = fields.pop("cancel_fee")
        fields["cancel_fee_percent"] = fields["cancel_fee_percent"] or 0
        return fields


@login_required
def terms_edit(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    form = TermsForm(request.POST or None, event=event, row=terms.row_of(event=event))
    if request.method == "POST" and form.is_valid():
        terms.save(event=event, fields=form.fields_for_verb())
        messages.info(request, "Saved. It counts for orders from before, too.")
        if scope := form.cleaned_data.get("scope"):
            series.spread_terms(event=event, scope=scope, by=request.user, now=clock.now())
        return redirect("events:terms-edit", slug=slug)
    context = {"event": event, "tab": "tickets", "form": form, "heading": "Rules for buyers", "action": "Save the rules"}
    return render(request, "events/form.html", context, status=422 if form.errors else 200)
