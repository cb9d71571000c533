"""Ticket PDFs: `ticket_pdf`. Plain facts in, bytes out; it knows no model.

WeasyPrint draws each design once (design.py); each ticket is stamped onto that page (stamp.py) in a
few milliseconds. Where a script or a length does not fit the stamp, WeasyPrint draws the whole page,
shaping included. The same facts give the same bytes.
"""

from registrations.ticket_pdf.document import ticket_pdf
from registrations.ticket_pdf.facts import DesignFacts, TicketFacts
from registrations.ticket_pdf.qr import qr_svg

__all__ = ["DesignFacts", "TicketFacts", "qr_svg", "ticket_pdf"]
