"""The page of a design, drawn by WeasyPrint once and kept; and whole pages where stamping can't do."""

import base64
import functools
import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registrations.ticket_pdf.facts import DesignFacts, TicketFacts
from registrations.ticket_pdf.qr import qr_svg
from ticketing.lib import languages
from ticketing.lib.spoken_templates import in_words

TEMPLATE = Path(__file__).resolve().parent.parent.parent / "templates" / "registrations" / "pdf" / "ticket.html"
STYLE = TEMPLATE.with_name("ticket.css")
POINTS = 0.75  # of a CSS pixel
KEPT_DESIGNS = 64


class PdfPartsMissing(RuntimeError):
    """WeasyPrint's native libraries are not on this machine."""


@dataclass(frozen=True)
class Drawn:
    """A design's page without a ticket's facts. `places`: id → (left, top) in points from the top left."""

    pdf: bytes
    places: dict[str, tuple[float, float]]
    height: float


@functools.lru_cache(maxsize=KEPT_DESIGNS)
def drawn(design: DesignFacts) -> Drawn:
    document = _render(design, None)
    page = document.pages[0]
    places = {name: (place[0] * POINTS, place[1] * POINTS) for name, place in page.anchors.items()}
    return Drawn(pdf=_write(document, design), places=places, height=page.height * POINTS)


def whole_page(design: DesignFacts, ticket: TicketFacts) -> bytes:
    """One ticket drawn by WeasyPrint alone: every script, any length."""
    return _write(_render(design, ticket), design)


def _write(document: Any, design: DesignFacts) -> bytes:
    document.metadata.title = design.event_name
    document.metadata.lang = design.language
    return bytes(document.write_pdf(pdf_identifier=b"ticket", full_fonts=False))


def _render(design: DesignFacts, ticket: TicketFacts | None) -> Any:
    weasyprint, style, fonts = weasyprint_parts()
    return weasyprint.HTML(string=_page(design, ticket)).render(stylesheets=[style], font_config=fonts)


@functools.cache
def weasyprint_parts() -> tuple[Any, Any, Any]:
    """Imported when first needed (40 MB), with the style sheet and fonts that every page shares:
    made anew for each page they cost 10 ms and leak memory."""
    try:
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration
    except OSError as error:
        raise PdfPartsMissing("Pango is missing: sudo apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0") from error
    fonts = FontConfiguration()
    return weasyprint, weasyprint.CSS(filename=str(STYLE), font_config=fonts), fonts


def _page(design: DesignFacts, ticket: TicketFacts | None) -> str:
    facts = {
        name: html.escape(str(getattr(design, name) or ""))
        for name in (
            "event_name",
            "organiser_name",
            "starts_text",
            "ends_text",
            "venue_name",
            "venue_address",
            "ticket_type_name",
            "price_text",
            "advice",
            "order_hint",
        )
    }
    facts["accent"] = design.accent if design.accent.startswith("#") and len(design.accent) == 7 else "#285cc2"
    facts["cover"] = (
        f'<img class="cover" src="data:image/jpeg;base64,{base64.b64encode(design.cover).decode()}" alt="">' if design.cover else ""
    )
    for name in ("attendee_name", "serial_text", "order_code", "position"):
        facts[name] = html.escape(getattr(ticket, name)) if ticket else ""
    facts["qr"] = (
        f'<img src="data:image/svg+xml;base64,{base64.b64encode(qr_svg(ticket.code).encode()).decode()}" alt="">' if ticket else ""
    )
    with languages.speaking(design.language):
        page = in_words(TEMPLATE.read_text())
    for name, value in facts.items():
        page = page.replace("{{ " + name + " }}", value)
    return page
