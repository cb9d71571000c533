"""Handing a ticket on: the code it had ends at every gate, and the new holder opens it by a link of their own.

The row stays (what was sold, paid for and counted is untouched); its serial changes, and with it everything
that is derived from it. Gates know ended codes by the Transfer's row. The ticket's lock settles the race with
a scan: the scan's own statement looks at the serial under the same lock (scanning/redemption.py).
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from events.models import Event
from events.terms import terms_of
from outbox import post
from registrations import attendance, codes
from registrations.checkout import Refused
from registrations.models import Order, Ticket, Transfer
from ticketing.lib import tokens
from ticketing.lib.languages import say
from ticketing.lib.later import later
from trail import record

MOST_HOLDERS = 10  # of one ticket; each is a mail to an address that anybody may type


def why_not(*, event: Event, now: datetime) -> str:
    """Why no ticket of the event can be handed on now, as a sentence; empty when they can."""
    terms = terms_of(event=event)
    if event.cancelled_at or event.ends_at <= now:
        return say("The event is over, so its tickets stay where they are.")
    if not terms.transfers:
        return say("The organiser does not allow tickets to be handed on.")
    if terms.changes_until <= now:
        return say("It is too late to hand tickets on. Write to the organiser.")
    return ""


def transfer_ticket(*, ticket: Ticket, name: str, email: str, now: datetime) -> Transfer:
    """Give the ticket to somebody else; both are told by mail. `ticket`: as its giver saw it, with order and event.

    Refused when the terms don't allow it, the ticket is not valid, was used, or was handed on meanwhile."""
    if sentence := why_not(event=ticket.order.event, now=now):
        raise Refused(sentence, code="not_transferable")
    with transaction.atomic():
        order = Order.objects.select_for_update(of=("self",), no_key=True).get(pk=ticket.order_id)
        row = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket.pk)
        _check(order, row, ticket.serial)
        Transfer.objects.filter(ticket=row, ended_at=None).update(ended_at=now)
        made = Transfer.objects.create(
            ticket=row,
            event_id=row.event_id,
            secret=tokens.link_token(),
            from_name=row.attendee_name,
            to_name=name,
            to_email=email,
            old_serial=row.serial,
            old_key_id=row.key_id,
            made_at=now,
        )
        key_id = codes.signing_key_id(event_id=row.event_id, now=now)
        Ticket.objects.filter(pk=row.pk).update(
            serial=tokens.serial(), key_id=key_id, attendee_name=name, attendee_email=email, transferred_at=now
        )
        Order.objects.filter(pk=order.pk).update(revision=F("revision") + 1)  # its PDF has a page less
        _tell(order, made, now)
        changed = {"attendee": (row.attendee_name, name), "e-mail": (row.attendee_email, email)}
        words = f"Ticket {row.position}"
        record.note(act="ticket_transferred", about="order", about_id=order.pk, event_id=order.event_id, changed=changed, words=words)
    return made


def _check(order: Order, row: Ticket, seen_serial: int) -> None:
    """Under the locks of both rows."""
    if row.serial != seen_serial:
        raise Refused(say("This ticket was handed on already."), code="ticket_transferred")
    if order.cancelled_at or row.voided_at:
        raise Refused(say("This ticket is not valid any more, so it can't be handed on."), code="ticket_void")
    if attendance.entered(ticket_ids=[row.pk]):
        raise Refused(say("Somebody came in with this ticket, so it can't be handed on."), code="ticket_used")
    if Transfer.objects.filter(ticket=row).count() >= MOST_HOLDERS:
        raise Refused(say("This ticket was handed on too often. Write to the organiser."), code="too_often")


def _tell(order: Order, made: Transfer, now: datetime) -> None:
    post.owe(kind="ticket_received", to=made.to_email, subject_id=made.pk, now=now, event_id=order.event_id)
    post.owe(kind="ticket_handed_on", to=order.buyer_email, subject_id=made.pk, now=now, event_id=order.event_id)
    later("outbox.send_due")


def holder_of(*, ticket: Ticket) -> Transfer | None:
    """Who holds it since it was handed on; None: its buyer."""
    return Transfer.objects.filter(ticket=ticket, ended_at=None).first() if ticket.transferred_at else None
