"""The organiser's pages about events."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.access import organiser_for_member
from events import publication as verbs
from events import series
from events.access import event_for_member
from events.forms import EventForm
from events.models import TicketType
from events.views_public import show_event
from ticketing.lib import clock


@login_required
def event_new(request: HttpRequest, organiser: str) -> HttpResponse:
    owner, _ = organiser_for_member(user=request.user, slug=organiser, to="manage")
    form = EventForm(request.POST or None, request.FILES or None, initial={"time_zone": owner.time_zone, "currency": owner.currency})
    if request.method == "POST" and form.is_valid():
        event = verbs.create_event(organiser=owner, fields=form.fields_for_verb())
        return redirect("events:ticket-types", slug=event.slug)
    return _form_page(request, form, {"organiser": owner, "heading": "New event", "action": "Create event"})


@login_required
def event_edit(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    priced = TicketType.objects.filter(event=event, price_minor__gt=0).exists()
    form = EventForm(request.POST or None, request.FILES or None, event=event, priced=priced)
    if request.method == "POST" and form.is_valid():
        before = series.snapshot(event=event)
        verbs.update_event(event=event, fields=form.fields_for_verb())
        if form.scope and series.spread_details(event=event, before=before, scope=form.scope, by=request.user, now=clock.now()):
            messages.info(request, "Saved. The other dates follow within seconds.")
        else:
            messages.info(request, "Saved. The public page shows it now.")
        return redirect("events:event-edit", slug=slug)
    return _form_page(request, form, {"event": event, "tab": "details", "action": "Save changes"})


def _form_page(request: HttpRequest, form: Any, context: dict[str, Any]) -> HttpResponse:
    return render(request, "events/form.html", context | {"form": form}, status=422 if form.errors else 200)


@login_required
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    return show_event(request, event_for_member(user=request.user, slug=slug, to="view"), preview=True)


@login_required
@require_POST
def publication(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    try:
        verbs.publish(event=event, now=clock.now())
        messages.info(request, "Published. Everybody can see it and buy.")
    except verbs.NotReady as error:
        for sentence in error.missing:
            messages.warning(request, sentence)
    return redirect("workspace:event-home", slug=slug)


@login_required
@require_POST
def unpublication(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    verbs.unpublish(event=event)
    messages.info(request, "Not public any more. Tickets that were sold stay valid.")
    return redirect("workspace:event-home", slug=slug)


@login_required
def cancellation(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    if request.method == "POST":
        verbs.cancel(event=event, now=clock.now())
        messages.info(request, "Cancelled. Nothing is sold any more. Now give everybody their money back: here is what that would do.")
        return redirect("payments:event-refund", slug=slug)
    return render(request, "events/cancel.html", {"event": event, "tab": "overview"})


@login_required
@require_POST
def copies(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    copy = verbs.copy_event(event=event)
    messages.info(request, "This is the copy. Choose its name and date, then publish it.")
    return redirect("events:event-edit", slug=copy.slug)
