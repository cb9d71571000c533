"""Labels and badges printed at the gate: name, type, and the ticket's code to be scanned again inside."""

import base64
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.template.loader import render_to_string

from registrations import answers, codes
from registrations.models import Ticket
from registrations.ticket_pdf.design import weasyprint_parts
from registrations.ticket_pdf.qr import qr_svg


@dataclass(frozen=True, kw_only=True)
class Size:
    """In millimetres; `name_pt` is for a name of one short line."""

    width: int
    height: int
    name_pt: int
    code: int


# A badge in a pouch, the common label roll, a card.
SIZES = {
    "a6": Size(width=105, height=148, name_pt=30, code=44),
    "62x100": Size(width=100, height=62, name_pt=24, code=24),
    "54x86": Size(width=86, height=54, name_pt=18, code=26),
}
LINK, LINK_SECONDS = "gate-badge", 120
SHORT_NAME = 14  # characters that fit one line at the full size
STYLE = """
@page {{ size: {width}mm {height}mm; margin: 5mm; }}
html {{ font-family: "Noto Sans", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Thai", "Noto Sans CJK SC", sans-serif; color: #1a2230; }}
body {{ margin: 0; height: {inner}mm; position: relative; overflow: hidden; }}
.event {{ font-size: 9pt; color: #505966; margin: 0; max-height: 8mm; overflow: hidden; }}
.name {{ font-size: {name_pt:.1f}pt; line-height: 1.1; font-weight: 700; margin: 3mm 0 1mm; max-height: {name_height}mm; overflow: hidden; }}
.answer {{ font-size: 10pt; margin: 0; max-height: 9mm; overflow: hidden; }}
.type {{ font-size: 12pt; margin: 0; position: absolute; left: 0; bottom: 8mm; width: {beside}mm; }}
.order {{ font-size: 8pt; color: #505966; margin: 0; position: absolute; left: 0; bottom: 0; width: {beside}mm; }}
.code {{ position: absolute; right: -2mm; bottom: -2mm; width: {code}mm; height: {code}mm; }}
"""


def ticket_for_badge(*, event_id: int, serial: int | None, size: str) -> Ticket | None:
    """The event's ticket whose holder may come in; None for all others alike, and for a size that is not there."""
    if serial is None or size not in SIZES:
        return None
    valid = Ticket.objects.select_related("event", "order", "ticket_type").filter(event=event_id, voided_at=None)
    return valid.filter(serial=serial, order__confirmed_at__isnull=False).first()


def link_word(*, ticket: Ticket, size: str) -> str:
    """The signed end of a link that opens this badge for two minutes: a browser's print view sends no header."""
    return signing.dumps([ticket.event_id, ticket.serial, size], salt=LINK)


def ticket_for_link(word: str) -> tuple[Ticket, str] | None:
    """What a link that is still good opens, with the size."""
    try:
        event_id, serial, size = signing.loads(word, salt=LINK, max_age=LINK_SECONDS)
    except signing.BadSignature:
        return None
    ticket = ticket_for_badge(event_id=event_id, serial=serial, size=size)
    return (ticket, size) if ticket else None


def badge_pdf(*, ticket: Ticket, size: str) -> bytes:
    """One page of that size (a key of SIZES). The ticket comes with event, order and ticket type."""
    weasyprint, _, fonts = weasyprint_parts()
    chosen = SIZES[size]
    style = weasyprint.CSS(string=_style(chosen, ticket.attendee_name), font_config=fonts)
    code = base64.b64encode(qr_svg(codes.code_of(ticket)).encode()).decode()
    context = {"ticket": ticket, "event": ticket.event, "code": code, "answers": answers.badge_lines(ticket=ticket)}
    page: Any = weasyprint.HTML(string=render_to_string("scanning/badge.html", context))
    return bytes(page.render(stylesheets=[style], font_config=fonts).write_pdf(pdf_identifier=b"badge"))


def _style(size: Size, name: str) -> str:
    """A long name is set smaller, down to half, so that it stays whole."""
    shrunk = max(0.5, min(1.0, (SHORT_NAME / max(len(name), 1)) ** 0.5))
    return STYLE.format(
        width=size.width,
        height=size.height,
        inner=size.height - 10,
        name_pt=size.name_pt * shrunk,
        name_height=size.height - max(size.code, 16) - 16,
        code=size.code,
        beside=size.width - size.code - 10,
    )
