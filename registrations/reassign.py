"""Another name on a ticket of the same order. The code stays: it says which ticket, not who."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from registrations.checkout import Refused
from registrations.models import Order, Ticket


def reassign_ticket(*, order: Order, position: int, name: str, email: str, now: datetime) -> None:
    """Change who enters with a ticket. Its PDF is drawn anew. Refused when the order has ended or the event is over."""
    if order.event.ends_at <= now:
        raise Refused("The event is over, so names can't be changed any more.", code="event_over")
    with transaction.atomic():
        changed = Ticket.objects.filter(order=order, order__cancelled_at=None, position=position, voided_at=None).update(
            attendee_name=name, attendee_email=email
        )
        if not changed:
            raise Refused("This ticket is not valid any more, so its name can't be changed.", code="ticket_void")
        Order.objects.filter(pk=order.pk).update(revision=F("revision") + 1)
