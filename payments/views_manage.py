"""Payments of an event for those who look after its money: the list, refunds with who gets what, everybody's money back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.models import User
from events.access import event_for_member
from payments import event_refunds, refunds, sums
from payments.journal import EventRefund
from payments.models import Payment, Refund
from payments.settlement import RefundTooLarge
from registrations.models import Order, Ticket
from ticketing.lib import clock, money
from ticketing.lib.spreadsheets import csv_file

PAGE = 50


class RefundForm(forms.Form):
    amount = forms.CharField(required=False, label="Amount to give back", widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    cancel = forms.BooleanField(required=False, label="Cancel the order and give back all that is left")


@login_required
def payment_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Newest first, with what they sum to; the place in the list is in the address."""
    event = event_for_member(user=request.user, slug=slug, to="finance")
    rows, before = Payment.objects.filter(order__event=event).order_by("-id"), request.GET.get("before", "")
    if before.isascii() and before.isdigit() and int(before) < 2**63:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows.select_related("order").prefetch_related("refunds", "disputes")[: PAGE + 1])
    due = Refund.objects.filter(payment__order__event=event, completed_at=None, failed_at=None).count()
    context = {"event": event, "tab": "payments", "part": "payments", "payments": found[:PAGE], "due": due}
    context["more"] = found[PAGE - 1].pk if len(found) > PAGE else None
    context["totals"] = sums.totals(event=event)
    return render(request, "payments/list.html", context)


@login_required
def payment_export(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="finance")
    head = ["Order", "Buyer", "Opened (UTC)", "Paid (UTC)", "Amount", "Fee", "Given back", "Currency", "State", "Number at the provider"]
    payments = Payment.objects.filter(order__event=event).select_related("order").prefetch_related("refunds", "disputes").order_by("id")
    rows = (
        [
            payment.order.code,
            payment.order.buyer_name,
            f"{payment.opened_at:%Y-%m-%d %H:%M:%S}",
            f"{payment.succeeded_at:%Y-%m-%d %H:%M:%S}" if payment.succeeded_at else "",
            money.to_major(payment.amount_minor, payment.currency),
            "" if payment.fee_minor is None else money.to_major(payment.fee_minor, payment.currency),
            money.to_major(sum(refund.amount_minor for refund in payment.refunds.all() if refund.completed_at and not refund.failed_at), payment.currency),
            payment.currency,
            payment.state_words,
            payment.provider_id or "",
        ]
        for payment in payments.iterator(chunk_size=500)
    )  # fmt: skip
    return csv_file(f"payments-{event.slug}.csv", head, rows)


@login_required
def refund_new(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """First who gets what, then, confirmed with that amount, the refund."""
    event = event_for_member(user=request.user, slug=slug, to="finance")
    order = get_object_or_404(Order, event=event, code=code)
    left = refunds.refundable_minor(order=order)
    form = RefundForm(request.POST or None, initial={"amount": money.to_major(left, order.currency)})
    plan = None
    if request.method == "POST" and form.is_valid():
        try:
            plan = _planned(request, form, order)
            if request.POST.get("confirmed") == str(plan.amount_minor):
                refunds.carry_out(order=order, plan=plan, now=clock.now())
                messages.info(request, f"{money.format_money(plan.amount_minor, order.currency)} are on their way to {order.buyer_name}.")
                return redirect("payments:payment-list", slug=slug)
        except (RefundTooLarge, money.BadAmount) as error:
            form.add_error("amount", str(error))
            plan = None
    chosen = [(name, value) for name in ("act", "tickets", "with_fee", "amount", "cancel") for value in request.POST.getlist(name)]
    context = {"event": event, "tab": "payments", "order": order, "left": left, "form": form, "plan": plan, "chosen": chosen}
    return render(request, "payments/refund.html", context | {"tickets": _worth(order)}, status=422 if form.errors else 200)


def _planned(request: HttpRequest, form: RefundForm, order: Order) -> refunds.Plan:
    if request.POST.get("act") == "tickets":
        positions = [int(text) for text in request.POST.getlist("tickets") if text.isascii() and text.isdigit()]
        return refunds.plan_tickets(order=order, positions=positions, with_fee=bool(request.POST.get("with_fee")))
    if form.cleaned_data["cancel"]:
        return refunds.plan_amount(order=order, amount_minor=0, cancel=True)
    return refunds.plan_amount(order=order, amount_minor=money.to_minor(form.cleaned_data["amount"].replace(",", "."), order.currency))


def _worth(order: Order) -> list[Ticket]:
    """The valid tickets with what each is worth."""
    shares = refunds.ticket_shares(order=order)
    tickets = [ticket for ticket in order.tickets.filter(voided_at=None) if ticket.position in shares]
    for ticket in tickets:
        ticket.worth_minor = shares[ticket.position][1]  # type: ignore[attr-defined]
    return tickets


@login_required
def event_refund(request: HttpRequest, slug: str) -> HttpResponse:
    """What giving everybody their money back would do; then doing it; then how far it is."""
    event = event_for_member(user=request.user, slug=slug, to="manage")
    if request.method == "POST":
        by = request.user if isinstance(request.user, User) else None
        try:
            event_refunds.start(event=event, by=by, now=clock.now())
        except event_refunds.EventNotCancelled as refusal:
            messages.warning(request, str(refusal))
        return redirect("payments:event-refund", slug=slug)
    job = EventRefund.objects.filter(event=event).order_by("-id").first()
    context: dict[str, Any] = {"event": event, "tab": "payments", "part": "payments", "job": job}
    context["told"] = event_refunds.dry_run(event=event)
    if job:
        context["progress"] = progress = event_refunds.progress(job=job)
        context["all"] = progress["ended"] + progress["left"]
    return render(request, "payments/event_refund.html", context)
