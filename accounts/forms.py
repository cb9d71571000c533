"""What members type."""

from django import forms

from accounts.models import Role
from ticketing.lib import tax_ids
from ticketing.lib.money import CURRENCIES

ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "Europe/Paris",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Sydney",
    "UTC",
)


class OrganiserForm(forms.Form):
    name = forms.CharField(max_length=120, help_text="Buyers see it.")
    email = forms.EmailField(label="E-mail address", help_text="Buyers' replies go here.")
    time_zone = forms.ChoiceField(choices=[(zone, zone.replace("_", " ")) for zone in ZONES], help_text="Each event can have its own.")
    currency = forms.ChoiceField(choices=[(code, code) for code in CURRENCIES], help_text="Each event can have its own.")


class InvoiceFactsForm(forms.Form):
    """What stands on invoices as their sender. Documents made before keep what they say."""

    legal_name = forms.CharField(
        max_length=160, required=False, label="Legal name", help_text="If it is another than the organiser's name."
    )
    address = forms.CharField(max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    country = forms.CharField(max_length=2, required=False, help_text="Two letters, such as DE.")
    vat_id = forms.CharField(max_length=30, required=False, label="VAT, GST or tax number")
    invoice_prefix = forms.CharField(
        max_length=12, required=False, label="Before the numbers", help_text="Such as HE-: HE-00001, HE-00002, …"
    )

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()

    def clean_vat_id(self) -> str:
        try:
            return tax_ids.tidy(self.cleaned_data["vat_id"])
        except tax_ids.BadTaxId as error:
            raise forms.ValidationError(str(error)) from error


class InvitationForm(forms.Form):
    email = forms.EmailField(label="E-mail address")
    role = forms.ChoiceField(choices=Role.choices, initial=Role.MANAGER)


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)
