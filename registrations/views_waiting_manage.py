"""The waiting list, for its organiser: who waits, in which order, what was offered and what came of it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Case, Count, Q, QuerySet, Sum, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from events import inventory, series, waiting_terms
from events.access import event_for_member
from events.inventory import SoldOut
from events.models import Event
from registrations import waiting, waiting_offers
from registrations.models import WaitingEntry
from registrations.refusals import Refused
from registrations.waiting_forms import TermsForm
from ticketing.lib import clock

PAGE = 50
STATES = {
    "waiting": Q(hold=None, ended_at=None),
    "offered": Q(hold__released_at=None, hold__converted_at=None, hold__isnull=False),
    "bought": Q(hold__converted_at__isnull=False),
    "missed": Q(hold__released_at__isnull=False),
    "ended": Q(ended_at__isnull=False),
}


@login_required
@require_safe
def waiting_list(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    return _page(request, event, TermsForm(event=event))


def _page(request: HttpRequest, event: Event, form: TermsForm, status: int = 200) -> HttpResponse:
    state = request.GET.get("state", "")
    chosen, number = state if state in STATES else "waiting", _number(request.GET.get("page", "1"))
    rows = WaitingEntry.objects.filter(STATES[chosen], event=event).select_related("ticket_type", "hold")
    rows = rows.order_by("position", "id") if chosen == "waiting" else rows.order_by("-joined_at", "-id")
    found = list(rows[(number - 1) * PAGE : number * PAGE + 1])
    context = {
        "event": event,
        "tab": "waiting",
        "form": form,
        "entries": found[:PAGE],
        "first_place": (number - 1) * PAGE,
        "chosen": chosen,
        "counts": counts_of(event=event),
        "states": list(STATES),
        "types": _types(event),
        "number": number,
        "more": len(found) > PAGE,
        "now": clock.now(),
    }
    return render(request, "registrations/waiting_list.html", context, status=status)


def _number(text: str) -> int:
    return min(max(1, int(text)), 2000) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def counts_of(*, event: Event) -> dict[str, dict[str, int]]:
    """{state: {entries, tickets}} of an event's list. One query."""
    named = Case(*(When(condition, then=Value(name)) for name, condition in STATES.items()), default=Value(""))
    rows: QuerySet[Any, Any] = WaitingEntry.objects.filter(event=event).order_by().annotate(named=named).values("named")
    found = {row["named"]: row for row in rows.annotate(entries=Count("pk"), tickets=Sum("quantity"))}
    return {
        name: {"entries": found[name]["entries"], "tickets": found[name]["tickets"]} if name in found else {"entries": 0, "tickets": 0}
        for name in STATES
    }


def _types(event: Event) -> list[dict[str, Any]]:
    """Types that somebody waits for, and the places that are free for them."""
    kinds = list(event.ticket_types.filter(quotas__queued__gt=0, archived_at=None).distinct())
    waiting_for = WaitingEntry.objects.waiting().filter(event=event).order_by().values("ticket_type")
    wanted = {row["ticket_type"]: row for row in waiting_for.annotate(entries=Count("pk"), tickets=Sum("quantity"))}
    free = inventory.unclaimed_places(ticket_types=kinds) if kinds else {}
    return [{"kind": kind, "free": free.get(kind.pk, 0), **wanted[kind.pk]} for kind in kinds if kind.pk in wanted]


@login_required
@require_POST
def terms(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    form = TermsForm(request.POST, event=event)
    if not form.is_valid():
        return _page(request, event, form, status=422)
    now, scope = clock.now(), form.cleaned_data.pop("scope", "")
    waiting_terms.set_terms(event=event, now=now, **form.cleaned_data)
    messages.info(request, "Saved. Offers that were made keep their time.")
    if scope:
        series.spread_waiting(event=event, scope=scope, by=request.user, now=now)
    return redirect("registrations:waiting-list", slug=slug)


def _entry(request: HttpRequest, slug: str, pk: int) -> WaitingEntry:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    rows = WaitingEntry.objects.select_related("event", "ticket_type__event")
    return get_object_or_404(rows, event=event, pk=pk)


@login_required
@require_POST
def offer_new(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    entry = _entry(request, slug, pk)
    try:
        waiting_offers.offer_now(entry=entry, now=clock.now())
        messages.info(request, f"Offered to {entry.email}. The mail is on its way.")
    except SoldOut:
        messages.warning(request, f"There are no {entry.quantity} places free for {entry.ticket_type.name}. Raise the capacity first.")
    except Refused as refusal:
        messages.warning(request, str(refusal))
    return redirect("registrations:waiting-list", slug=slug)


@login_required
@require_POST
def place_new(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    entry, to = _entry(request, slug, pk), request.POST.get("to", "")
    if to in waiting.PLACES:
        waiting.move(entry=entry, to=to, now=clock.now())
    return redirect("registrations:waiting-list", slug=slug)


@login_required
@require_POST
def removal_new(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    entry = _entry(request, slug, pk)
    if waiting.remove(entry=entry, now=clock.now()):
        messages.info(request, f"{entry.email} is removed from the list.")
    return redirect("registrations:waiting-list", slug=slug)
