"""Finding a ticket by name at the gate."""

from django.contrib.postgres.search import SearchVector

from events.listing import prefix_query
from events.models import Event
from registrations.models import TICKET_SEARCHED, Ticket

MOST = 20


def tickets_named(*, event: Event, text: str) -> list[Ticket]:
    """Up to 20 tickets of the event whose attendee's name or address has words that begin so."""
    query = prefix_query(text)
    if query is None:
        return []
    found = Ticket.objects.annotate(search=SearchVector(*TICKET_SEARCHED, config="simple")).filter(search=query, event=event)
    return list(found.select_related("order", "ticket_type").order_by("attendee_name", "id")[:MOST])
