"""What a buyer can do with an order beyond looking at it, on a page of its own, so that the order's page stays light."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from events.terms import terms_of
from registrations import fulfilment, transfer
from registrations.access import order_for_link, tickets_of
from registrations.views_order import private
from ticketing.lib import clock
from ticketing.lib.languages import say


@private
@require_safe
def changes(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    order = order_for_link(code=code, secret=secret)
    if order.confirmed_at is None:
        return HttpResponseRedirect(order.get_absolute_url())
    now = clock.now()
    terms = terms_of(event=order.event)
    valid = [ticket for ticket in tickets_of(order=order) if ticket.voided_at is None]
    context = {
        "order": order,
        "event": order.event,
        "terms": terms,
        "tickets": valid,
        "no_transfer": transfer.why_not(event=order.event, now=now),
        "may_cancel": terms.cancel_until is not None and now < terms.cancel_until and order.cancelled_at is None,
        "running": order.cancelled_at is None,
    }
    return render(request, "registrations/changes.html", context)


@private
@require_POST
def order_mail(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    """The confirmation once more, to the address it went to before."""
    order = order_for_link(code=code, secret=secret)
    if order.confirmed_at and not order.cancelled_at:
        fulfilment.send_again(order=order, now=clock.now())
        messages.info(request, say("The tickets go to {address} once more.", address=order.buyer_email))
    return redirect("registrations:order-changes", code=code, secret=secret)
