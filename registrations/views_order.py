"""The order's own page: see, download, put in the calendar, change names. By unguessable link."""

import functools
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.calendar import calendar_file
from events.inventory import SoldOut
from events.models import Event
from registrations import bill, codes, find, fulfilment, invoices, rotating
from registrations.access import lines_of, order_for_link, tickets_of
from registrations.cancellation import FROZEN
from registrations.checkout import Refused, hold_again
from registrations.forms import AttendeeForm, FindForm
from registrations.models import Order
from registrations.reassign import rename_own_ticket
from ticketing.lib import clock
from ticketing.lib.languages import say
from ticketing.lib.site import absolute


def offered_wallets() -> list[tuple[str, str]]:
    """The wallets that certificates are given for, with the words of their buttons."""
    found = [("apple", say("Add to Apple Wallet"))] if settings.APPLE_PASS_CERTIFICATE else []
    return [*found, ("google", say("Add to Google Wallet"))] if settings.GOOGLE_WALLET_ISSUER_ID else found


def private(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The address is a secret: no cache keeps the page and no other site is told it. Not "no-referrer":
    with that a browser sends "Origin: null" with the page's own forms, which the CSRF check refuses."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, **arguments: Any) -> HttpResponse:
        response = view(request, **arguments)
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return wrapped


@private
@require_safe
def order(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    return _page(request, order_for_link(code=code, secret=secret))


def _page(request: HttpRequest, order: Order, *, form: AttendeeForm | None = None, position: int = 0, status: int = 200) -> HttpResponse:
    from registrations.ticket_pdf.qr import qr_svg

    now = clock.now()
    key = order.rotating_key  # type: ignore[attr-defined]  # None: the event's codes don't change
    tickets = tickets_of(order=order) if order.confirmed_at else []
    for ticket in tickets:
        if ticket.voided_at is None and ticket.transferred_at is None:
            shown = rotating.live_code(ticket=ticket, sealed_key=key, now=now) if key else codes.code_of(ticket)
            ticket.svg = mark_safe(qr_svg(shown))  # type: ignore[attr-defined]  # safe: drawn by us from letters and digits
    lines, link = lines_of(order=order), order.get_absolute_url()
    own = [ticket for ticket in tickets if hasattr(ticket, "svg")]
    context = {
        "order": order,
        "event": order.event,
        "tickets": tickets,
        "lines": lines,
        "bill": bill.bill_of(priced=order, lines=lines),
        "invoices": invoices.of_order(order=order) if order.total_minor and order.confirmed_at else [],
        "form": form,
        "pay_url": f"{link}payment/",
        "check_url": f"{link}payment/return/",
        "changes_url": f"{link}changes/",
        "wallets": [] if key and rotating.live_alone(event_id=order.event_id) else offered_wallets(),  # a pass shows the still code
        "position": position,
        "state": order.state,
        "now": now,
        "live": rotating.facts_for_page(tickets=own, sealed_key=key, now=now, worker="order-worker") if key and own else None,
        "frozen": not own and any(ticket.void_reason == FROZEN for ticket in tickets),
        "changeable": order.event.ends_at > now and order.cancelled_at is None,
    }
    return kept(render(request, "registrations/order.html", context, status=status), order.event, context)


def kept(response: HttpResponse, event: Event, context: dict[str, Any]) -> HttpResponse:
    """Tells the phone how long to keep a page whose codes change (registrations/page_worker.js)."""
    if context["live"] and response.status_code == 200:
        response.headers["X-Keep-Until"] = event.ends_at.isoformat()
    return response


@require_safe
@cache_control(no_cache=True)
def page_worker(request: HttpRequest) -> HttpResponse:
    """Keeps pages whose codes change on their holder's phone, for a venue without a network."""
    return render(request, "registrations/page_worker.js", content_type="text/javascript")


@private
@require_POST
def order_again(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    """The tickets of an order that ran out, once more, with what was typed."""
    order = order_for_link(code=code, secret=secret)
    if order.expired_at is None or order.hold is None:
        return HttpResponseRedirect(order.get_absolute_url(), status=303)
    try:
        hold = hold_again(hold=order.hold, now=clock.now())
    except (Refused, SoldOut):
        return HttpResponseRedirect(order.event.get_absolute_url(), status=303)
    return HttpResponseRedirect(reverse("registrations:details", args=[hold.token]), status=303)


@private
@require_safe
def order_pdf(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    """The tickets as PDF: from the bucket by a short-lived link, or the bytes, drawn anew when they are missing."""
    order = order_for_link(code=code, secret=secret)
    if order.confirmed_at is None or order.cancelled_at is not None:
        return HttpResponseRedirect(order.get_absolute_url())
    if link := fulfilment.pdf_link(order=order):
        return HttpResponseRedirect(link)
    response = HttpResponse(fulfilment.stored_pdf(order=order), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="tickets-{order.code}.pdf"'
    return response


@private
@require_safe
def order_calendar(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    order = order_for_link(code=code, secret=secret)
    response = HttpResponse(
        calendar_file(event=order.event, now=clock.now(), link=absolute(order.get_absolute_url())),
        content_type="text/calendar; charset=utf-8",
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{order.event.slug}.ics"'
    return response


@private
@require_POST
def ticket_edit(request: HttpRequest, code: str, secret: str, position: int) -> HttpResponse:
    order = order_for_link(code=code, secret=secret)
    form = AttendeeForm(request.POST)
    if form.is_valid():
        try:
            rename_own_ticket(
                order=order, position=position, name=form.cleaned_data["name"], email=form.cleaned_data["email"], now=clock.now()
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return HttpResponseRedirect(f"{order.get_absolute_url()}#ticket-{position}", status=303)
    return _page(request, order, form=form, position=position, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def find_tickets(request: HttpRequest) -> HttpResponse:
    """The same answer whoever asks: only the mail, to the address itself, knows more."""
    form = FindForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return render(request, "registrations/find_tickets.html", {"form": form}, status=422 if form.is_bound else 200)
    if not find.ask(email=form.cleaned_data["email"], address=find.address_of(request), now=clock.now()):
        return render(request, "registrations/find_tickets.html", {"form": form, "too_many": True}, status=429)
    return render(request, "registrations/find_tickets.html", {"form": form, "asked": form.cleaned_data["email"]})
