"""Ticket PDFs: `ticket_pdf`. Plain facts in, bytes out; it knows no model.

WeasyPrint draws each design once (design.py); each ticket is stamped onto that page (stamp.py) in a
few milliseconds. Where a script or a length does not fit the stamp, WeasyPrint draws the whole page,
shaping included. The same facts give the same bytes.
"""

from collections.abc import Sequence

from registrations.ticket_pdf.facts import DesignFacts, TicketFacts
from registrations.ticket_pdf.qr import qr_svg

__all__ = ["DesignFacts", "TicketFacts", "qr_svg", "ticket_pdf"]


def ticket_pdf(*, design: DesignFacts, tickets: Sequence[TicketFacts]) -> bytes:
    """One page for each ticket of one design."""
    # Fonts and PDFs are 36 MB of modules. A web process shows codes and invoices; a document it may never make.
    from registrations.ticket_pdf import document

    return document.ticket_pdf(design=design, tickets=tickets)
