"""What a ticket's page says."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DesignFacts:
    """The same for all tickets of an event, a type and a design version. `cover`: JPEG bytes."""

    event_name: str
    organiser_name: str
    starts_text: str
    ends_text: str
    venue_name: str
    venue_address: str
    ticket_type_name: str
    price_text: str
    accent: str
    cover: bytes | None = None
    advice: str = ""
    order_hint: str = ""
    language: str = "en"


@dataclass(frozen=True, kw_only=True)
class TicketFacts:
    """Different on each ticket. `code`: what the QR code says; `serial_text`: for typing."""

    code: str
    serial_text: str
    attendee_name: str
    order_code: str
    position: str
    buyer_name: str = ""
    attendee_email: str = ""
