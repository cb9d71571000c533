"""Loading an event and permitting it are one act; not yours is 404, the same as not there."""

from typing import Any

from django.http import Http404

from accounts.access import members_with
from events.models import Event


def event_for_member(*, user: Any, slug: str, to: str) -> Event:
    """The event with its organiser, if the user's role may do `to` (a key of accounts.access.MAY). One query."""
    if not user.is_authenticated:
        raise Http404
    event = Event.objects.select_related("organiser").filter(slug=slug, organiser__in=members_with(user=user, to=to)).first()
    if event is None:
        raise Http404
    return event
