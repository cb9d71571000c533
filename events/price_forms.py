"""Forms of what changes a price: steps, discounts; and of the headings. They only validate; verbs write."""

from typing import Any

from django import forms

from events import typed
from events.forms import LOCAL_TIME
from events.models import Category, Discount, Event, PriceTier, TicketType
from events.series_forms import ask_which_dates


class TierForm(forms.Form):
    name = forms.CharField(max_length=80, help_text="Such as Early bird. Buyers see it.")
    price = typed.amount_field("Price")
    ends_at = forms.DateTimeField(required=False, widget=LOCAL_TIME, label="Until", help_text="The time on the clock at the venue.")
    quantity = forms.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, label="Or until so many are sold", help_text="With both, whichever comes first."
    )
    position = forms.IntegerField(min_value=0, max_value=1000, required=False, label="Place", help_text="Smaller numbers come first.")

    def __init__(self, *args: Any, kind: TicketType, tier: PriceTier, **kwargs: Any) -> None:
        self.event = kind.event
        if tier.pk:
            kwargs["initial"] = {
                "name": tier.name,
                "price": typed.amount_text(minor=tier.price_minor, event=self.event),
                "ends_at": typed.local(tier.ends_at, event=self.event),
                "quantity": tier.quantity,
                "position": tier.position,
            }
        super().__init__(*args, **kwargs)
        self.fields["price"].help_text = f"In {self.event.currency}."
        ask_which_dates(self, event=self.event)
        self.last = kind.tiers.filter(archived_at=None).count()

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        cleaned["price_minor"] = typed.amount_minor(form=self, name="price", event=self.event)
        typed.clean_moments(form=self, names=("ends_at",), event=self.event)
        if not self.errors and not cleaned.get("ends_at") and cleaned.get("quantity") is None:
            self.add_error("ends_at", "Say when this price ends: at a time, after a number of tickets, or both.")
        return cleaned

    def fields_for_verb(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        position = self.last if cleaned["position"] is None else cleaned["position"]
        return {name: cleaned[name] for name in ("name", "price_minor", "ends_at", "quantity")} | {"position": position}


class DiscountForm(forms.Form):
    name = forms.CharField(max_length=80, help_text="Such as Group price. Buyers see it beside what it takes off.")
    from_tickets = forms.IntegerField(min_value=1, max_value=10_000, label="From so many tickets on")
    percent = forms.IntegerField(min_value=1, max_value=100, required=False, label="Per cent off")
    amount = typed.amount_field("Or an amount off each ticket", required=False)
    ticket_types = forms.ModelMultipleChoiceField(
        TicketType.objects.none(),
        required=False,
        label="Only for",
        widget=forms.CheckboxSelectMultiple,
        help_text="These are counted and made cheaper. None chosen: all types, add-ons apart.",
    )
    starts_at = forms.DateTimeField(required=False, widget=LOCAL_TIME, label="From")
    ends_at = forms.DateTimeField(required=False, widget=LOCAL_TIME, label="Until")

    def __init__(self, *args: Any, event: Event, discount: Discount, **kwargs: Any) -> None:
        self.event = event
        if discount.pk:
            kwargs["initial"] = {
                "name": discount.name,
                "from_tickets": discount.from_tickets,
                "percent": discount.percent or None,
                "amount": typed.amount_text(minor=discount.amount_minor or None, event=event),
                "ticket_types": discount.ticket_types.all(),
                "starts_at": typed.local(discount.starts_at, event=event),
                "ends_at": typed.local(discount.ends_at, event=event),
            }
        super().__init__(*args, **kwargs)
        ask_which_dates(self, event=event)
        self.fields["ticket_types"].queryset = event.ticket_types.filter(archived_at=None)  # type: ignore[attr-defined]
        self.fields["amount"].help_text = f"In {event.currency}."

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        cleaned["amount_minor"] = typed.amount_minor(form=self, name="amount", event=self.event) or 0
        typed.clean_moments(form=self, names=("starts_at", "ends_at"), event=self.event)
        if cleaned.get("starts_at") and cleaned.get("ends_at") and cleaned["ends_at"] <= cleaned["starts_at"]:
            self.add_error("ends_at", "The end must be after the beginning.")
        if cleaned.get("percent") and cleaned["amount_minor"]:
            self.add_error("amount", "Give per cent or an amount, not both.")
        if not (cleaned.get("percent") or cleaned["amount_minor"] or self.errors):
            self.add_error("percent", "Say what is taken off: per cent, or an amount.")
        return cleaned

    def fields_for_verb(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        kept = ("name", "from_tickets", "amount_minor", "starts_at", "ends_at")
        return {name: cleaned[name] for name in kept} | {"percent": cleaned["percent"] or 0}


class CategoryForm(forms.Form):
    name = forms.CharField(max_length=80, help_text="The heading on the page, such as Seats or Camping.")
    description = forms.CharField(max_length=240, required=False)
    position = forms.IntegerField(min_value=0, max_value=1000, required=False, label="Place", help_text="Smaller numbers come first.")

    def __init__(self, *args: Any, event: Event, category: Category, **kwargs: Any) -> None:
        self.event, self.category = event, category
        if category.pk:
            kwargs["initial"] = {"name": category.name, "description": category.description, "position": category.position}
        super().__init__(*args, **kwargs)

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if Category.objects.filter(event=self.event, name=name).exclude(pk=self.category.pk).exists():
            raise forms.ValidationError("This event has a category of this name. Choose another.")
        return name

    def fields_for_verb(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned["position"] is None:
            cleaned["position"] = self.event.categories.count()
        return {name: cleaned[name] for name in ("name", "description", "position")}
