"""Handing a ticket on, and the page of whom it was handed on to. By unguessable link."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.calendar import calendar_file
from registrations import codes, documents, rotating, transfer
from registrations.access import order_for_link, tickets_of, transfer_for_link
from registrations.checkout import Refused
from registrations.forms import AttendeeForm, RecipientForm
from registrations.models import Ticket, Transfer
from registrations.reassign import rename_own_ticket
from registrations.views_order import kept, offered_wallets, private
from ticketing.lib import clock
from ticketing.lib.site import absolute


@private
@require_http_methods(["GET", "HEAD", "POST"])
def ticket_transfer(request: HttpRequest, code: str, secret: str, position: int) -> HttpResponse:
    order = order_for_link(code=code, secret=secret)
    ticket = next((each for each in tickets_of(order=order) if each.position == position and not each.transferred_at), None)
    if ticket is None or ticket.voided_at or order.cancelled_at:
        raise Http404
    ticket.order = order
    return _hand_on(request, ticket, back=f"{order.get_absolute_url()}changes/", then=f"{order.get_absolute_url()}#ticket-{position}")


def _hand_on(request: HttpRequest, ticket: Ticket, *, back: str, then: str) -> HttpResponse:
    """Ask to whom, then do it. The serial that was seen comes along, so that a form sent twice does it once."""
    form = RecipientForm(request.POST if request.method == "POST" else None, initial={"seen": f"{ticket.serial:x}"})
    now = clock.now()
    refusal = transfer.why_not(event=ticket.order.event, now=now)
    if form.is_bound and form.is_valid() and not refusal:
        ticket.serial = form.cleaned_data["seen"]
        try:
            transfer.transfer_ticket(ticket=ticket, name=form.cleaned_data["name"], email=form.cleaned_data["email"], now=now)
            return HttpResponseRedirect(then, status=303)
        except Refused as error:
            form.add_error(None, str(error))
    context = {"form": form, "ticket": ticket, "event": ticket.order.event, "back": back, "refusal": refusal}
    return render(request, "registrations/transfer.html", context, status=422 if form.is_bound else 200)


@private
@require_safe
def held_ticket(request: HttpRequest, secret: str) -> HttpResponse:
    return _held_page(request, transfer_for_link(secret=secret))


def _held_page(request: HttpRequest, held: Transfer, *, form: AttendeeForm | None = None) -> HttpResponse:
    from registrations.ticket_pdf.qr import qr_svg

    ticket, now = held.ticket, clock.now()
    shown = held.ended_at is None and ticket.voided_at is None
    changing = rotating.settings_of(event_id=ticket.event_id) if shown else None
    key = bytes(changing.sealed_key) if changing else None
    code = rotating.live_code(ticket=ticket, sealed_key=key, now=now) if key else codes.code_of(ticket)
    context = {
        "held": held,
        "ticket": ticket,
        "event": ticket.order.event,
        "svg": mark_safe(qr_svg(code)) if shown else "",  # safe: drawn by us from letters and digits
        "live": rotating.facts_for_page(tickets=[ticket], sealed_key=key, now=now, worker="held-worker") if key else None,
        "form": form or AttendeeForm(initial={"name": ticket.attendee_name, "email": ticket.attendee_email}),
        "no_transfer": transfer.why_not(event=ticket.order.event, now=now),
        "wallets": [] if key and rotating.live_alone(event_id=ticket.event_id) else offered_wallets(),  # a pass shows the still code
    }
    response = render(request, "registrations/held_ticket.html", context, status=422 if form else 200)
    return kept(response, ticket.order.event, context)


def _valid(secret: str) -> Transfer:
    """What this link still holds. Http404 when it was handed on again, or is void."""
    held = transfer_for_link(secret=secret)
    if held.ended_at or held.ticket.voided_at:
        raise Http404
    return held


@private
@require_safe
def held_pdf(request: HttpRequest, secret: str) -> HttpResponse:
    held = _valid(secret)
    ticket = held.ticket
    pdf = documents.pdf_of(order=ticket.order, tickets=[ticket], page=held.get_absolute_url())
    response = HttpResponse(pdf, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="ticket-{ticket.order.event.slug}.pdf"'
    return response


@private
@require_safe
def held_calendar(request: HttpRequest, secret: str) -> HttpResponse:
    held = transfer_for_link(secret=secret)
    event = held.ticket.order.event
    file = calendar_file(event=event, now=clock.now(), link=absolute(held.get_absolute_url()))
    response = HttpResponse(file, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{event.slug}.ics"'
    return response


@private
@require_POST
def held_edit(request: HttpRequest, secret: str) -> HttpResponse:
    held = _valid(secret)
    form, ticket = AttendeeForm(request.POST), held.ticket
    if form.is_valid():
        name, email = form.cleaned_data["name"], form.cleaned_data["email"]
        try:
            rename_own_ticket(order=ticket.order, position=ticket.position, name=name, email=email, now=clock.now(), held=True)
            return HttpResponseRedirect(held.get_absolute_url(), status=303)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return _held_page(request, held, form=form)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def held_transfer(request: HttpRequest, secret: str) -> HttpResponse:
    held = _valid(secret)
    return _hand_on(request, held.ticket, back=held.get_absolute_url(), then=held.get_absolute_url())
