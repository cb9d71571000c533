"""Ticket PDFs in a warm process."""

import time

from bench.stage import Stage
from registrations.ticket_pdf import DesignFacts, TicketFacts, ticket_pdf

DESIGN = {
    "event_name": "An evening of music",
    "organiser_name": "Town Hall",
    "starts_text": "Saturday 12 June 2027, 20:00",
    "ends_text": "23:00",
    "venue_name": "Town Hall",
    "venue_address": "Market 1, Berlin",
    "ticket_type_name": "Standard",
    "price_text": "€45.00",
    "accent": "#285cc2",
    "cover": None,
    "order_hint": "",
    "language": "en",
}
NAMES = {"Latin": "Zoë Ångström", "Polish": "Łukasz Żółć", "Cyrillic": "Ольга Петрова", "Greek": "Ελένη Παπαδοπούλου"}


def facts(number: int, name: str) -> TicketFacts:
    return TicketFacts(
        code="0123456789ABCDEFGHJKMNPQR" * 5,
        serial_text=f"7QF2-M9XK-{number:04d}",
        attendee_name=name,
        attendee_email="",
        order_code="K7QF2M9X",
        position="1 of 1",
        buyer_name="Dana",
    )


def measure(stage: Stage) -> dict[str, tuple[float, str, str]]:
    design = DesignFacts(**DESIGN)
    for name in NAMES.values():
        ticket_pdf(design=design, tickets=[facts(0, name)])
    repeats = 200
    began = time.process_time()
    sizes = [len(ticket_pdf(design=design, tickets=[facts(n, list(NAMES.values())[n % 4])])) for n in range(repeats)]
    spent = (time.process_time() - began) / repeats * 1000
    return {"ticket PDF, warm": (spent, "ms CPU", "<= 8"), "ticket PDF, size": (max(sizes) / 1024, "KB", "<= 60")}
