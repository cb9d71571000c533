"""What a supervisor types: devices, policies, reasons. A list's form: list_form.py."""

from typing import Any

from django import forms

from scanning.models import Gate, Unlisted
from scanning.setup import CodesShown


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
