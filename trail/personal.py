"""What the trail keeps about people (ticketing/lib/personal.py)."""

from django.db.models import Q

from ticketing.lib.personal import Kept, Until, declare

declare(
    "trail.Change",
    rest="act about",
    order=lambda ids: Q(about="order", about_id__in=ids),
    event=lambda ids: Q(about="order", event_id__in=ids),
    actor=Kept(whose="team", why="Who changed what: the books of the organiser.", until=Until.ACCOUNT),
    changed=Kept(whose="attendee", why="What was changed on an order, from what to what.", blank={}),
    words=Kept(whose="attendee", why="What else there was to say about a change of an order."),
)
