"""/styleguide/ (in debug): each component in each state, to look at in light and dark."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class Sample(forms.Form):
    name = forms.CharField(help_text="As it stands on the ticket.")
    email = forms.EmailField(label="E-mail address")
    note = forms.CharField(required=False, widget=forms.Textarea)
    kind = forms.ChoiceField(choices=[("a", "Standard"), ("b", "Reduced")])
    way = forms.ChoiceField(choices=[("mail", "By mail"), ("page", "On the page")], widget=forms.RadioSelect, label="How to get it")
    agree = forms.BooleanField(label="I agree", required=False)


def page(request: HttpRequest) -> HttpResponse:
    wrong = Sample({"name": "", "email": "dana@", "kind": "a", "way": "mail"}, prefix="wrong")
    wrong.is_valid()
    icons = ("check", "x", "warning", "clock", "ticket", "calendar", "pin", "search", "download", "mail", "user", "lock", "info")
    verdicts = (("admit", "✓", "Admit"), ("already", "!", "Already in"), ("refuse", "✕", "Forged"), ("unsure", "?", "Genuine, not listed"))
    return render(request, "styleguide/page.html", {"form": Sample(), "wrong": wrong, "icons": icons, "verdicts": verdicts})
