"""Payments of an event for those who look after its money."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from events.access import event_for_member
from payments import refunds
from payments.models import Payment, Refund
from payments.settlement import RefundTooLarge
from registrations.models import Order
from ticketing.lib import clock, money

LISTED = 200


class RefundForm(forms.Form):
    amount = forms.CharField(label="Amount to give back", widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    cancel = forms.BooleanField(required=False, label="Also cancel the order: its tickets become void, its places free")


@login_required
def payment_list(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="finance")
    payments = Payment.objects.filter(order__event=event).select_related("order").prefetch_related("refunds").order_by("-id")[:LISTED]
    due = Refund.objects.filter(payment__order__event=event, completed_at=None, failed_at=None).count()
    return render(request, "payments/list.html", {"event": event, "tab": "payments", "payments": payments, "due": due})


@login_required
def refund_new(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="finance")
    order = get_object_or_404(Order, event=event, code=code)
    left = refunds.refundable_minor(order=order)
    form = RefundForm(request.POST or None, initial={"amount": money.to_major(left, order.currency)})
    if request.method == "POST" and form.is_valid():
        try:
            _give_back(form, order)
            messages.info(request, "The refund is on its way to the provider.")
            return redirect("payments:payment-list", slug=slug)
        except (RefundTooLarge, money.BadAmount) as error:
            form.add_error("amount", str(error))
    context = {"event": event, "tab": "payments", "order": order, "left": left, "form": form}
    return render(request, "payments/refund.html", context, status=422 if form.errors else 200)


def _give_back(form: RefundForm, order: Order) -> None:
    now = clock.now()
    if form.cleaned_data["cancel"]:
        refunds.cancel_and_refund(order=order, now=now)
        return
    refunds.refund_order(order=order, amount_minor=money.to_minor(form.cleaned_data["amount"].replace(",", "."), order.currency), now=now)
