"""How an event's waiting list works: how long an offer is valid, whether it is open, whether it offers by itself."""

from datetime import datetime

from django.db import transaction

from events.models import Event
from events.pages import changed
from trail import record


def set_terms(*, event: Event, offer_hours: int, takes_entries: bool, offers_itself: bool, now: datetime) -> None:
    """Change them together. Offers that were made keep their time."""
    closed_at = None if takes_entries else event.waiting_closed_at or now
    paused_at = None if offers_itself else event.waiting_paused_at or now
    terms = {
        "hours of an offer": (event.offer_hours, offer_hours),
        "takes entries": (event.waiting_closed_at is None, takes_entries),
        "makes offers itself": (event.waiting_paused_at is None, offers_itself),
    }
    with transaction.atomic():
        Event.objects.filter(pk=event.pk).update(offer_hours=offer_hours, waiting_closed_at=closed_at, waiting_paused_at=paused_at)
        if any(before != after for before, after in terms.values()):
            record.note(act="waiting_terms", about="event", about_id=event.pk, event_id=event.pk, changed=terms)
        changed(event)
    event.offer_hours, event.waiting_closed_at, event.waiting_paused_at = offer_hours, closed_at, paused_at
