"""Disputes of an event: what the bank wants, the evidence there is, and handing it in."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from events.access import event_for_member
from payments import disputes, evidence
from payments.gateway import GatewayTrouble, PaymentRefused
from payments.models import Dispute
from ticketing.lib import clock


class AnswerForm(forms.Form):
    words = forms.CharField(
        label="In your own words",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Why the payment is right. The evidence above goes with it.",
    )


@login_required
def dispute_list(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="finance")
    found = Dispute.objects.filter(payment__order__event=event).select_related("payment__order").order_by("-opened_at")[:200]
    return render(request, "payments/disputes.html", {"event": event, "tab": "payments", "part": "payments", "disputes": found})


@login_required
def dispute(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="finance")
    rows = Dispute.objects.select_related("payment__order__event")
    found = get_object_or_404(rows, pk=pk, payment__order__event=event)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            disputes.answer(dispute=found, words=form.cleaned_data["words"], now=clock.now())
            messages.info(request, "The evidence is with the bank. It decides within some weeks.")
            return redirect("payments:dispute", slug=slug, pk=pk)
        except (disputes.NotAnswerable, GatewayTrouble, PaymentRefused) as error:
            form.add_error(None, str(error))
    context = {
        "event": event,
        "tab": "payments",
        "part": "payments",
        "dispute": found,
        "pack": evidence.pack(order=found.payment.order),
        "form": form,
    }
    return render(request, "payments/dispute.html", context, status=422 if form.errors else 200)
