"""What the outbox keeps about people (ticketing/lib/personal.py). A mail of an order is forgotten by its address too: post.forget."""

from django.db.models import Q

from outbox.post import FORGOTTEN
from ticketing.lib.personal import Kept, declare

declare(
    "outbox.Mail",
    rest="key kind",
    event=lambda ids: Q(event_id__in=ids),
    to=Kept(whose="buyer", why="Where a mail went, to find out why it did not arrive.", blank=FORGOTTEN, days=90, since="queued_at"),
    message=Kept(whose="buyer", why="A mail that was stored whole.", blank=None, days=30, since="queued_at"),
    last_error=Kept(whose="buyer", why="Why a mail was not taken; servers repeat the address.", days=90, since="queued_at"),
)
