"""What members type."""

from django import forms

from accounts.models import Role
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


class InvitationForm(forms.Form):
    email = forms.EmailField(label="E-mail address")
    role = forms.ChoiceField(choices=Role.choices, initial=Role.MANAGER)


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)
