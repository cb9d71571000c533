"""What a pass says of a ticket, for both wallets; and its own number, which ends with the ticket's code."""

import hmac
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from registrations import codes
from registrations.models import Ticket, Transfer
from ticketing.lib import languages, tokens
from ticketing.lib.languages import say


@dataclass(frozen=True, kw_only=True)
class PassFacts:
    """`code`: empty when the pass is void, so that nobody scans what is refused."""

    number: str
    code: str
    typed: str
    event_name: str
    organiser_name: str
    starts_at: datetime
    ends_at: datetime
    place: str
    address: str
    attendee: str
    ticket_type: str
    order_code: str
    accent: str
    void: bool
    language: str


def facts_of(*, ticket: Ticket) -> PassFacts:
    """`ticket` has its type, order, event and organiser loaded."""
    event = ticket.order.event
    void = bool(ticket.voided_at or ticket.order.cancelled_at or event.cancelled_at)
    return PassFacts(
        number=number_of(ticket_id=ticket.pk, serial=ticket.serial),
        code="" if void else codes.code_of(ticket),
        typed="" if void else tokens.serial_text(ticket.serial),
        event_name=event.name,
        organiser_name=event.organiser.name,
        starts_at=event.local_start,
        ends_at=event.local_end,
        place=event.venue_name or _online(ticket.order.spoken),
        address=", ".join(part for part in (event.venue_address, event.city) if part),
        attendee=ticket.attendee_name,
        ticket_type=ticket.ticket_type.name,
        order_code=ticket.order.code,
        accent=event.accent,
        void=void,
        language=ticket.order.spoken or languages.ENGLISH,
    )


def _online(language: str) -> str:
    with languages.speaking(language):
        return say("Online")


def ended(*, facts: PassFacts) -> PassFacts:
    """Of a ticket that was handed on: the earlier holder's pass, void and without the new holder's name."""
    return PassFacts(**{**facts.__dict__, "code": "", "typed": "", "attendee": "", "void": True})


def number_of(*, ticket_id: int, serial: int) -> str:
    """Which ticket, with the code it had then: a ticket that is handed on has another pass."""
    return f"{ticket_id}-{_digest(f'number:{serial}')[:20]}"


def token_of(*, number: str) -> str:
    """What a phone shows to ask for the newest pass."""
    return _digest(f"token:{number}")[:40]


def _digest(text: str) -> str:
    return hmac.digest(b"wallet:" + settings.SECRET_KEY.encode(), text.encode(), "sha256").hex()


def find(*, number: str) -> PassFacts | None:
    """The pass of that number as it is now: the ticket's own, a void one of a code that ended, or None."""
    text, _, _ = number.partition("-")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    ticket = Ticket.objects.select_related("ticket_type", "order__event__organiser").filter(pk=int(text)).first()
    if ticket is None:
        return None
    if hmac.compare_digest(number_of(ticket_id=ticket.pk, serial=ticket.serial), number):
        return facts_of(ticket=ticket)
    for serial in Transfer.objects.filter(ticket=ticket).values_list("old_serial", flat=True):
        if hmac.compare_digest(number_of(ticket_id=ticket.pk, serial=serial), number):
            facts = ended(facts=facts_of(ticket=ticket))
            return PassFacts(**{**facts.__dict__, "number": number})
    return None
