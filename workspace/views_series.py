"""A series' home on the desk: its dates with what was sold of each, and the work that is done to them."""

from datetime import date, datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import members_with
from events.access import series_for_member
from events.models import Event, EventSeries, Quota, SeriesWork
from events.repetition import Rule
from ticketing.lib import clock
from trail.models import Change
from workspace import statistics
from workspace.timeline import moment_of

PAGE = 50
FRESH_SECONDS = 30
SHOWS = {"upcoming": "To come", "past": "Past", "cancelled": "Cancelled"}


@login_required
@require_safe
def series_home(request: HttpRequest, name: str) -> HttpResponse:
    series, now = series_for_member(user=request.user, slug=name, to="view"), clock.now()
    show, month = request.GET.get("show", ""), request.GET.get("month", "")
    show, number = show if show in SHOWS else "upcoming", _number(request)
    works = list(SeriesWork.objects.filter(series=series).order_by("-id")[:4])
    found = list(_dates(series, show, month, now)[(number - 1) * PAGE : number * PAGE + 1])
    context = {
        "series": series,
        "dates": _with_sales(found[:PAGE], now),
        "show": show,
        "shows": SHOWS,
        "month": month,
        "number": number,
        "more": len(found) > PAGE,
        "sums": _sums(series, works, now),
        "works": works,
        "running": any(work.finished_at is None for work in works),
        "rules": [Rule.from_json(kept).sentence for kept in series.rules],
        "may_manage": members_with(user=request.user, to="manage").filter(organiser=series.organiser_id).exists(),
        "moments": [moment_of(change) for change in Change.objects.filter(about="series", about_id=series.pk).order_by("-id")[:10]],
    }
    return render(request, "workspace/series_home.html", context)


def _number(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return min(max(1, int(text)), 1000) if text.isascii() and text.isdigit() and len(text) < 5 else 1


def _dates(series: EventSeries, show: str, month: str, now: datetime) -> QuerySet[Event]:
    rows = Event.objects.filter(series=series).defer("description", "summary")
    if show == "cancelled":
        rows = rows.filter(cancelled_at__isnull=False)
    else:
        rows = rows.filter(cancelled_at=None)
        rows = rows.filter(ends_at__lt=now) if show == "past" else rows.filter(ends_at__gte=now)
    begin = _month(month)
    if begin:
        end = date(begin.year + begin.month // 12, begin.month % 12 + 1, 1)
        zone = series.source.zone
        moments = [datetime(day.year, day.month, 1, tzinfo=zone) for day in (begin, end)]
        rows = rows.filter(starts_at__gte=moments[0], starts_at__lt=moments[1])
    return rows.order_by("-starts_at", "-id") if show == "past" else rows.order_by("starts_at", "id")


def _month(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        return None


def _with_sales(events: list[Event], now: datetime) -> list[Event]:
    lines = statistics.lines_of(events=events, now=now)
    places = Quota.objects.filter(event__in=events).values_list("event_id").annotate(Sum("capacity"), Sum("claimed")) if events else []
    taken = {event_id: (capacity, claimed) for event_id, capacity, claimed in places}
    for event in events:
        event.line = lines[event.pk]  # type: ignore[attr-defined]
        event.capacity, event.taken = taken.get(event.pk, (0, 0))  # type: ignore[attr-defined]
    return events


def _sums(series: EventSeries, works: list[SeriesWork], now: datetime) -> dict[str, Any]:
    """Of all dates, at most half a minute old, and not older than the last work on them. Two queries."""
    key = f"series:{series.pk}:sums:{works[0].pk if works else 0}:{sum(work.finished_at is not None for work in works)}"
    found: dict[str, Any] | None = cache.get(key)
    if found is None:
        coming = Q(ends_at__gte=now, cancelled_at=None)
        found = Event.objects.filter(series=series).aggregate(
            dates=Count("pk"), coming=Count("pk", filter=coming), cancelled=Count("pk", filter=Q(cancelled_at__isnull=False))
        )
        running = Quota.objects.filter(event__series=series, event__cancelled_at=None)
        found |= running.aggregate(capacity=Sum("capacity", default=0), claimed=Sum("claimed", default=0))
        cache.set(key, found, FRESH_SECONDS)
    return found
