"""The organiser's lists: orders and attendees of one event. Keyset pages, so that the last is as fast as the
first; the filters stand in the address, and typing in the search asks for the rows alone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from events.access import event_for_member
from events.models import Event
from registrations.models import Order
from scanning.models import Entry
from workspace import answered
from workspace.filters import MADE, STATES, TICKET_STATES, Filter
from workspace.permission import may

PAGE = 50


@login_required
@require_safe
def order_list(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="view")
    wanted = Filter.of(request.GET)
    orders = list(_after_order(wanted.orders(event=event), request.GET.get("after", ""))[: PAGE + 1])
    shown = orders[:PAGE]
    more = f"{shown[-1].placed_at.isoformat()}_{shown[-1].pk}" if len(orders) > PAGE else ""
    return _list(request, event, wanted, "orders", more, {"orders": shown, "states": STATES, "made": MADE})


@login_required
@require_safe
def attendee_list(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="view")
    wanted, after = Filter.of(request.GET), request.GET.get("after", "")
    rows = wanted.tickets(event=event).select_related("order", "ticket_type").defer("ticket_type__description")
    if after.isascii() and after.isdigit() and int(after) < 2**63:
        rows = rows.filter(pk__lt=int(after))
    tickets = list(rows[: PAGE + 1])
    more = str(tickets[PAGE - 1].pk) if len(tickets) > PAGE else ""
    # Of the page's tickets alone: as a column of the query it would be looked up for all of the event's.
    entered = set(Entry.objects.filter(ticket__in=[ticket.pk for ticket in tickets]).values_list("ticket_id", flat=True))
    return _list(request, event, wanted, "attendees", more, {"tickets": tickets[:PAGE], "entered": entered, "states": TICKET_STATES})


def _after_order(rows: QuerySet[Order], after: str) -> QuerySet[Order]:
    """Rows that stand after "<time>_<id>" in the list. A text that is no place is the beginning."""
    placed, _, pk = after.partition("_")
    try:
        at, number = datetime.fromisoformat(placed), int(pk)
    except ValueError:
        return rows
    if at.tzinfo is None or not 0 < number < 2**63:
        return rows
    return rows.filter(placed_at__lte=at).filter(Q(placed_at__lt=at) | Q(pk__lt=number))


def _list(request: HttpRequest, event: Event, wanted: Filter, tab: str, more: str, rows: Mapping[str, Any]) -> HttpResponse:
    """The page, or its rows alone for a search that is being typed."""
    name = "order" if tab == "orders" else "attendee"
    context = {
        "event": event,
        "tab": tab,
        "wanted": wanted,
        "filters": wanted.address,
        "first": "after" not in request.GET,
        "more": urlencode(wanted.as_dict() | {"after": more}) if more else "",
        "may_manage": may(request, event, "manage"),
        **rows,
    }
    # A page restored from htmx's own history is a whole one.
    if request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request"):
        return render(request, f"workspace/_{name}_rows.html", context)
    context["answers"] = answered.filter_choices(event=event)
    context["kinds"] = list(event.ticket_types.only("id", "name", "position", "event_id"))
    return render(request, f"workspace/{name}_list.html", context)
