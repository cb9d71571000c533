"""Loading an order through its event and the user's role there; not yours is 404, the same as not there."""

from typing import Any

from django.http import Http404

from events.access import event_for_member
from events.models import Event
from registrations.models import Order


def order_for_member(*, user: Any, slug: str, code: str, to: str) -> tuple[Event, Order]:
    """The event and its order, if the user's role may do `to` (a key of accounts.access.MAY). Two queries."""
    event = event_for_member(user=user, slug=slug, to=to)
    order = Order.objects.filter(event=event, code=code).select_related("staff", "hold", "promotion", "discount").first()
    if order is None:
        raise Http404
    order.event = event
    return event, order
