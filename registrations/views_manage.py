"""The organiser's lists: orders and attendees of one event. Keyset pages, so that the last is as fast as the first."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import members_with
from events.access import event_for_member
from events.models import Event
from registrations import bill, cancellation, fulfilment, search
from registrations.models import Order, Ticket
from registrations.views_order import state_of
from ticketing.lib import clock, money, tokens

PAGE = 50
STATES = {
    "confirmed": Q(confirmed_at__isnull=False, cancelled_at=None),
    "waiting": Q(confirmed_at=None, expired_at=None, cancelled_at=None),
    "expired": Q(confirmed_at=None, expired_at__isnull=False),
    "cancelled": Q(cancelled_at__isnull=False),
}


@login_required
@require_safe
def order_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Newest first; search, state and place in the list are in the address."""
    event = event_for_member(user=request.user, slug=slug, to="view")
    orders = list(_after_order(_orders(request, event), request.GET.get("after", ""))[: PAGE + 1])
    for order in orders:
        order.state = state_of(order)  # type: ignore[attr-defined]
    shown = orders[:PAGE]
    more = f"{shown[-1].placed_at.isoformat()}_{shown[-1].pk}" if len(orders) > PAGE else None
    return render(
        request, "registrations/order_list.html", _list_context(request, event, "orders", more) | {"orders": shown, "states": STATES}
    )


def _orders(request: HttpRequest, event: Event) -> QuerySet[Order]:
    rows = search.search_orders(Order.objects.filter(event=event), text=request.GET.get("q", "")[:100])
    state = STATES.get(request.GET.get("state", ""))
    return (rows.filter(state) if state is not None else rows).order_by("-placed_at", "-id")


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


def _list_context(request: HttpRequest, event: Event, tab: str, more: str | None) -> dict[str, Any]:
    kept = {key: request.GET[key] for key in ("q", "state") if request.GET.get(key)}
    return {
        "event": event,
        "tab": tab,
        "q": kept.get("q", ""),
        "state": kept.get("state", ""),
        "first": "after" not in request.GET,
        "more": urlencode(kept | {"after": more}) if more else "",
        "filters": urlencode(kept),
    }


@login_required
@require_safe
def order_manage(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    event, order = _order(request, slug, code, to="view")
    lines = list(order.lines.select_related("ticket_type"))
    context = {
        "event": event,
        "tab": "orders",
        "order": order,
        "state": state_of(order),
        "lines": lines,
        "bill": bill.bill_of(priced=order, lines=lines),
        "tickets": order.tickets.select_related("ticket_type"),
        "may_manage": members_with(user=request.user, to="manage").filter(organiser=event.organiser).exists(),
    }
    return render(request, "registrations/order_manage.html", context)


def _order(request: HttpRequest, slug: str, code: str, *, to: str) -> tuple[Event, Order]:
    event = event_for_member(user=request.user, slug=slug, to=to)
    order = Order.objects.filter(event=event, code=code).first()
    if order is None:
        raise Http404
    order.event = event
    return event, order


@login_required
@require_POST
def order_cancellation(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    _, order = _order(request, slug, code, to="manage")
    if cancellation.cancel_order(order=order, now=clock.now()):
        messages.info(request, f"Order {order.code} is cancelled. Its tickets admit nobody, its places are free again.")
    else:
        messages.warning(request, f"Order {order.code} had ended before; nothing changed.")
    return HttpResponseRedirect(reverse("registrations:order-manage", args=[slug, code]), status=303)


@login_required
@require_POST
def order_mail(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    _, order = _order(request, slug, code, to="manage")
    fulfilment.send_again(order=order, now=clock.now())
    messages.info(request, f"The confirmation goes to {order.buyer_email} again.")
    return HttpResponseRedirect(reverse("registrations:order-manage", args=[slug, code]), status=303)


@login_required
@require_safe
def attendee_list(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="view")
    after = request.GET.get("after", "")
    rows = _tickets(request, event)
    if after.isascii() and after.isdigit() and int(after) < 2**63:
        rows = rows.filter(pk__lt=int(after))
    tickets = list(rows[: PAGE + 1])
    more = str(tickets[PAGE - 1].pk) if len(tickets) > PAGE else None
    return render(
        request, "registrations/attendee_list.html", _list_context(request, event, "attendees", more) | {"tickets": tickets[:PAGE]}
    )


def _tickets(request: HttpRequest, event: Event) -> QuerySet[Ticket]:
    rows = Ticket.objects.filter(event=event).select_related("order", "ticket_type").defer("ticket_type__description")
    return search.search_tickets(rows, text=request.GET.get("q", "")[:100]).order_by("-id")


@login_required
@require_safe
def order_export(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="view")
    head = ["Order", "State", "Buyer", "E-mail", "Total", "Currency", "Placed (UTC)", "Confirmed (UTC)"]
    rows = (
        [
            order.code,
            state_of(order),
            order.buyer_name,
            order.buyer_email,
            money.to_major(order.total_minor, order.currency),
            order.currency,
            _utc(order.placed_at),
            _utc(order.confirmed_at),
        ]
        for order in _orders(request, event).iterator(chunk_size=2000)
    )
    return csv_file(f"orders-{event.slug}.csv", head, rows)


@login_required
@require_safe
def attendee_export(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="view")
    head = ["Ticket", "Attendee", "Attendee's e-mail", "Type", "Price", "Currency", "Order", "Buyer", "Buyer's e-mail", "Void (UTC)"]
    rows = (
        [
            tokens.serial_text(ticket.serial),
            ticket.attendee_name,
            ticket.attendee_email,
            ticket.ticket_type.name,
            money.to_major(ticket.price_minor, ticket.order.currency),
            ticket.order.currency,
            ticket.order.code,
            ticket.order.buyer_name,
            ticket.order.buyer_email,
            _utc(ticket.voided_at),
        ]
        for ticket in _tickets(request, event).iterator(chunk_size=2000)
    )
    return csv_file(f"attendees-{event.slug}.csv", head, rows)


def _utc(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


class _Echo:
    def write(self, line: str) -> str:
        return line


def csv_file(name: str, head: list[str], rows: Iterable[list[Any]]) -> StreamingHttpResponse:
    """Row by row, so that a million need no memory."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\ufeff" + str(writer.writerow(head))  # the mark tells Excel that it is UTF-8
        for row in rows:
            yield str(writer.writerow([_harmless(cell) for cell in row]))

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _harmless(cell: Any) -> Any:
    """A cell that a spreadsheet would run as a formula is made text (OWASP: CSV injection)."""
    return (
        "'" + cell
        if (isinstance(cell, str) and cell.lstrip()[:1] in ("=", "+", "-", "@")) or (isinstance(cell, str) and cell[:1] in ("\t", "\r"))
        else cell
    )
