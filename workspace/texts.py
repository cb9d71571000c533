"""A message's text: Markdown with {placeholders}, as HTML and as plain text."""

import html
import re
from collections.abc import Mapping

from events import prose
from events.models import Event
from registrations.models import Order, Ticket
from registrations.transfer import holder_of
from ticketing.lib import dates
from ticketing.lib.languages import say
from ticketing.lib.site import absolute

PLACEHOLDERS = {
    "name": "the person's name",
    "event": "the event's name",
    "when": "day, time and time zone",
    "place": "venue and city, or “online”",
    "order": "the order code",
    "link": "their order's page, with the tickets",
    "organiser": "your name",
    "type": "the ticket type, in messages to attendees",
}
_PLACEHOLDER = re.compile(r"\{([a-z_]*)\}")
_IN_ADDRESS = re.compile(r"%7B([a-z_]*)%7D")  # a placeholder as the address of a link
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]*)\)")


def unknown_placeholders(text: str) -> list[str]:
    return sorted({name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS})


def facts_of(*, event: Event, order: Order | None, ticket: Ticket | None = None) -> dict[str, str]:
    """What the placeholders stand for. Without an order: an example, for previews."""
    place = ", ".join(part for part in (event.venue_name, event.city) if part) or say("online")
    facts = {
        "event": event.name,
        "when": dates.with_zone(event.local_start),
        "place": place,
        "organiser": event.organiser.name,
        "name": "Dana Example",
        "order": "K7M2Q9XR",
        "link": absolute(event.get_absolute_url()),
        "type": "Standard",
    }
    if order is not None:
        facts |= {"name": order.buyer_name, "order": order.code, "link": absolute(order.get_absolute_url()), "type": ""}
    if ticket is not None:
        facts |= {"name": ticket.attendee_name, "type": ticket.ticket_type.name}
        if holder := holder_of(ticket=ticket):  # the order's page is the buyer's alone
            facts["link"] = absolute(holder.get_absolute_url())
    return facts


def as_html(body: str, facts: Mapping[str, str]) -> str:
    """Safe HTML. The Markdown is turned first and filled then, so that a name can't bring marks of its own;
    as the address of a link only {link} is filled."""
    rendered = prose.to_html(body)
    rendered = _IN_ADDRESS.sub(lambda found: html.escape(facts["link"]) if found[1] == "link" else "", rendered)
    return _PLACEHOLDER.sub(lambda found: html.escape(facts.get(found[1], found[0])), rendered)


def as_plain(body: str, facts: Mapping[str, str]) -> str:
    """The Markdown as it is, with links written out."""
    written = _LINK.sub(lambda found: f"{found[1]} ({found[2]})", body)
    return _filled(written, facts)


def as_subject(subject: str, facts: Mapping[str, str]) -> str:
    return " ".join(_filled(subject, facts).split())


def _filled(text: str, facts: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: facts.get(found[1], found[0]), text)
