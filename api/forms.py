"""What owners type about other programs."""

from typing import Any

from django import forms

from api.models import Scope
from api.webhooks.kinds import KINDS


class TokenForm(forms.Form):
    name = forms.CharField(max_length=80, label="Which program is it for?", error_messages={"required": "Name the program."})
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        label="What it may do",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what the program may do."},
    )


class EndpointForm(forms.Form):
    url = forms.URLField(
        max_length=500,
        label="Address",
        assume_scheme="https",
        help_text="Where your program listens, such as https://example.com/tickets.",
        error_messages={"required": "Enter the address.", "invalid": "Enter a web address such as https://example.com/tickets."},
    )
    kinds = forms.MultipleChoiceField(
        choices=[(kind, f"{words} ({kind})") for kind, words in KINDS.items()],
        required=False,
        label="What it is told",
        help_text="Of none: everything.",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, private_networks: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if private_networks:
            # A name without a dot, such as a machine of the own network, is an address here.
            self.fields["url"] = forms.CharField(max_length=500, label="Address", help_text=self.fields["url"].help_text)
            self.order_fields(["url", "kinds"])
