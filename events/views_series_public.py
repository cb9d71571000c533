"""A series' page for everybody: the same bytes, no session, no cookie."""

from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from events import prose, series_calendar
from events.models import EventSeries
from events.pages import SERIES_SCOPE
from ticketing.lib import clock, languages, meters
from ticketing.lib.pagecache import cached_page

SECONDS = 10


@cached_page(scope=lambda series: SERIES_SCOPE, seconds=SECONDS)
def series_page(request: HttpRequest, series: str) -> HttpResponse:
    """A month with its calendar; `day` shows one day's dates."""
    rows = EventSeries.objects.select_related("organiser", "source").filter(published_at__isnull=False)
    found, number = get_object_or_404(rows, slug=series), request.GET.get("page", "1")
    languages.prefer(found.source.language)
    meters.about(organiser=found.organiser_id)
    month = series_calendar.month_of(
        series=found,
        zone=found.source.time_zone,
        month=_day(f"{request.GET.get('month', '')}-01"),
        day=_day(request.GET.get("day", "")),
        number=int(number) if number.isascii() and number.isdigit() and 0 < len(number) < 4 and number != "0" else 1,
        now=clock.now(),
    )
    context = {
        "series": found,
        "source": found.source,
        "month": month,
        "description": prose.to_html(found.source.description),
        "hue": found.source_id % 6,
    }
    return render(request, "events/series.html", context)


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        return None
