"""The gate's pages."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.access import members_with
from events.models import Event
from registrations.models import Ticket
from scanning import counting, redemption, search
from scanning.access import gate_event_for_member
from scanning.gates import add_gate, chosen_gate, gates_of
from scanning.models import Gate
from scanning.redemption import Answer
from scanning.verdicts import words_of
from ticketing.lib import clock, tokens

LISTED = 50


@login_required
def home(request: HttpRequest) -> HttpResponse:
    events = Event.objects.filter(organiser__in=members_with(user=request.user, to="gate"), cancelled_at=None, ends_at__gte=clock.now())
    return render(request, "scanning/home.html", {"events": events.order_by("starts_at")[:LISTED]})


@login_required
def gate_page(request: HttpRequest, slug: str) -> HttpResponse:
    event = gate_event_for_member(user=request.user, slug=slug)
    gate = chosen_gate(event=event, gate_id=request.GET.get("gate"))
    return _page(request, event, gate, None)


def _page(request: HttpRequest, event: Event, gate: Gate, answer: Answer | None) -> HttpResponse:
    text = request.GET.get("q", "")[:80]
    context = {
        "event": event,
        "gate": gate,
        "gates": gates_of(event=event),
        "counts": counting.counts_of(event=event),
        "q": text,
        "found": search.tickets_named(event=event, text=text),
        "scans": counting.last_scans(event=event),
    }
    return render(request, "scanning/gate.html", context | _words(event, answer))


def _words(event: Event, answer: Answer | None) -> dict[str, Any]:
    return {"answer": answer, "words": words_of(answer.verdict) if answer else None, "event": event}


@login_required
@require_POST
def scan_new(request: HttpRequest, slug: str) -> HttpResponse:
    event = gate_event_for_member(user=request.user, slug=slug)
    gate = chosen_gate(event=event, gate_id=request.POST.get("gate"))
    answer = redemption.redeem(
        gate=gate,
        presented=request.POST.get("code", "").strip(),
        nonce=request.POST.get("nonce", "")[:40] or None,
        now=clock.now(),
        steward=request.user,
    )
    return _answered(request, event, gate, answer)


@login_required
@require_POST
def entry_new(request: HttpRequest, slug: str, serial: int) -> HttpResponse:
    """A steward found the ticket by name."""
    event = gate_event_for_member(user=request.user, slug=slug)
    ticket = get_object_or_404(Ticket.objects.select_related("order", "ticket_type"), event=event, serial=serial)
    gate = chosen_gate(event=event, gate_id=request.POST.get("gate"))
    return _answered(request, event, gate, redemption.admit_by_hand(gate=gate, ticket=ticket, now=clock.now(), steward=request.user))


def _answered(request: HttpRequest, event: Event, gate: Gate, answer: Answer) -> HttpResponse:
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse(_as_json(answer))
    if request.headers.get("HX-Request"):
        return render(request, "scanning/_verdict.html", _words(event, answer))
    return _page(request, event, gate, answer)


def _as_json(answer: Answer) -> dict[str, Any]:
    ticket, earlier = answer.ticket, answer.earlier
    return {
        "verdict": answer.verdict,
        "word": words_of(answer.verdict).word,
        "sentence": words_of(answer.verdict).sentence,
        "ticket": {
            "attendee": ticket.attendee_name,
            "type": ticket.ticket_type.name,
            "order": ticket.order.code,
            "serial": tokens.serial_text(ticket.serial),
        }
        if ticket
        else None,
        "earlier": {"admitted_at": earlier.admitted_at.isoformat(), "gate": earlier.gate.name} if earlier else None,
    }


@login_required
def counts(request: HttpRequest, slug: str) -> HttpResponse:
    event = gate_event_for_member(user=request.user, slug=slug)
    return render(
        request,
        "scanning/_counts.html",
        {"counts": counting.counts_of(event=event), "scans": counting.last_scans(event=event), "event": event, "renewal": True},
    )


@login_required
@require_POST
def gate_new(request: HttpRequest, slug: str) -> HttpResponse:
    event = gate_event_for_member(user=request.user, slug=slug)
    gate = add_gate(event=event, name=request.POST.get("name", "").strip() or "Main gate")
    return redirect("scanning:lists", slug=slug) if request.POST.get("back") == "lists" else redirect(f"/gate/{slug}/?gate={gate.pk}")
