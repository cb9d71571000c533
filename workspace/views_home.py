"""How is it going: one event, and all of them."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import F, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import MAY, members_with, organisers_of
from events.access import event_for_member
from events.models import Event, EventSeries
from ticketing.lib import clock
from trail.models import Change
from workspace import charts, statistics
from workspace.checklist import checklist
from workspace.permission import may
from workspace.statistics import Figures
from workspace.timeline import moment_of

PAGE = 25
CHANGES = 100


@login_required
@require_safe
def event_home(request: HttpRequest, slug: str) -> HttpResponse:
    event, now = event_for_member(user=request.user, slug=slug, to="view"), clock.now()
    context = _figures(request, event, now) | {"tab": "overview", "may_manage": may(request, event, "manage")}
    if not event.published_at and not event.cancelled_at:
        checks = checklist(event=event, now=now)
        context |= {"checks": checks, "ready": not any(check.needed for check in checks)}
    return render(request, "workspace/event_home.html", context)


@login_required
@require_safe
def figures(request: HttpRequest, slug: str) -> HttpResponse:
    """The figures alone: the page asks for them every 30 seconds."""
    event = event_for_member(user=request.user, slug=slug, to="view")
    return render(request, "workspace/_figures.html", _figures(request, event, clock.now()))


def _figures(request: HttpRequest, event: Event, now: datetime) -> dict[str, Any]:
    found = statistics.figures_of(event=event, now=now)
    quotas = list(event.quotas.all())
    days = charts.every_day(found.days, upto=now.astimezone(event.zone).date())
    return {
        "event": event,
        "figures": found,
        "age": found.age_seconds(now=now),
        "quotas": quotas,
        "capacity": sum(quota.capacity for quota in quotas),
        "claimed": sum(quota.claimed for quota in quotas),
        "types": _types(event, found),
        "days": days,
        "day_points": charts.points([day.tickets for day in days], width=600, height=200),
        "day_series": [[f"{day.day:%Y-%m-%d}" for day in days], [day.tickets for day in days], [day.minor for day in days]],
        "turnout": round(found.entered * 100 / found.tickets) if found.tickets else 0,
        "views": sum(way.views for way in found.ways),
        "holds": sum(way.holds for way in found.ways),
        "bought": sum(way.orders for way in found.ways if way.source != statistics.STAFF),
        "uplot": settings.HAS_CHARTS,
    } | _pace(request, event, found, now)


def _types(event: Event, found: Figures) -> list[dict[str, Any]]:
    most = max((tickets for tickets, _ in found.by_type.values()), default=0)
    return [
        {"kind": kind, "tickets": tickets, "minor": minor, "most": most}
        for kind in event.ticket_types.only("id", "name", "archived_at", "position", "event_id")
        for tickets, minor in [found.by_type.get(kind.pk, (0, 0))]
        if tickets or kind.archived_at is None
    ]


def _pace(request: HttpRequest, event: Event, found: Figures, now: datetime) -> dict[str, Any]:
    """Against the organiser's event before this one, of a series' date the date before it, on the same number of days before the start."""
    earlier = Event.objects.filter(
        organiser=event.organiser_id, series=event.series_id, starts_at__lt=event.starts_at, published_at__isnull=False
    )
    chosen = request.GET.get("against", "")
    rows = earlier.only("id", "name", "slug", "starts_at", "time_zone", "currency").order_by("-starts_at")
    other = (rows.filter(slug=chosen).first() if chosen else None) or rows.filter(cancelled_at=None).first()
    if other is None:
        return {"earlier": None}
    left = (event.local_start.date() - now.astimezone(event.zone).date()).days
    theirs = statistics.pace_of(event=other)
    before = statistics.sold_by(theirs, left)
    change = round((found.tickets - before) * 100 / before) if before else None
    times = found.tickets // before if before else 0
    return {
        "earlier": other,
        "days_left": left,
        "before": before,
        "pace_change": change,
        "pace_times": times,
        "pace_series": [found.pace, theirs],
    }


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """All events of the organisers that the user works for."""
    memberships, now = organisers_of(user=request.user), clock.now()
    past, text, number = request.GET.get("show") == "past", request.GET.get("q", "")[:80].strip(), _page_number(request)
    mine = members_with(user=request.user, to="view")
    rows = Event.objects.select_related("organiser").filter(organiser__in=mine, series=None)
    several = EventSeries.objects.select_related("organiser").filter(organiser__in=mine, name__icontains=text).order_by("name")
    coming = Event.objects.filter(series=OuterRef("pk"), cancelled_at=None, ends_at__gte=now).order_by("starts_at", "id")
    several = several.annotate(next_at=Subquery(coming.values("starts_at")[:1]), zone_name=F("source__time_zone"))
    rows = rows.filter(ends_at__lt=now).order_by("-starts_at", "-id") if past else rows.filter(ends_at__gte=now).order_by("starts_at", "id")
    rows = rows.filter(name__icontains=text) if text else rows
    found = list(rows.defer("description").prefetch_related("quotas")[(number - 1) * PAGE : number * PAGE + 1])
    context = {
        "memberships": memberships,
        "events": _with_lines(found[:PAGE], now),
        "several": list(several[:PAGE]) if number == 1 else [],
        "past": past,
        "q": text,
        "number": number,
        "more": len(found) > PAGE,
        "with_money": MAY["finance"],
        "may_create": [place for place in memberships if place.role in ("owner", "manager")],
    }
    part = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    return render(request, "workspace/_event_rows.html" if part else "workspace/home.html", context)


def _page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return min(max(1, int(text)), 2000) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _with_lines(events: list[Event], now: datetime) -> list[Event]:
    lines = statistics.lines_of(events=events, now=now)
    for event in events:
        quotas = list(event.quotas.all())
        event.line = lines[event.pk]  # type: ignore[attr-defined]
        event.capacity = sum(quota.capacity for quota in quotas)  # type: ignore[attr-defined]
        event.full = bool(quotas) and all(quota.claimed >= quota.capacity for quota in quotas)  # type: ignore[attr-defined]
        event.points = charts.points(lines[event.pk].spark)  # type: ignore[attr-defined]
    return events


@login_required
@require_safe
def history(request: HttpRequest, slug: str) -> HttpResponse:
    """Who changed what of this event and its orders, when."""
    event = event_for_member(user=request.user, slug=slug, to="view")
    rows, before = Change.objects.filter(event_id=event.pk).order_by("-id"), request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    changes = list(rows[: CHANGES + 1])
    context = {
        "event": event,
        "tab": "history",
        "moments": [moment_of(change) for change in changes[:CHANGES]],
        "more": changes[CHANGES - 1].pk if len(changes) > CHANGES else None,
    }
    return render(request, "workspace/history.html", context)
