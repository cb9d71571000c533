"""What organisers type, checked at the field. Forms only validate; verbs write."""

import functools
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.models import model_to_dict

from events import cover, times
from events.fee_schedule import countries, rule_for
from events.models import Approval, Category, Event, Pricing, Quota, TicketType
from events.series_forms import scope_field
from ticketing.lib import clock, languages, money
from ticketing.lib.long_select import LongSelect
from ticketing.lib.money import CURRENCIES

LOCAL_TIME = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class EventForm(forms.Form):
    name = forms.CharField(max_length=160, label="Name of the event")
    summary = forms.CharField(max_length=240, required=False, label="One sentence about it")
    description = forms.CharField(required=False, widget=forms.Textarea, help_text="Markdown: **bold**, lists, links.", max_length=20_000)
    starts_at = forms.DateTimeField(widget=LOCAL_TIME, label="Starts", help_text="The time on the clock at the venue.")
    ends_at = forms.DateTimeField(widget=LOCAL_TIME, label="Ends")
    time_zone = forms.ChoiceField(label="Time zone", widget=LongSelect)
    currency = forms.ChoiceField(choices=[(code, code) for code in CURRENCIES], widget=LongSelect)
    venue_name = forms.CharField(max_length=160, required=False, label="Venue", help_text="Leave empty for an online event.")
    venue_address = forms.CharField(max_length=240, required=False, label="Address")
    city = forms.CharField(max_length=80, required=False)
    country = forms.CharField(max_length=2, required=False, help_text="Two letters, such as DE.")
    online_url = forms.URLField(
        required=False, label="Link for an online event", help_text="Only ticket holders see it.", assume_scheme="https"
    )
    cover = forms.FileField(required=False, label="Cover image", help_text="JPEG, PNG or WebP, up to 10 MB. Wide pictures look best.")
    tax_name = forms.CharField(
        max_length=20, required=False, label="Name of the tax", help_text="VAT, GST, Sales tax. Rates are given per ticket type."
    )
    tax_on_top = forms.ChoiceField(
        choices=[("", "Prices include tax"), ("on", "Tax is added to the price")], required=False, label="Prices and tax"
    )
    fee_country = forms.ChoiceField(
        required=False,
        widget=LongSelect,
        label="Processing fee",
        help_text="Passed on, it is shown before paying, and you keep what you keep without it. Foreign cards may cost more than the list says.",
    )
    language = forms.ChoiceField(
        choices=[("", "English"), *((code, name) for code, name in languages.CHOICES if code != languages.ENGLISH)],
        required=False,
        label="Language of its pages",
        help_text="For visitors whose browser asks for none of these languages; all others see theirs.",
    )
    max_per_buyer = forms.IntegerField(min_value=1, required=False, label="Most tickets for one e-mail address")

    def __init__(self, *args: Any, event: Event | None = None, priced: bool = False, **kwargs: Any) -> None:
        if event is not None:
            initial = model_to_dict(event, fields=[name for name in self.base_fields if name != "cover"])
            initial |= {
                "starts_at": times.to_local(event.starts_at, event.time_zone),
                "ends_at": times.to_local(event.ends_at, event.time_zone),
                "tax_on_top": "on" if event.tax_on_top else "",
            }
            kwargs["initial"] = initial | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.event, self.priced, self.scope = event, priced, ""
        if event is not None and event.series_id:
            self.fields["scope"] = scope_field()
        self.fields["time_zone"].choices = times.zone_choices()  # type: ignore[attr-defined]
        self.fields["fee_country"].choices = _fee_choices(clock.now().date())  # type: ignore[attr-defined]

    def clean_currency(self) -> str:
        chosen: str = self.cleaned_data["currency"]
        if self.event and self.priced and chosen != self.event.currency:
            raise forms.ValidationError(
                f"Ticket types have prices in {self.event.currency} already. Copy the event to sell in another currency."
            )
        return chosen

    def clean_fee_country(self) -> str:
        country, currency = self.cleaned_data["fee_country"], self.cleaned_data.get("currency")
        if country and currency and rule_for(country=country, on=clock.now().date(), currency=currency) is None:
            raise forms.ValidationError(f"This price list is not in {currency}. Choose one that is, or bear the fee yourself.")
        return str(country)

    def clean_tax_on_top(self) -> bool:
        return bool(self.cleaned_data["tax_on_top"])

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()

    def clean_cover(self) -> Any:
        upload = self.cleaned_data["cover"]
        if not upload:
            return None
        try:
            return cover.prepare(upload.read())
        except cover.BadCover as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        zone = cleaned.get("time_zone")
        for name in ("starts_at", "ends_at"):
            if zone and cleaned.get(name):
                try:
                    cleaned[name] = times.to_utc(cleaned[name].replace(tzinfo=None), zone)
                except times.NoSuchTime as error:
                    self.add_error(name, str(error))
        self.scope = cleaned.pop("scope", "")
        if self.event and self.scope:
            for name in ("time_zone", "currency"):
                if cleaned.get(name, getattr(self.event, name)) != getattr(self.event, name):
                    self.add_error(name, "This can be changed for one date only, not for a whole series.")
        if cleaned.get("starts_at") and cleaned.get("ends_at") and not self.errors and cleaned["ends_at"] < cleaned["starts_at"]:
            self.add_error("ends_at", "The event ends before it starts. Choose a later end.")
        return cleaned

    def fields_for_verb(self) -> dict[str, Any]:
        fields = dict(self.cleaned_data)
        prepared = fields.pop("cover")
        if prepared:
            fields["cover"], fields["accent"] = prepared
        return fields


@functools.lru_cache(maxsize=2)
def _fee_choices(on: date) -> list[tuple[str, str]]:
    """Whose price list the buyer may bear; of lists alike, one line each all the same, as accounts have one country."""
    rules = [rule for currency in CURRENCIES for rule in countries(currency=currency, on=on)]
    return [("", "I bear it"), *((rule.country, f"Buyers bear it: {rule.country}, {rule.sentence}") for rule in rules)]


class TicketTypeForm(forms.Form):
    name = forms.CharField(max_length=80)
    description = forms.CharField(max_length=240, required=False)
    pricing = forms.ChoiceField(choices=Pricing.choices, label="Price", widget=forms.RadioSelect)
    price = forms.CharField(required=False, label="Amount", widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    tax_rate = forms.DecimalField(
        required=False,
        min_value=0,
        max_value=99,
        max_digits=6,
        decimal_places=3,
        label="Tax rate, per cent",
        help_text="Such as 19, 7 or 8.875. Empty for none.",
    )
    capacity = forms.IntegerField(min_value=0, required=False, label="Capacity", help_text="How many of this type there are.")
    quotas = forms.ModelMultipleChoiceField(
        Quota.objects.none(),
        required=False,
        label="Shared capacities",
        widget=forms.CheckboxSelectMultiple,
        help_text="This type also counts against these.",
    )
    sale_starts_at = forms.DateTimeField(required=False, widget=LOCAL_TIME, label="On sale from")
    sale_ends_at = forms.DateTimeField(required=False, widget=LOCAL_TIME, label="On sale until")
    min_per_order = forms.IntegerField(min_value=1, initial=1, label="At least, per order")
    max_per_order = forms.IntegerField(min_value=1, max_value=1000, initial=10, label="At most, per order")
    approval = forms.ChoiceField(
        choices=Approval.choices, required=False, label="Approval", help_text="Buyers ask first, and pay after you said yes."
    )
    hidden = forms.BooleanField(required=False, label="Hide from the public page")
    category = forms.ModelChoiceField(Category.objects.none(), required=False, empty_label="None", help_text="The heading it stands under.")
    position = forms.IntegerField(min_value=0, required=False, help_text="Smaller numbers stand higher.")
    is_addon = forms.BooleanField(required=False, label="Add-on: sold only with a ticket")
    base_types = forms.ModelMultipleChoiceField(
        TicketType.objects.none(),
        required=False,
        label="Add-on to",
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: to any ticket.",
    )
    most_per_ticket = forms.IntegerField(min_value=1, max_value=1000, required=False, label="At most, for each ticket")

    def __init__(self, *args: Any, event: Event, kind: TicketType | None = None, **kwargs: Any) -> None:
        self.event, self.kind = event, kind
        if kind is not None:
            kwargs["initial"] = self._initial(kind)
        super().__init__(*args, **kwargs)
        if event.series_id:
            self.fields["scope"] = scope_field()
        self.fields["quotas"].queryset = event.quotas.all()  # type: ignore[attr-defined]
        self.fields["price"].help_text = f"In {event.currency}. For a donation: the least."
        self.fields["category"].queryset = event.categories.all()  # type: ignore[attr-defined]
        tickets = event.ticket_types.filter(archived_at=None, is_addon=False).exclude(pk=kind.pk if kind else None)
        self.fields["base_types"].queryset = tickets  # type: ignore[attr-defined]

    def _initial(self, kind: TicketType) -> dict[str, Any]:
        initial = model_to_dict(
            kind,
            fields=[
                "name",
                "description",
                "pricing",
                "tax_rate",
                "min_per_order",
                "max_per_order",
                "hidden",
                "approval",
                "position",
                "category",
                "is_addon",
                "most_per_ticket",
            ],
        )
        own = kind.quotas.filter(name=kind.name).first()
        for name in ("sale_starts_at", "sale_ends_at"):
            moment = getattr(kind, name)
            initial[name] = times.to_local(moment, self.event.time_zone) if moment else None
        return initial | {
            "price": str(money.to_major(kind.price_minor, self.event.currency)),
            "capacity": own.capacity if own else None,
            "quotas": kind.quotas.exclude(pk=own.pk if own else None),
            "base_types": kind.base_types.all(),
        }

    def clean_tax_rate(self) -> Decimal:
        return self.cleaned_data["tax_rate"] or Decimal(0)

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        self._clean_price(cleaned)
        for name in ("sale_starts_at", "sale_ends_at"):
            if cleaned.get(name):
                try:
                    cleaned[name] = times.to_utc(cleaned[name].replace(tzinfo=None), self.event.time_zone)
                except times.NoSuchTime as error:
                    self.add_error(name, str(error))
        if cleaned.get("capacity") is None and not cleaned.get("quotas"):
            self.add_error("capacity", "Give a capacity, or choose a shared one.")
        if (cleaned.get("min_per_order") or 1) > (cleaned.get("max_per_order") or 1):
            self.add_error("max_per_order", "The most must not be less than the least.")
        if not cleaned.get("is_addon"):
            cleaned["base_types"], cleaned["most_per_ticket"] = [], None
        return cleaned

    def _clean_price(self, cleaned: dict[str, Any]) -> None:
        cleaned["price_minor"] = 0
        text = (cleaned.get("price") or "").strip().replace(",", ".")
        if cleaned.get("pricing") == Pricing.FREE:
            return
        if not text and cleaned.get("pricing") == Pricing.FIXED:
            return self.add_error("price", "Enter the price, such as 12.50.")
        try:
            cleaned["price_minor"] = money.to_minor(text or "0", self.event.currency)
        except money.BadAmount as error:
            return self.add_error("price", str(error))
        if not 0 <= cleaned["price_minor"] < 10**12:
            self.add_error("price", "Enter an amount of zero or more.")

    def apply_to(self, kind: TicketType) -> TicketType:
        for name in (
            "name",
            "description",
            "pricing",
            "price_minor",
            "tax_rate",
            "sale_starts_at",
            "sale_ends_at",
            "min_per_order",
            "max_per_order",
            "approval",
            "hidden",
            "category",
            "is_addon",
            "most_per_ticket",
        ):
            setattr(kind, name, self.cleaned_data[name])
        if self.cleaned_data["position"] is not None:
            kind.position = self.cleaned_data["position"]
        return kind


class QuotaForm(forms.Form):
    name = forms.CharField(max_length=80, help_text="Such as: the whole hall.")
    capacity = forms.IntegerField(min_value=0)
