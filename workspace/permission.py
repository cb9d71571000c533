"""What else the user may do with an event that is loaded: for what a page offers, not for what a view does."""

from django.http import HttpRequest

from accounts.access import members_with
from events.models import Event


def may(request: HttpRequest, event: Event, to: str) -> bool:
    """`to`: a key of accounts.access.MAY. One query."""
    return bool(members_with(user=request.user, to=to).filter(organiser=event.organiser_id).exists())
