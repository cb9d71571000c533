"""The organiser's pages about ticket types and capacities."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from events import discounts, series
from events import publication as verbs
from events.access import event_for_member
from events.forms import QuotaForm, TicketTypeForm
from events.inventory import BelowClaimed
from events.models import Event, Quota, TicketType
from ticketing.lib import clock


@login_required
def ticket_types(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    kinds = list(event.ticket_types.filter(archived_at=None).select_related("category").prefetch_related("quotas"))
    shared = [quota for quota in event.quotas.prefetch_related("ticket_types") if quota.name not in {kind.name for kind in kinds}]
    context = {
        "event": event,
        "tab": "tickets",
        "kinds": kinds,
        "shared": shared,
        "discounts": [(each, discounts.effect(discount=each, event=event)) for each in event.discounts.filter(archived_at=None)],
        "categories": list(event.categories.all()),
    }
    return render(request, "events/ticket_types.html", context)


@login_required
def ticket_type_new(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    form = TicketTypeForm(request.POST or None, event=event, initial={"pricing": "fixed"})
    return _save_type(request, event, form, TicketType(event=event), "New ticket type")


@login_required
def ticket_type_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    kind = get_object_or_404(TicketType, event=event, pk=pk, archived_at=None)
    form = TicketTypeForm(request.POST or None, event=event, kind=kind)
    return _save_type(request, event, form, kind, kind.name)


def _save_type(request: HttpRequest, event: Event, form: TicketTypeForm, kind: TicketType, heading: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            verbs.save_ticket_type(
                event=event,
                kind=form.apply_to(kind),
                quotas=list(form.cleaned_data["quotas"]),
                own_capacity=form.cleaned_data["capacity"],
                base_types=list(form.cleaned_data["base_types"]),
            )
            if scope := form.cleaned_data.get("scope"):
                series.spread_types(event=event, kinds=[kind], scope=scope, by=request.user, now=clock.now())
                messages.info(request, "Saved. The other dates follow within seconds.")
            return redirect("events:ticket-types", slug=event.slug)
        except BelowClaimed as error:
            form.add_error("capacity", str(error))
    return _page(request, form, {"event": event, "heading": heading, "kind": kind})


@login_required
@require_POST
def ticket_type_archive(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    kind = get_object_or_404(TicketType, event=event, pk=pk)
    verbs.archive_ticket_type(kind=kind, now=clock.now())
    scope = request.POST.get("scope")
    if event.series_id and scope in (series.LATER, series.ALL):
        series.spread_types(event=event, kinds=[kind], scope=scope, by=request.user, now=clock.now())
    return redirect("events:ticket-types", slug=slug)


@login_required
def quota_new(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    return _save_quota(request, event, QuotaForm(request.POST or None), Quota(event=event), "New shared capacity")


@login_required
def quota_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    quota = get_object_or_404(Quota, event=event, pk=pk)
    form = QuotaForm(request.POST or None, initial={"name": quota.name, "capacity": quota.capacity})
    return _save_quota(request, event, form, quota, quota.name)


def _save_quota(request: HttpRequest, event: Event, form: QuotaForm, quota: Quota, heading: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        if Quota.objects.filter(event=event, name=form.cleaned_data["name"]).exclude(pk=quota.pk).exists():
            form.add_error("name", "Another capacity of this event has this name. Choose a different one.")
        else:
            try:
                quota.name = form.cleaned_data["name"]
                verbs.save_quota(event=event, quota=quota, capacity=form.cleaned_data["capacity"])
                return redirect("events:ticket-types", slug=event.slug)
            except BelowClaimed as error:
                form.add_error("capacity", str(error))
    return _page(request, form, {"event": event, "heading": heading})


def _page(request: HttpRequest, form: Any, context: dict[str, Any]) -> HttpResponse:
    return render(
        request, "events/form.html", context | {"form": form, "tab": "tickets", "action": "Save"}, status=422 if form.errors else 200
    )
