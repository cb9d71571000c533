"""One order as staff see it: all that happened, and what can be put right."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from events.access import event_for_member
from events.inventory import SoldOut
from events.models import Event
from payments.models import Payment
from registrations import bill, cancellation, fulfilment
from registrations.allowance import TooManyForBuyer
from registrations.amend import change_buyer
from registrations.checkout import Refused
from registrations.models import Order, Ticket
from registrations.reassign import reassign_ticket
from registrations.staff_orders import place_staff_order
from ticketing.lib import clock
from workspace.access import order_for_member
from workspace.answered import answered_of
from workspace.forms import AttendeeForm, BuyerForm, StaffOrderForm, VoidForm
from workspace.permission import may
from workspace.timeline import payments_of, timeline


def _to_order(order: Order) -> HttpResponse:
    return HttpResponseRedirect(reverse("workspace:order-manage", args=[order.event.slug, order.code]), status=303)


@login_required
@require_safe
def order_manage(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    event, order = order_for_member(user=request.user, slug=slug, code=code, to="view")
    return _order_page(request, event, order)


def _order_page(request: HttpRequest, event: Event, order: Order, *, status: int = 200, **forms: Any) -> HttpResponse:
    may_manage = may(request, event, "manage")
    payments = payments_of(order=order)
    lines = list(order.lines.select_related("ticket_type", "tier"))
    tickets = list(order.tickets.select_related("ticket_type"))
    context = {
        "event": event,
        "tab": "orders",
        "order": order,
        "answered": answered_of(order=order, tickets=tickets),
        "lines": lines,
        "bill": bill.bill_of(priced=order, lines=lines),
        "tickets": tickets,
        "moments": timeline(order=order, payments=payments),
        "may_manage": may_manage,
        "changeable": order.state in ("confirmed", "waiting") and may_manage,
        "refundable": sum(_left_of(payment) for payment in payments),
        "buyer_form": BuyerForm(initial={"name": order.buyer_name, "email": order.buyer_email}, prefix="buyer"),
        "attendee_form": AttendeeForm(prefix="attendee"),
        "void_form": VoidForm(prefix="void"),
    }
    return render(request, "workspace/order.html", context | forms, status=status)


def _left_of(payment: Payment) -> int:
    """What a payment brought in and was not given back, minor units."""
    if payment.succeeded_at is None:
        return 0
    return payment.amount_minor - sum(refund.amount_minor for refund in payment.refunds.all() if refund.failed_at is None)


@login_required
@require_POST
def order_cancellation(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    _, order = order_for_member(user=request.user, slug=slug, code=code, to="manage")
    if cancellation.cancel_order(order=order, now=clock.now()):
        messages.info(request, f"Order {order.code} is cancelled. Its tickets admit nobody, its places are free again.")
    else:
        messages.warning(request, f"Order {order.code} had ended before; nothing changed.")
    return _to_order(order)


@login_required
@require_POST
def order_mail(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    _, order = order_for_member(user=request.user, slug=slug, code=code, to="manage")
    fulfilment.send_again(order=order, now=clock.now())
    messages.info(request, f"The confirmation goes to {order.buyer_email} again.")
    return _to_order(order)


@login_required
@require_POST
def buyer_edit(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    event, order = order_for_member(user=request.user, slug=slug, code=code, to="manage")
    form = BuyerForm(request.POST, prefix="buyer")
    if form.is_valid():
        try:
            change_buyer(order=order, name=form.cleaned_data["name"], email=form.cleaned_data["email"], now=clock.now())
            messages.info(request, "Buyer changed. The link in the first mail still opens the order.")
            return _to_order(order)
        except (Refused, TooManyForBuyer) as refusal:
            form.add_error(None, str(refusal))
    return _order_page(request, event, order, status=422, buyer_form=form)


@login_required
@require_POST
def ticket_edit(request: HttpRequest, slug: str, code: str, position: int) -> HttpResponse:
    event, order = order_for_member(user=request.user, slug=slug, code=code, to="manage")
    form = AttendeeForm(request.POST, prefix="attendee")
    if form.is_valid():
        try:
            reassign_ticket(
                order=order, position=position, name=form.cleaned_data["name"], email=form.cleaned_data["email"], now=clock.now()
            )
            messages.info(request, f"Ticket {position} is in the name of {form.cleaned_data['name']} now.")
            return _to_order(order)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return _order_page(request, event, order, status=422, attendee_form=form, position=position)


@login_required
@require_POST
def ticket_void(request: HttpRequest, slug: str, code: str, position: int) -> HttpResponse:
    event, order = order_for_member(user=request.user, slug=slug, code=code, to="manage")
    ticket = get_object_or_404(Ticket, order=order, position=position)
    form = VoidForm(request.POST, prefix="void")
    if not form.is_valid():
        return _order_page(request, event, order, status=422, void_form=form, position=position)
    if cancellation.void_ticket(ticket=ticket, reason=form.cleaned_data["reason"], now=clock.now()):
        messages.info(request, f"Ticket {position} admits nobody any more. Its place stays taken until the order is cancelled.")
    return _to_order(order)


@login_required
def order_new(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    kinds = list(event.ticket_types.filter(archived_at=None, quotas__isnull=False).distinct())
    form = StaffOrderForm(request.POST or None, event=event, kinds=kinds)
    if request.method == "POST" and form.is_valid():
        try:
            order = _place(request, event, form)
            messages.info(request, f"Order {order.code} is made.")
            return _to_order(order)
        except (Refused, SoldOut) as refusal:
            form.add_error(None, str(refusal))
    context = {"event": event, "tab": "orders", "form": form, "kinds": kinds}
    return render(request, "workspace/order_new.html", context, status=422 if form.errors else 200)


def _place(request: HttpRequest, event: Event, form: StaffOrderForm) -> Order:
    return place_staff_order(
        event=event,
        lines=form.lines(),
        buyer_name=form.cleaned_data["buyer_name"],
        buyer_email=form.cleaned_data["buyer_email"],
        kind=form.cleaned_data["kind"],
        paid_by=form.cleaned_data["paid_by"] if form.total_minor() else "",
        note=form.cleaned_data["note"],
        made_by=request.user,
        now=clock.now(),
    )
