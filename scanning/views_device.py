"""What a phone asks: docs/gate-protocol.md. No session, no cookie, no CSRF token: the header says who."""

import functools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from registrations.find import address_of
from scanning import badges, devices, search, snapshot, undoing
from scanning.devices import Refused
from scanning.models import Device, Scan
from scanning.setup import digest_of as setup_digest
from scanning.setup import moment, setup_of
from scanning.uploads import MOST_SCANS, BadUpload, Report, receive_all
from ticketing.lib import clock, tokens

WRONG_CODES, WRONG_CODES_SECONDS = 10, 600


class BadRequest(Exception):
    """What was sent is not what the protocol says."""


def refusals_as_json(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answers are never cached; refusals have a word for the phone and a sentence for people."""

    @csrf_exempt
    @functools.wraps(view)
    def wrapped(request: HttpRequest, **arguments: Any) -> HttpResponse:
        try:
            response = view(request, **arguments)
        except Refused as refusal:
            response = JsonResponse({"code": refusal.code}, status=refusal.status)
        except (BadRequest, BadUpload) as error:
            response = JsonResponse({"code": "bad_request", "sentence": str(error)}, status=400)
        patch_cache_control(response, private=True, no_store=True)
        return response

    return wrapped


def for_device(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view gets the device whose token the header carries."""

    @refusals_as_json
    @functools.wraps(view)
    def wrapped(request: HttpRequest, **arguments: Any) -> HttpResponse:
        now = clock.now()
        device = devices.device_for_token(header=request.headers.get("Authorization", ""), now=now)
        return view(request, device=device, now=now, **arguments)

    return wrapped


@require_POST
@refusals_as_json
def claim_new(request: HttpRequest) -> HttpResponse:
    sent, now = _sent(request), clock.now()
    guesses = f"gate-wrong-codes:{address_of(request)}"
    if (cache.get(guesses) or 0) >= WRONG_CODES:
        return JsonResponse({"code": "too_many"}, status=429, headers={"Retry-After": str(WRONG_CODES_SECONDS)})
    try:
        device = devices.claim(code=_text(sent, "code", 40), token=_text(sent, "token", 80), steward=_text(sent, "steward", 60), now=now)
    except Refused:
        cache.add(guesses, 0, WRONG_CODES_SECONDS)
        cache.incr(guesses)
        raise
    return JsonResponse(setup_of(device=device, now=now), status=201)


@require_safe
@for_device
def setup(request: HttpRequest, device: Device, now: datetime) -> HttpResponse:
    return JsonResponse(setup_of(device=device, now=now))


@require_safe
@gzip_page
@for_device
def copy(request: HttpRequest, device: Device, now: datetime) -> HttpResponse:
    """The copy: whole, or what is newer than the phone's number."""
    since = request.GET.get("since", "")
    newest = snapshot.refresh(event=device.event, now=now)
    content = snapshot.content_since(event=device.event, number=int(since) if since.isdecimal() and len(since) < 10 else None)
    response = HttpResponse(content, content_type="application/octet-stream", status=200 if content else 204)
    for name, value in {"X-Setup": setup_digest(device=device), "X-Copy-Number": str(newest), "X-Server-Time": moment(now)}.items():
        response.headers[name] = value
    return response


@require_POST
@for_device
def scans(request: HttpRequest, device: Device, now: datetime) -> HttpResponse:
    sent = _sent(request)
    written = sent.get("scans", [])
    if not isinstance(written, list):
        raise BadRequest("scans is a list.")
    if len(written) > MOST_SCANS:
        return JsonResponse({"code": "too_many"}, status=413)
    results = receive_all(device=device, written=written, report=Report.read(sent), now=now)
    newest = device.newest_part or 0  # type: ignore[attr-defined]
    return JsonResponse({"server_time": moment(now), "setup": setup_digest(device=device), "copy_number": newest, "results": results})


@require_POST
@for_device
def undo_new(request: HttpRequest, device: Device, now: datetime) -> HttpResponse:
    """A device takes back its own admissions only."""
    sent = _sent(request)
    scan = Scan.objects.filter(event=device.event_id, device=device, nonce=_text(sent, "nonce", 40)).first()
    reason = _text(sent, "reason", 120) or "no reason given"
    done = scan is not None and undoing.undo(scan=scan, reason=reason, now=now, device_id=device.pk)
    return JsonResponse({"undone": done, "server_time": moment(now)})


@require_POST
@for_device
def shift_new(request: HttpRequest, device: Device, now: datetime) -> HttpResponse:
    sent = _sent(request)
    gate = sent.get("gate")
    devices.start_shift(
        device=device,
        steward=_text(sent, "steward", 60),
        gate_id=gate if gate in devices.gates_of_device(device=device) else None,
        nonce=_text(sent, "nonce", 40) or f"at-{now.timestamp()}",
        started_at=min(now, _moment(sent.get("started_at"), now)),
    )
    return JsonResponse({"server_time": moment(now)})


@require_POST
@for_device
def end(request: HttpRequest, device: Device, now: datetime) -> HttpResponse:
    devices.end(device=device, now=now)
    return JsonResponse({"server_time": moment(now)})


@require_safe
@for_device
def tickets(request: HttpRequest, device: Device, now: datetime) -> HttpResponse:
    found = search.tickets_named(event=device.event, text=request.GET.get("q", "")[:80])
    rows = [
        {
            "attendee": ticket.attendee_name,
            "type": ticket.ticket_type.name,
            "type_id": ticket.ticket_type_id,
            "order": ticket.order.code,
            "serial": tokens.serial_text(ticket.serial),
            "standing": "cancelled" if ticket.order.cancelled_at else "revoked" if ticket.voided_at else "fine",
        }
        for ticket in found
    ]
    return JsonResponse({"tickets": rows})


@require_safe
@for_device
def badge(request: HttpRequest, device: Device, now: datetime, serial: str) -> HttpResponse:
    """A badge of somebody who may come in; 404 for all others alike."""
    number, size = tokens.serial_from_text(serial), request.GET.get("size", "a6")
    ticket = badges.ticket_for_badge(event_id=device.event_id, serial=number, size=size)
    if ticket is None:
        return JsonResponse({"code": "not_found"}, status=404)
    return HttpResponse(badges.badge_pdf(ticket=ticket, size=size), content_type="application/pdf")


@require_POST
@for_device
def badge_link(request: HttpRequest, device: Device, now: datetime) -> HttpResponse:
    """An address that opens the badge without a header, for two minutes."""
    sent = _sent(request)
    number, size = tokens.serial_from_text(_text(sent, "serial", 40)), _text(sent, "size", 10)
    ticket = badges.ticket_for_badge(event_id=device.event_id, serial=number, size=size)
    if ticket is None:
        return JsonResponse({"code": "not_found", "sentence": "No badge: this ticket is not valid any more."}, status=404)
    return JsonResponse({"url": reverse("scanning:badge-print", args=[badges.link_word(ticket=ticket, size=size)])})


@require_safe
@xframe_options_sameorigin
def badge_print(request: HttpRequest, word: str) -> HttpResponse:
    """The badge, also in a frame of the scanner's own page, which prints it."""
    found = badges.ticket_for_link(word)
    if found is None:
        return HttpResponse("This link has run out. Print the badge again.", status=404, content_type="text/plain; charset=utf-8")
    response = HttpResponse(badges.badge_pdf(ticket=found[0], size=found[1]), content_type="application/pdf")
    response.headers["Content-Security-Policy"] = "frame-ancestors 'self'"
    patch_cache_control(response, private=True, no_store=True)
    return response


def _sent(request: HttpRequest) -> dict[str, Any]:
    try:
        sent = json.loads(request.body or b"{}")
    except ValueError as error:
        raise BadRequest("This is no JSON.") from error
    if not isinstance(sent, dict):
        raise BadRequest("A JSON object is expected.")
    return sent


def _text(sent: dict[str, Any], name: str, most: int) -> str:
    value = sent.get(name) or ""
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise BadRequest(f"{name} is a text of at most {most} characters.")
    return value


def _moment(value: Any, otherwise: datetime) -> datetime:
    try:
        return datetime.fromisoformat(value).astimezone(UTC) if value else otherwise
    except (TypeError, ValueError, OverflowError) as error:
        raise BadRequest("Times are ISO 8601.") from error
