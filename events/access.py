"""Loading an event and permitting it are one act; not yours is 404, the same as not there."""

from typing import Any

from django.http import Http404

from accounts.access import MAY, members_with
from events.models import Event, EventSeries
from ticketing.lib import meters
from ticketing.lib.prepared import Param, Prepared


def _event(to: str) -> Prepared[Event]:
    return Prepared(
        lambda: Event.objects.select_related("organiser").filter(slug=Param("slug"), organiser__in=members_with(user=Param("user"), to=to))
    )


EVENT = {to: _event(to) for to in MAY}


def event_for_member(*, user: Any, slug: str, to: str) -> Event:
    """The event with its organiser, if the user's role may do `to` (a key of accounts.access.MAY). One query."""
    if not user.is_authenticated:
        raise Http404
    event = EVENT[to].first(slug=slug, user=user.pk)
    if event is None:
        raise Http404
    meters.about(event=event.pk, organiser=event.organiser_id)
    return event


def series_for_member(*, user: Any, slug: str, to: str) -> EventSeries:
    """The series with its organiser and source, if the user's role may do `to`. Http404 otherwise. One query."""
    rows = EventSeries.objects.select_related("organiser", "source")
    found = rows.filter(slug=slug, organiser__in=members_with(user=user, to=to)).first() if user.is_authenticated else None
    if found is None:
        raise Http404
    meters.about(organiser=found.organiser_id)
    return found
