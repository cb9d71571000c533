"""Loading a gate's event: for those who may let people in."""

from typing import Any

from events.access import event_for_member
from events.models import Event


def gate_event_for_member(*, user: Any, slug: str) -> Event:
    """The event, if the user may work its gates. Http404 otherwise."""
    return event_for_member(user=user, slug=slug, to="gate")
