"""The buyer's own data: all of it on a page and as JSON, and the wish to be forgotten. By unguessable link."""

import dataclasses
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.models import Event
from outbox import post
from registrations import erasure, privacy_mails
from registrations.access import order_for_link, transfer_for_link
from registrations.models import Erasure, Order, Ticket, Transfer
from registrations.views_order import private
from ticketing.lib import clock, languages, personal
from ticketing.lib.languages import say
from ticketing.lib.later import later

WHOSE = {"buyer", "attendee", "holder"}


def _of_somebody_else(each: personal.Declaration, row: Any) -> bool:
    """A ticket that was handed on is its holder's; the trail, what other programs were told of all this, and the team's
    fields are the organiser's."""
    if isinstance(row, Ticket):
        return row.transferred_at is not None
    return isinstance(row, Transfer) or each.label in ("trail.Change", "api.Message")


def _copy(order: Order) -> list[dict[str, Any]]:
    found = []
    for each, rows in personal.copy_of(order_id=order.pk, leave_out=_of_somebody_else):
        kept = {name: how for name, how in each.kept.items() if how.whose in WHOSE}
        fields = [
            dataclasses.asdict(how)
            | {"name": name, "why": say(how.why), "label": say(name.replace("_", " ").capitalize()), "values": [row[name] for row in rows]}
            for name, how in kept.items()
            if any(row[name] for row in rows)
        ]
        if fields:
            found.append({"what": say(str(each.model._meta.verbose_name)), "fields": fields})
    return found


@require_safe
def notice(request: HttpRequest, slug: str) -> HttpResponse:
    """What is kept about buyers and attendees, why and how long: made from what the rooms declare, so it is what is done."""
    event = get_object_or_404(Event.objects.select_related("organiser").filter(published_at__isnull=False), slug=slug)
    languages.prefer(event.language)
    reasons = {(kept.why, kept.until, kept.days): kept for _, _, kept in personal.sentences()}
    kept = [dataclasses.asdict(each) | {"why": say(each.why)} for each in reasons.values()]
    context = {"event": event, "organiser": event.organiser, "kept": kept, "days": event.organiser.erase_after_days}
    return render(request, "registrations/privacy_notice.html", context)


@private
@require_safe
def data(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    order = order_for_link(code=code, secret=secret)
    asked = Erasure.objects.filter(subject=Erasure.Subject.ORDER, subject_id=order.pk).first()
    organiser = order.event.organiser
    context = {"order": order, "event": order.event, "parts": _copy(order), "asked": asked, "days": organiser.erase_after_days}
    return render(request, "registrations/data.html", context | {"due_at": erasure.due_for(order=order, now=clock.now())})


@private
@require_safe
def data_file(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    order = order_for_link(code=code, secret=secret)
    kept = [
        {"record": part["what"], "field": each["name"], "why": each["why"], "kept_until": each["until"], "values": each["values"]}
        for part in _copy(order)
        for each in part["fields"]
    ]
    response = JsonResponse(
        {"order": order.code, "event": order.event.name, "kept": kept}, json_dumps_params={"indent": 1, "ensure_ascii": False}
    )
    response.headers["Content-Disposition"] = f'attachment; filename="my-data-{order.code}.json"'
    return response


@private
@require_POST
def erasure_new(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    """Owe the mail with the link that confirms it; at most one an hour."""
    order, now = order_for_link(code=code, secret=secret), clock.now()
    if order.erased_at is None:
        key = f"erasure_asked:{order.pk}:{now:%Y%m%d%H}"
        post.owe(kind="erasure_asked", to=order.buyer_email, subject_id=order.pk, key=key, now=now, event_id=order.event_id)
        later("outbox.send_due")
        messages.info(request, say("A mail went to {address}. Open the link in it, and your data are erased.", address=order.buyer_email))
    return redirect("registrations:data", code=code, secret=secret)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def erasure_confirm(request: HttpRequest, code: str, secret: str, token: str) -> HttpResponse:
    """The link in the mail asks once more: mail programs open links by themselves, and press no buttons."""
    order, now = order_for_link(code=code, secret=secret), clock.now()
    if not privacy_mails.is_token_of(token=token, order=order):
        raise Http404
    if request.method == "POST":
        erasure.ask_order(order=order, now=now)
        return redirect("registrations:data", code=code, secret=secret)
    context = {"order": order, "event": order.event, "due_at": erasure.due_for(order=order, now=now), "now": now}
    return render(request, "registrations/erasure.html", context)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def held_erasure(request: HttpRequest, secret: str) -> HttpResponse:
    """Who a ticket was handed on to: their link came by mail, so it proves the address by itself."""
    held, now = transfer_for_link(secret=secret), clock.now()
    if held.ended_at:
        raise Http404
    if request.method == "POST":
        erasure.ask_ticket(held=held, now=now)
        return HttpResponseRedirect(request.path, status=303)
    order = held.ticket.order
    asked = Erasure.objects.filter(subject=Erasure.Subject.TICKET, subject_id=held.ticket_id).first()
    context = {"held": held, "ticket": held.ticket, "event": order.event, "asked": asked, "due_at": erasure.due_for(order=order, now=now)}
    return render(request, "registrations/held_erasure.html", context | {"days": order.event.organiser.erase_after_days})
