"""Feeds of an organiser's events, the picture that goes with a shared link, and what stands in other people's pages."""

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from accounts.models import Organiser
from events import feeds, social
from events.access import event_for_member
from events.models import Event
from events.views_public import show_event
from ticketing.lib import clock, languages, meters
from ticketing.lib.pagecache import cached_page
from ticketing.lib.site import absolute
from ticketing.lib.widget_file import script

FEED_SECONDS = 60
PICTURE_SECONDS = 24 * 3600


def for_other_sites(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Public, the same for everybody, readable by scripts of any site; an unchanged answer is 304."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, **arguments: Any) -> HttpResponse:
        response = view(request, **arguments)
        response.headers.setdefault("Cache-Control", f"public, max-age={FEED_SECONDS}, s-maxage={FEED_SECONDS}")
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        response.headers["ETag"] = quote_etag(_digest(response.content))
        return get_conditional_response(request, etag=response.headers["ETag"], response=response) or response

    return wrapped


def _digest(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()[:32]


def _events(slug: str, *, for_programs: bool = False) -> tuple[Organiser, list[Event], datetime]:
    organiser, now = get_object_or_404(Organiser, slug=slug), clock.now()
    meters.about(organiser=organiser.pk)
    return organiser, feeds.events_of(organiser=organiser, now=now, for_programs=for_programs), now


@require_safe
@for_other_sites
def json_feed(request: HttpRequest, slug: str) -> HttpResponse:
    organiser, events, _ = _events(slug, for_programs=True)
    told = feeds.json_feed(organiser=organiser, events=events, address=absolute(request.path))
    return JsonResponse(told, content_type="application/feed+json; charset=utf-8")


@require_safe
@for_other_sites
def atom_feed(request: HttpRequest, slug: str) -> HttpResponse:
    organiser, events, _ = _events(slug, for_programs=True)
    told = feeds.atom(organiser=organiser, events=events, address=absolute(request.path))
    return HttpResponse(told, content_type="application/atom+xml; charset=utf-8")


@require_safe
@for_other_sites
def calendar_feed(request: HttpRequest, slug: str) -> HttpResponse:
    organiser, events, now = _events(slug, for_programs=True)
    stamp = now.replace(minute=0, second=0, microsecond=0)  # else no two answers are alike
    return HttpResponse(feeds.icalendar(organiser=organiser, events=events, now=stamp), content_type="text/calendar; charset=utf-8")


@cached_page(scope=lambda slug: f"event:{slug}", seconds=PICTURE_SECONDS)
@require_safe
def picture(request: HttpRequest, slug: str) -> HttpResponse:
    """1200 × 630, made from the event; drawn anew when it changes."""
    event = get_object_or_404(Event.objects.select_related("organiser").filter(published_at__isnull=False), slug=slug)
    with languages.speaking(event.language):  # whoever shares it, everybody sees the same
        return HttpResponse(social.picture(event=event), content_type="image/png")


# --- the widget: pages that other sites may frame ---------------------------------------------


def framable(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Any site may frame it: nothing on it acts for somebody who is signed in, no cookie is set or read."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, **arguments: Any) -> HttpResponse:
        response: HttpResponse = xframe_options_exempt(view)(request, **arguments)
        response.framable = True  # type: ignore[attr-defined]  # ticketing/csp.py says it to the browser
        return response

    return wrapped


@require_safe
@framable
@for_other_sites
def widget_list(request: HttpRequest, slug: str) -> HttpResponse:
    organiser, events, _ = _events(slug)
    return render(request, "events/widget_list.html", {"organiser": organiser, "events": events})


@framable
@cached_page(scope=lambda slug: f"event:{slug}", seconds=5)
@require_safe
def widget_event(request: HttpRequest, slug: str) -> HttpResponse:
    """The event's own page without what is around it; its form opens the checkout in a tab of its own."""
    event = get_object_or_404(Event.objects.select_related("organiser").filter(published_at__isnull=False), slug=slug)
    meters.about(event=event.pk, organiser=event.organiser_id)
    return show_event(request, event, base="base_widget.html")


@require_safe
@for_other_sites
def widget_script(request: HttpRequest) -> HttpResponse:
    """The one file that an organiser's page names. Its address stays, so its content may change within the hour."""
    response = HttpResponse(script(), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@login_required
@require_safe
def spread(request: HttpRequest, slug: str) -> HttpResponse:
    """What the organiser copies: the script tags, and the feeds' addresses."""
    event = event_for_member(user=request.user, slug=slug, to="view")
    context = {
        "event": event,
        "tab": "details",
        "script": absolute("/widget.js"),
        "feeds": absolute(f"/organisers/{event.organiser.slug}/events"),
    }
    return render(request, "events/spread.html", context)
