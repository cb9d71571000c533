"""What the two sides of a ticket that was handed on are told. The outbox calls these by name when it sends."""

from django.core.mail import EmailMultiAlternatives

from events.calendar import calendar_part
from registrations import documents
from registrations.mails import facts_of, written
from registrations.models import Transfer
from ticketing.lib import languages
from ticketing.lib.languages import say
from ticketing.lib.site import absolute


def ticket_received(*, subject_id: int, to: str) -> EmailMultiAlternatives | None:
    """To the new holder: link, calendar file and PDF. None when it was handed on again, or is void."""
    held = _held(subject_id)
    if held is None or held.ended_at or held.ticket.voided_at:
        return None
    with languages.speaking(held.ticket.order.spoken):
        return _received(held, to)


def _received(held: Transfer, to: str) -> EmailMultiAlternatives:
    order, link = held.ticket.order, absolute(held.get_absolute_url())
    facts = facts_of(order) | {"held": held, "ticket": held.ticket, "link": link}
    message = written("ticket_received", say("Your ticket for {event}", event=order.event.name), to, facts)
    message.attach(calendar_part(event=order.event, now=held.made_at, link=link))
    pdf = documents.pdf_of(order=order, tickets=[held.ticket], page=held.get_absolute_url())
    message.attach(f"ticket-{order.event.slug}.pdf", pdf, "application/pdf")
    return message


def ticket_handed_on(*, subject_id: int, to: str) -> EmailMultiAlternatives | None:
    """To the buyer, who may not have done it: the link could be in other hands."""
    held = _held(subject_id)
    if held is None:
        return None
    with languages.speaking(held.ticket.order.spoken):
        facts = facts_of(held.ticket.order) | {"held": held, "ticket": held.ticket}
        return written("ticket_handed_on", say("A ticket for {event} was handed on", event=held.ticket.order.event.name), to, facts)


def _held(transfer_id: int) -> Transfer | None:
    rows = Transfer.objects.select_related("ticket__ticket_type", "ticket__order__event__organiser")
    return rows.filter(pk=transfer_id).first()
