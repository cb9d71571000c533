"""Requests, for the organiser: who asks for tickets that need approval; approve or decline, many at once."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from events import inventory
from events.access import event_for_member
from events.models import Event
from registrations import approval
from registrations.models import Order
from registrations.refusals import Refused
from ticketing.lib import clock

PAGE = 50
MOST_AT_ONCE = 200
DECISIONS: dict[str, tuple[Callable[..., None], str]] = {
    "approve": (approval.approve, "approved"),
    "decline": (approval.decline, "declined"),
}


@login_required
@require_safe
def request_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The oldest first: what is decided makes room for the next."""
    event = event_for_member(user=request.user, slug=slug, to="manage")
    waiting = approval.to_decide(event=event)
    orders = list(waiting.prefetch_related("lines__ticket_type")[:PAGE])
    kinds = list(event.ticket_types.exclude(approval="").filter(archived_at=None))
    free = inventory.unclaimed_places(ticket_types=kinds) if kinds else {}
    context = {
        "event": event,
        "tab": "requests",
        "orders": orders,
        "count": waiting.count() if len(orders) == PAGE else len(orders),
        "types": [{"kind": kind, "free": free.get(kind.pk, 0)} for kind in kinds],
    }
    return render(request, "registrations/request_list.html", context)


@login_required
@require_POST
def decisions(request: HttpRequest, slug: str) -> HttpResponse:
    """Approve or decline the ticked requests; each is decided by itself, and what can't be is said."""
    event, decision = event_for_member(user=request.user, slug=slug, to="manage"), request.POST.get("decision", "")
    chosen = Order.objects.filter(event=event, code__in=request.POST.getlist("code")[:MOST_AT_ONCE]).order_by("requested_at", "id")
    if decision in DECISIONS and chosen:
        _decide(request, event, list(chosen), decision)
    else:
        messages.warning(request, "Tick the requests first, then choose what to do with them.")
    return redirect("registrations:request-list", slug=slug)


def _decide(request: HttpRequest, event: Event, orders: list[Order], decision: str) -> None:
    verb, done = DECISIONS[decision]
    decided, now = 0, clock.now()
    for order in orders:
        try:
            verb(order=order, now=now)
            decided += 1
        except Refused as refusal:
            messages.warning(request, f"{order.buyer_name}, {order.code}: {refusal}")
    if decided:
        messages.info(request, f"{decided} request{'s' if decided != 1 else ''} {done}. The mails are on their way.")
