"""The staff's pages about the whole."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from operations.access import staff_only
from operations.dashboard import history, overview
from operations.models import Rule
from operations.watch import answering, runbook
from operations.watch import health as deep
from operations.watch.paths import HOT_PATHS
from ticketing.lib import clock

LIVE_SECONDS = 2
SILENCES = {"1": "an hour", "8": "eight hours", "24": "a day", "168": "a week"}


@staff_only
def dashboard(request: HttpRequest) -> HttpResponse:
    """The live part is the same for all staff, and made at most every two seconds."""
    live = cache.get("operations-live")
    if live is None:
        live = render_to_string("operations/_live.html", overview.overview(now=clock.now()))
        cache.set("operations-live", live, LIVE_SECONDS)
    if request.headers.get("HX-Request"):
        return HttpResponse(live)
    context = {"live": live, "tab": "dashboard", "failures": overview.failures()}
    return render(request, "operations/dashboard.html", context)


@staff_only
def charts(request: HttpRequest) -> HttpResponse:
    span = request.GET.get("span", "hour")
    if span not in history.SPANS:
        raise Http404
    path, now = request.GET.get("path", ""), clock.now()
    marks = history.deploys(since=now - history.SPANS[span][1])
    context = {
        "charts": history.charts(span=span, path=path, now=now),
        "spans": [(key, title) for key, (title, *_) in history.SPANS.items()],
        "span": span,
        "paths": HOT_PATHS,
        "path": path,
        "deploys": marks,
        "marks": [mark.started_at.timestamp() for mark in marks],
        "has_charts": finders.find("vendor/uplot/uPlot.iife.min.js") is not None,
        "tab": "charts",
    }
    return render(request, "operations/charts.html", context)


@staff_only
def alarms(request: HttpRequest) -> HttpResponse:
    context = {"rules": overview.rules_in_order(), "alarms": overview.last_alarms(), "tab": "alarms"}
    return render(request, "operations/alarms.html", context)


@staff_only
def alarm(request: HttpRequest, name: str) -> HttpResponse:
    rule = get_object_or_404(Rule, name=name)
    context = {
        "rule": rule,
        "alarms": overview.history_of(rule=rule),
        "what_to_do": runbook.section(name=name),
        "silences": SILENCES,
        "now": clock.now(),
        "tab": "alarms",
    }
    return render(request, "operations/alarm.html", context)


@staff_only
@require_POST
def acknowledgement_new(request: HttpRequest, name: str) -> HttpResponse:
    answering.acknowledge(rule=get_object_or_404(Rule, name=name), by=request.user, now=clock.now())
    return redirect("operations:alarm", name=name)


@staff_only
@require_POST
def silence_new(request: HttpRequest, name: str) -> HttpResponse:
    hours = request.POST.get("hours", "")
    span = timedelta(hours=int(hours)) if hours in SILENCES else None
    answering.silence(rule=get_object_or_404(Rule, name=name), span=span, now=clock.now())
    return redirect("operations:alarm", name=name)


@staff_only
@require_POST
def task_new(request: HttpRequest) -> HttpResponse:
    """A failed task once more, as it was called."""
    number = request.POST.get("at", "")
    if not answering.run_again(at=number):
        messages.error(request, "This task is not in the list any more.")
    return HttpResponseRedirect("/operations/")


@staff_only
def health(request: HttpRequest) -> HttpResponse:
    """Every part asked. For people and monitors that sign in; a load balancer asks /readyz, so that a slow part
    behind one machine does not take all of them away."""
    found = deep.parts()
    whole = all(part.well for part in found)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({part.name: {"well": part.well, "said": part.said} for part in found}, status=200 if whole else 503)
    return render(request, "operations/health.html", {"parts": found, "whole": whole, "tab": "health"})
