"""Stamped and whole pages put together in order."""

import io
from collections.abc import Sequence
from itertools import groupby

import pikepdf

from registrations.ticket_pdf import design as designs
from registrations.ticket_pdf import stamp
from registrations.ticket_pdf.facts import DesignFacts, TicketFacts


def ticket_pdf(*, design: DesignFacts, tickets: Sequence[TicketFacts]) -> bytes:
    """One page for each ticket of one design."""
    return tickets_pdf(pages=[(design, ticket) for ticket in tickets])


def tickets_pdf(*, pages: Sequence[tuple[DesignFacts, TicketFacts]]) -> bytes:
    """One page for each ticket, of any designs, in this order."""
    groups = [
        (design, fits, [ticket for _, ticket in group])
        for (design, fits), group in groupby(pages, key=lambda page: (page[0], stamp.can_stamp(page[1])))
    ]
    parts: list[pikepdf.Pdf] = []
    for design, fits, tickets in groups:
        if fits:
            parts.append(stamp.stamped(design, tickets))
        else:
            parts += [pikepdf.open(io.BytesIO(designs.whole_page(design, ticket))) for ticket in tickets]
    whole = parts[0]
    for part in parts[1:]:
        whole.pages.extend(part.pages)
    out = io.BytesIO()
    whole.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    for part in parts:
        part.close()
    return out.getvalue()
