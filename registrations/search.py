"""Searching orders and attendees: every word as a prefix, by the very expressions of the indexes."""

import re
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields import BooleanField

from ticketing.lib import tokens

MOST_WORDS = 8
# Literal, not bound: an expression with parameters in it is not the index's.
ORDERS = (
    "to_tsvector('simple'::regconfig, COALESCE(registrations_order.buyer_name, '') || ' ' || COALESCE(registrations_order.buyer_email, '')"
    " || ' ' || COALESCE(registrations_order.code, ''))"
)
TICKETS = (
    "to_tsvector('simple'::regconfig, COALESCE(registrations_ticket.attendee_name, '') || ' ' ||"
    " COALESCE(registrations_ticket.attendee_email, ''))"
)


def search_orders(rows: QuerySet[Any], *, text: str) -> QuerySet[Any]:
    """Orders whose buyer's name, address or code has words that begin so."""
    query = prefix_query(text)
    if not query:
        return rows
    found = Q(RawSQL(f"{ORDERS} @@ %s::tsquery", [query], output_field=BooleanField()))
    code = tokens.normalise(text)
    return rows.filter(found | Q(code=code) if len(code) == 8 else found)


def search_tickets(rows: QuerySet[Any], *, text: str) -> QuerySet[Any]:
    """Tickets whose attendee's name or address has words that begin so."""
    query = prefix_query(text)
    return rows.filter(RawSQL(f"{TICKETS} @@ %s::tsquery", [query], output_field=BooleanField())) if query else rows


def prefix_query(text: str) -> str:
    """What was typed as a tsquery: "Jo dana@ex" → "'jo':* & 'dana@ex':*". An address stays one word, as in the index."""
    words: list[str] = []
    for part in text.lower().replace("\x00", "").split()[:MOST_WORDS]:
        words += [part] if "@" in part or "." in part else re.findall(r"\w+", part)
    return " & ".join("'" + word.replace("\\", "\\\\").replace("'", "''") + "':*" for word in words[:MOST_WORDS])
