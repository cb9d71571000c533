"""An order as a PDF: its rows as plain facts for ticket_pdf, which knows no model."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from events.models import Event
from registrations import codes, rotating
from registrations.models import Order, Ticket
from ticketing.lib import dates, languages, meters, money, tokens, traces
from ticketing.lib.languages import say
from ticketing.lib.site import absolute

# Where only the live code enters, the picture leads to the page that shows it.
NOT_THE_CODE = _(
    "This paper does not admit: the code changes every 30 seconds. Scan the picture with your own phone before you come; "
    "it opens the page that shows your live code, also without a network."
)
ADVICE = _("Each code admits once: whoever shows it first comes in. Keep it to yourself.")


def order_pdf(*, order: Order) -> bytes:
    """One page for each valid ticket that the buyer holds. `order` has its event and organiser loaded; one more query."""
    tickets = order.tickets.filter(voided_at=None, transferred_at=None).select_related("ticket_type")
    return pdf_of(order=order, tickets=list(tickets), page=order.get_absolute_url())


def pdf_of(*, order: Order, tickets: Sequence[Ticket], page: str) -> bytes:
    """A page for each of these tickets of the order; their types are loaded. `page`: where their holder sees them."""
    with languages.speaking(order.spoken):
        return _drawn(order, tickets, page)


def _drawn(order: Order, tickets: Sequence[Ticket], page: str) -> bytes:
    from registrations.ticket_pdf import ticket_pdf  # loads a drawing library; a web process may never need it

    cover, live = _cover(order.event), rotating.live_alone(event_id=order.event_id)
    pages = [
        (_design(order, ticket, cover, live), _facts(order, ticket, len(tickets), absolute(page) if live else "")) for ticket in tickets
    ]
    by_design: dict[object, list[object]] = {}
    for design, facts in pages:
        by_design.setdefault(design, []).append(facts)
    with traces.span("pdf", "order", tickets=len(tickets)):
        drawn = [ticket_pdf(design=design, tickets=facts) for design, facts in by_design.items()]  # type: ignore[arg-type]
        whole = drawn[0] if len(drawn) == 1 else _joined(drawn)
    meters.add("pdfs")
    meters.add("pdf_bytes", len(whole))
    return whole


def _joined(documents: list[bytes]) -> bytes:
    """Types with their own design, in one file."""
    import io

    import pikepdf

    out, kept = io.BytesIO(), pikepdf.new()
    for document in documents:
        with pikepdf.open(io.BytesIO(document)) as each:
            kept.pages.extend(each.pages)
    kept.save(out, deterministic_id=True)
    return out.getvalue()


def _design(order: Order, ticket: Ticket, cover: bytes | None, live: bool) -> object:
    from registrations.ticket_pdf import DesignFacts

    event = order.event
    return DesignFacts(
        event_name=event.name,
        organiser_name=event.organiser.name,
        starts_text=dates.with_zone(event.local_start),
        ends_text=dates.with_zone(event.local_end),
        venue_name=event.venue_name or say("Online"),
        venue_address=", ".join(part for part in (event.venue_address, event.city) if part),
        ticket_type_name=ticket.ticket_type.name,
        price_text=money.format_price(ticket.price_minor, order.currency),
        accent=event.accent,
        cover=cover,
        advice=str(NOT_THE_CODE if live else ADVICE),
        language=languages.current(),
    )


def _facts(order: Order, ticket: Ticket, count: int, link: str) -> object:
    from registrations.ticket_pdf import TicketFacts

    return TicketFacts(
        code=link or codes.code_of(ticket),
        serial_text=tokens.serial_text(ticket.serial),
        attendee_name=ticket.attendee_name,
        attendee_email=ticket.attendee_email,
        order_code=order.code,
        position=say("{n} of {all}", n=ticket.position, all=count) if ticket.transferred_at is None else f"{ticket.position}",
        buyer_name=order.buyer_name,
    )


def _cover(event: Event) -> bytes | None:
    """The cover's bytes; a ticket without its picture is better than none (F9)."""
    if not event.cover:
        return None
    try:
        with event.cover.open("rb") as file:
            return bytes(file.read())
    except Exception:
        return None
