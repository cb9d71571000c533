"""What is typed about the waiting list: by who joins it, and by its organiser."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from events.models import Event, TicketType
from events.series_forms import ask_which_dates
from registrations import waiting
from registrations.forms import likely_address


class JoinForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("The link to your tickets goes there."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    quantity = forms.TypedChoiceField(label=_("How many tickets"), coerce=int)
    takes_fewer = forms.BooleanField(required=False, initial=True, label=_("Offer me fewer if there are not enough"))

    def __init__(self, *args: Any, kind: TicketType, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = waiting.most_of(kind=kind)
        self.fields["quantity"].choices = [(number, str(number)) for number in range(kind.min_per_order, min(most, 50) + 1)]  # type: ignore[attr-defined]
        if most <= kind.min_per_order:
            del self.fields["takes_fewer"]

    @property
    def meant(self) -> str | None:
        """The address that was probably meant by a mistyped one."""
        return likely_address(self.cleaned_data["email"]) if self.is_valid() else None


class TermsForm(forms.Form):
    offer_hours = forms.IntegerField(
        min_value=1,
        max_value=24 * 14,
        label="An offer is valid for, hours",
        help_text="Then it goes to who is next. Approved requests wait as long for their payment.",
    )
    takes_entries = forms.BooleanField(required=False, label="People can join the list when tickets are sold out")
    offers_itself = forms.BooleanField(
        required=False,
        label="Make offers automatically",
        help_text="Without it, places that come free are kept for the list until you offer them.",
    )

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        initial = {
            "offer_hours": event.offer_hours,
            "takes_entries": event.waiting_closed_at is None,
            "offers_itself": event.waiting_paused_at is None,
        }
        super().__init__(*args, initial=initial, **kwargs)
        ask_which_dates(self, event=event)
