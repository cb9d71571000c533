"""What staff type about orders, checked at the field."""

from typing import Any

from django import forms

from events import tiers
from events.models import Event, Pricing, TicketType
from registrations.models import PaidBy, StaffOrderKind
from registrations.staff_orders import StaffLine
from ticketing.lib import clock, money

MOST = 200


class BuyerForm(forms.Form):
    name = forms.CharField(max_length=150, label="Name")
    email = forms.EmailField(label="E-mail")


class AttendeeForm(forms.Form):
    name = forms.CharField(max_length=150, label="Name")
    email = forms.EmailField(label="E-mail", required=False)


class VoidForm(forms.Form):
    reason = forms.CharField(max_length=20, label="Why", help_text="For the order's history, in a word or two.")


class StaffOrderForm(forms.Form):
    """A comp or a door sale: how many of each type, for whom, and how it was paid."""

    kind = forms.ChoiceField(
        choices=[(StaffOrderKind.COMP, StaffOrderKind.COMP.label), (StaffOrderKind.DOOR, StaffOrderKind.DOOR.label)],
        widget=forms.RadioSelect,
        label="What is it?",
        initial=StaffOrderKind.COMP,
    )
    buyer_name = forms.CharField(max_length=150, label="Name")
    buyer_email = forms.EmailField(required=False, label="E-mail", help_text="The tickets go there. Without it, print them from the order.")
    paid_by = forms.ChoiceField(choices=PaidBy.choices, required=False, label="Paid by", help_text="For a door sale.")
    note = forms.CharField(max_length=200, required=False, label="Note", help_text="Only your team sees it.")

    def __init__(self, *args: Any, event: Event, kinds: list[TicketType], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event, self.kinds = event, kinds
        ladders, now = tiers.ladders(kinds=kinds), clock.now()
        for kind in kinds:
            steps = tiers.open_steps(ladder=ladders.get(kind.pk, []), now=now)
            price = money.format_price(steps[0].price_minor if steps else kind.price_minor, event.currency)
            self.fields[f"quantity-{kind.pk}"] = forms.IntegerField(
                min_value=0, max_value=MOST, required=False, initial=0, label=f"{kind.name} ({price})"
            )
        # How many comes before for whom.
        self.order_fields(["kind", *(f"quantity-{kind.pk}" for kind in kinds), "buyer_name", "buyer_email", "paid_by", "note"])

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if not self.errors and not any(cleaned.get(f"quantity-{kind.pk}") for kind in self.kinds):
            self.add_error(f"quantity-{self.kinds[0].pk}" if self.kinds else None, "Choose at least one ticket.")
        if cleaned.get("kind") == StaffOrderKind.DOOR and not cleaned.get("paid_by") and self.total_minor():
            self.add_error("paid_by", "Say how it was paid.")
        return cleaned

    def total_minor(self) -> int:
        """Without reductions: enough to know whether anything is to be paid."""
        return sum(line.ticket_type.price_minor * len(line.attendees) for line in self.lines() if line.price_minor is None)

    def lines(self) -> list[StaffLine]:
        free = self.cleaned_data.get("kind") != StaffOrderKind.DOOR
        return [
            StaffLine(
                ticket_type=kind,
                price_minor=0 if free or kind.pricing == Pricing.FREE else None,
                attendees=[{"name": self.cleaned_data.get("buyer_name", ""), "email": ""}] * quantity,
            )
            for kind in self.kinds
            if (quantity := self.cleaned_data.get(f"quantity-{kind.pk}") or 0)
        ]
