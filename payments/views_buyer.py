"""The buyer's own acts that touch money: cancel by the organiser's terms, and the receipt. By unguessable link."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from events.terms import terms_of
from payments import buyer_cancellation, refunds
from payments.models import Payment
from registrations.access import order_for_link
from registrations.checkout import Refused
from registrations.views_order import private
from ticketing.lib import clock


@private
@require_http_methods(["GET", "HEAD", "POST"])
def cancellation(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    """Choose tickets; see what comes back and what is kept; then, agreed to with that amount, the cancellation."""
    order, now = order_for_link(code=code, secret=secret), clock.now()
    if order.confirmed_at is None or order.cancelled_at:
        return HttpResponseRedirect(order.get_absolute_url())
    context: dict[str, Any] = {"order": order, "event": order.event, "terms": terms_of(event=order.event)}
    status = 200
    try:
        context["tickets"] = tickets = buyer_cancellation.cancellable(order=order, now=now)
        if request.method == "POST":
            positions = [int(text) for text in request.POST.getlist("tickets") if text.isascii() and text.isdigit()]
            context["quote"] = found = buyer_cancellation.quote(order=order, positions=positions, now=now)
            if request.POST.get("confirmed") is not None:
                buyer_cancellation.cancel(order=order, positions=positions, shown_minor=_number(request, "confirmed"), now=now)
                messages.info(request, "Cancelled." if not found.refund_minor else "Cancelled. Your money is on its way back to you.")
                return redirect("registrations:order-changes", code=code, secret=secret)
        _with_worth(order, tickets)
    except Refused as refusal:
        context["refusal"], status = str(refusal), 422 if request.method == "POST" else 200
    return render(request, "payments/buyer_cancellation.html", context, status=status)


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1


def _with_worth(order: Any, tickets: list[Any]) -> None:
    worth = refunds.ticket_shares(order=order)
    for ticket in tickets:
        ticket.worth_minor = worth[ticket.position][1]


@private
@require_safe
def receipt(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    """What was paid and given back, when and how: a page that prints on one sheet."""
    order = order_for_link(code=code, secret=secret)
    paid = list(Payment.objects.filter(order=order, succeeded_at__isnull=False).prefetch_related("refunds").order_by("pk"))
    if not paid:
        raise Http404
    given = [refund for payment in paid for refund in payment.refunds.all() if refund.failed_at is None]
    total = sum(payment.amount_minor for payment in paid)
    back = sum(refund.amount_minor for refund in given)
    context = {"order": order, "event": order.event, "paid": paid, "given": given, "kept_minor": total - back}
    return render(request, "payments/receipt.html", context)
