"""Loading an order by its unguessable link: whoever holds the link is the buyer."""

import secrets

from django.http import Http404

from registrations.models import Order


def order_for_link(*, code: str, secret: str) -> Order:
    """The order with its event and organiser. Http404 when the code or the secret is wrong, alike."""
    order = (
        Order.objects.select_related("event__organiser", "hold")
        .defer("event__description", "event__summary", "hold__attendees")
        .filter(code=code)
        .first()
    )
    expected = order.secret if order else "-" * len(secret)
    if not secrets.compare_digest(expected.encode(), secret.encode()) or order is None:
        raise Http404
    return order
