"""The organiser's pages that make a series and give it dates. Its home is on the desk (workspace)."""

from collections.abc import Callable
from itertools import islice
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from events import publication, repetition, series, series_changes
from events.access import event_for_member, series_for_member
from events.models import Event, EventSeries
from events.repetition import Rule
from events.series_forms import RuleForm
from ticketing.lib import clock

SHOWN = 12


def for_other_dates(request: HttpRequest, *, event: Event, part: series_changes.Part, was: str, scope: str | None) -> None:
    """The change of a date's step, discount, code or question goes to those dates that the form asked about."""
    if event.series_id and scope in (series.LATER, series.ALL):
        series.spread_part(event=event, part=part, was=was, scope=scope, by=request.user, now=clock.now())
        messages.info(request, "Saved. The other dates follow within seconds.")


@login_required
def series_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Repeat an event: a rule, what it gives, and then the dates are made."""
    event = event_for_member(user=request.user, slug=slug, to="manage")
    if event.series_id:
        return redirect("events:series-of", slug=slug)

    def make(rule: Rule) -> EventSeries:
        return series.make_series(event=event, rule=rule, by=request.user, now=clock.now())

    return _rule_page(request, event, make, {"tab": "details", "heading": "Repeat this event"})


@login_required
def dates_new(request: HttpRequest, name: str) -> HttpResponse:
    """More dates for a series."""
    found = series_for_member(user=request.user, slug=name, to="manage")

    def add(rule: Rule) -> EventSeries:
        series.add_rule(series=found, rule=rule, by=request.user, now=clock.now())
        return found

    return _rule_page(request, found.source, add, {"event": None, "series": found, "heading": f"More dates of {found.name}"})


def _rule_page(request: HttpRequest, source: Event, act: Callable[[Rule], EventSeries], more: dict[str, Any]) -> HttpResponse:
    form = RuleForm(request.POST or None, event=source)
    context: dict[str, Any] = {"event": source, "source": source, "form": form} | more
    if request.method == "POST" and form.is_valid():
        rule = form.rule()
        if "make" in request.POST:
            try:
                made = act(rule)
                messages.info(request, "The dates are being made. You can leave this page; the work goes on.")
                return redirect("workspace:series-home", name=made.slug)
            except (repetition.TooManyDates, series.NotForSeries) as refusal:
                form.add_error(None, str(refusal))
        else:
            context["preview"] = _preview(rule)
    return render(request, "events/series_form.html", context, status=422 if form.errors else 200)


def _preview(rule: Rule) -> dict[str, Any]:
    days = list(rule.days())
    first = list(islice(((day, at) for day in days for at in rule.at), SHOWN))
    count = len(days) * len(rule.at)
    return {
        "count": count,
        "first": first,
        "sentence": rule.sentence,
        "too_many": count > repetition.MOST_DATES,
        "most": repetition.MOST_DATES,
    }


@login_required
@require_safe
def series_of(request: HttpRequest, slug: str) -> HttpResponse:
    """From a date to its series."""
    event = event_for_member(user=request.user, slug=slug, to="view")
    if event.series_id is None:
        raise Http404
    return redirect("workspace:series-home", name=get_object_or_404(EventSeries, pk=event.series_id).slug)


@login_required
@require_POST
def series_publication(request: HttpRequest, name: str) -> HttpResponse:
    found = series_for_member(user=request.user, slug=name, to="manage")
    try:
        series.publish(series=found, by=request.user, now=clock.now())
        messages.info(request, "Published. All dates that are still to come go on sale within seconds.")
    except publication.NotReady as error:
        for sentence in error.missing:
            messages.warning(request, sentence)
    return redirect("workspace:series-home", name=name)


@login_required
@require_POST
def series_unpublication(request: HttpRequest, name: str) -> HttpResponse:
    found = series_for_member(user=request.user, slug=name, to="manage")
    series.unpublish(series=found, by=request.user, now=clock.now())
    messages.info(request, "The dates leave the public pages within seconds. Tickets that were sold stay valid.")
    return redirect("workspace:series-home", name=name)
