"""Pages for everybody: the same bytes, no session, no cookie."""

from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from events import listing, offer, prose, terms
from events.calendar import calendar_file
from events.models import Event, Promotion
from events.pages import LIST_SCOPE
from events.structured import structured
from ticketing.lib import clock, languages, meters
from ticketing.lib.pagecache import cached_page
from ticketing.lib.site import absolute

EVENT_PAGE_SECONDS = 5
LIST_SECONDS = 60


@cached_page(scope=lambda: LIST_SCOPE, seconds=LIST_SECONDS)
def event_list(request: HttpRequest) -> HttpResponse:
    number = request.GET.get("page", "1")
    wanted = {name: request.GET.get(name, "")[:80] for name in ("q", "when", "place")}
    page = listing.listed(
        text=wanted["q"],
        when=wanted["when"],
        place=wanted["place"],
        number=min(int(number), 500) if number.isdigit() and number != "0" else 1,
        now=clock.now(),
    )
    query = urlencode({name: value for name, value in wanted.items() if value})
    return render(request, "events/list.html", {"page": page, "wanted": wanted, "when_choices": listing.WHEN, "query": query})


@cached_page(scope=lambda slug: f"event:{slug}", seconds=EVENT_PAGE_SECONDS)
def event_page(request: HttpRequest, slug: str) -> HttpResponse:
    if request.GET.get("code"):
        return redirect(f"/events/{slug}/code/?{urlencode({'code': request.GET['code'][:100]})}")  # whose prices are not for everybody
    with_code = Promotion.objects.filter(event=OuterRef("pk"), archived_at=None)
    events = Event.objects.select_related("organiser", "series").filter(published_at__isnull=False).annotate(takes_codes=Exists(with_code))
    event = get_object_or_404(events, slug=slug)
    meters.about(event=event.pk, organiser=event.organiser_id)
    return show_event(request, event)


def show_event(request: HttpRequest, event: Event, *, preview: bool = False, base: str = "base_public.html") -> HttpResponse:
    if not preview:
        languages.prefer(event.language)
    now = clock.now()
    offers = offer.offers_of(event=event, now=now)
    context = {
        "event": event,
        "offers": offers,
        "sections": offer.by_heading(offers=offers),
        "reductions": offer.reductions(event=event, now=now),
        "price": offer.from_price(offers),
        "over": event.ends_at <= now,
        "preview": preview,
        "description": prose.to_html(event.description),
        "structured": structured(event=event, offers=offers),
        "picture": absolute(f"{event.get_absolute_url()}preview.png"),
        "link": absolute(event.get_absolute_url()),
        "terms": terms.terms_of(event=event),
        "base": base,
        "hue": event.pk % 6,
    }
    response = render(request, "events/event.html", context)
    response.fresh_seconds = offer.next_change_seconds(event=event, offers=offers, now=now, most=EVENT_PAGE_SECONDS)  # type: ignore[attr-defined]
    return response


def calendar(request: HttpRequest, slug: str) -> HttpResponse:
    event = get_object_or_404(Event.objects.filter(published_at__isnull=False), slug=slug)
    response = HttpResponse(calendar_file(event=event, now=clock.now()), content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{event.slug}.ics"'
    return response


def cover_file(request: HttpRequest, name: str) -> FileResponse:
    """Covers kept as files. Only covers: tickets lie in the same store and are never served from here."""
    if settings.S3_BUCKET or Path(name).name != name or not default_storage.exists(f"covers/{name}"):
        raise Http404
    response = FileResponse(default_storage.open(f"covers/{name}"), content_type="image/jpeg")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
