"""The wallets' buttons, by the buyer's or the holder's link, and the addresses that Apple's phones ask (RFC-less, see updates.py)."""

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registrations.access import order_for_link, transfer_for_link
from registrations.models import PassOnPhone, Ticket
from registrations.views_order import private
from registrations.wallets import apple, facts, google, updates
from registrations.wallets.facts import PassFacts
from ticketing.lib import clock

MOST_BODY = 4096


def _ticket_of_buyer(code: str, secret: str, position: int) -> Ticket:
    order = order_for_link(code=code, secret=secret)
    mine = order.tickets.filter(position=position, voided_at=None, transferred_at=None).select_related("ticket_type").first()
    if mine is None or order.cancelled_at:
        raise Http404
    mine.order = order
    return mine


def _ticket_of_holder(secret: str) -> Ticket:
    held = transfer_for_link(secret=secret)
    if held.ended_at or held.ticket.voided_at:
        raise Http404
    return held.ticket


@private
@require_safe
def ticket_wallet(request: HttpRequest, code: str, secret: str, position: int, wallet: str) -> HttpResponse:
    return _answer(wallet, lambda: _ticket_of_buyer(code, secret, position))


@private
@require_safe
def held_wallet(request: HttpRequest, secret: str, wallet: str) -> HttpResponse:
    return _answer(wallet, lambda: _ticket_of_holder(secret))


def _answer(wallet: str, load: Any) -> HttpResponse:
    if wallet == "apple" and apple.available():
        return _file(facts.facts_of(ticket=load()))
    if wallet == "google" and google.available():
        ticket = load()
        return HttpResponseRedirect(google.save_link(facts=facts.facts_of(ticket=ticket), event_id=ticket.event_id, now=clock.now()))
    raise Http404


def _file(found: PassFacts) -> HttpResponse:
    response = HttpResponse(apple.pass_file(facts=found), content_type=apple.CONTENT_TYPE)
    response.headers["Content-Disposition"] = 'attachment; filename="ticket.pkpass"'
    return response


# --- what phones ask ------------------------------------------------------------------------------


def _allowed(request: HttpRequest, number: str) -> PassFacts | None:
    """The pass, when the phone shows its token; None is answered with 401."""
    if not apple.available():
        raise Http404
    if not updates.is_allowed(number=number, authorization=request.headers.get("Authorization", "")):
        return None
    return facts.find(number=number)


@csrf_exempt
@require_http_methods(["POST", "DELETE"])
def phone_pass(request: HttpRequest, phone: str, pass_type: str, number: str) -> HttpResponse:
    """A phone begins or ends to carry a pass."""
    found = _allowed(request, number)
    if found is None:
        return HttpResponse(status=401)
    if request.method == "DELETE":
        updates.unregister(phone=phone[:64], number=number)
        return HttpResponse(status=200)
    made = updates.register(
        phone=phone[:64], push_token=_told(request, "pushToken")[:200], facts=found, ticket_id=int(number.split("-")[0]), now=clock.now()
    )
    return HttpResponse(status=201 if made else 200)


def _told(request: HttpRequest, name: str) -> str:
    try:
        return str(json.loads(request.body[:MOST_BODY]).get(name, ""))
    except (ValueError, AttributeError):
        return ""


@require_safe
def phone_changes(request: HttpRequest, phone: str, pass_type: str) -> HttpResponse:
    """Which of the phone's passes changed; no token here by Apple's rules, so no more than numbers is told."""
    if not PassOnPhone.objects.filter(phone=phone).exists():
        return HttpResponse(status=404)
    numbers, tag = updates.changed_since(phone=phone, tag=request.GET.get("passesUpdatedSince", ""))
    return JsonResponse({"serialNumbers": numbers, "lastUpdated": tag}) if numbers else HttpResponse(status=204)


@require_safe
def newest_pass(request: HttpRequest, pass_type: str, number: str) -> HttpResponse:
    found = _allowed(request, number)
    return HttpResponse(status=401) if found is None else _file(found)


@csrf_exempt
@require_POST
def phone_log(request: HttpRequest) -> HttpResponse:
    """Phones complain here; nothing of it is kept."""
    return HttpResponse(status=200)
