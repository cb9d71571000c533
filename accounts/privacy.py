"""The organiser's page about personal data: for how long they are kept, and what is kept at all, made from the declarations."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.access import organiser_for_member
from accounts.models import Organiser
from ticketing.lib import personal
from trail import record

LEAST_DAYS, MOST_DAYS = 14, 1095  # disputes and refunds need some days; three years are claims' usual end


class PrivacyForm(forms.Form):
    erase_after_days = forms.IntegerField(
        min_value=LEAST_DAYS,
        max_value=MOST_DAYS,
        label="Days after the event",
        help_text=f"Then names, addresses and files of its buyers and attendees are erased by themselves. {LEAST_DAYS} to {MOST_DAYS}.",
    )


def set_days(*, organiser: Organiser, days: int) -> None:
    """Fewer days erase at the next sweep what is older."""
    with transaction.atomic():
        Organiser.objects.filter(pk=organiser.pk).update(erase_after_days=days)
        changed = {"days": (organiser.erase_after_days, days)}
        record.note(act="privacy_changed", about="organiser", about_id=organiser.pk, organiser_id=organiser.pk, changed=changed)


@login_required
def privacy(request: HttpRequest, slug: str) -> HttpResponse:
    organiser, _ = organiser_for_member(user=request.user, slug=slug, to="manage")
    form = PrivacyForm(request.POST or None, initial={"erase_after_days": organiser.erase_after_days})
    if request.method == "POST" and form.is_valid():
        set_days(organiser=organiser, days=form.cleaned_data["erase_after_days"])
        messages.info(request, "Saved. What is older is erased within minutes.")
        return redirect("accounts:privacy", slug=slug)
    context = {"organiser": organiser, "form": form, "kept": personal.sentences()}
    return render(request, "accounts/privacy.html", context, status=422 if form.errors else 200)
