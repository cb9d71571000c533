"""Another name on a ticket of the same order. The code stays: it says which ticket, not who."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from events.terms import terms_of
from registrations.checkout import Refused
from registrations.models import Order, Ticket
from ticketing.lib.languages import say
from trail import record


def rename_own_ticket(*, order: Order, position: int, name: str, email: str, now: datetime, held: bool = False) -> None:
    """As reassign_ticket, by the buyer, or with `held` by whom the ticket was handed on to. Refused when the
    organiser's terms don't allow it any more, or somebody else holds the ticket."""
    if terms_of(event=order.event).changes_until <= now:
        raise Refused(say("Names can't be changed any more. Write to the organiser."), code="too_late")
    if not Ticket.objects.filter(order=order, position=position, transferred_at__isnull=not held).exists():
        raise Refused(say("This ticket was handed on, so only its holder can change it."), code="ticket_transferred")
    reassign_ticket(order=order, position=position, name=name, email=email, now=now)


def reassign_ticket(*, order: Order, position: int, name: str, email: str, now: datetime) -> None:
    """Change who enters with a ticket. Its PDF is drawn anew. Refused when the order has ended or the event is over."""
    if order.event.ends_at <= now:
        raise Refused(say("The event is over, so names can't be changed any more."), code="event_over")
    with transaction.atomic():
        Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)  # before its tickets, as everywhere
        valid = Ticket.objects.filter(order=order, order__cancelled_at=None, position=position, voided_at=None)
        before = valid.select_for_update(of=("self",)).first()
        if before is None or not valid.update(attendee_name=name, attendee_email=email):
            raise Refused(say("This ticket is not valid any more, so its name can't be changed."), code="ticket_void")
        Order.objects.filter(pk=order.pk).update(revision=F("revision") + 1)
        changed = {"attendee": (before.attendee_name, name), "e-mail": (before.attendee_email, email)}
        record.note(
            act="ticket_reassigned",
            about="order",
            about_id=order.pk,
            event_id=order.event_id,
            changed=changed,
            words=f"Ticket {position}",
        )
