"""An invoice or credit note as PDF, drawn from its facts each time: they never change."""

import functools
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from registrations.models import Invoice
from registrations.ticket_pdf.design import weasyprint_parts
from ticketing.lib import languages

STYLE = Path(settings.BASE_DIR) / "templates" / "registrations" / "pdf" / "invoice.css"


def invoice_pdf(*, invoice: Invoice) -> bytes:
    """The same document gives the same bytes."""
    with languages.speaking(invoice.facts.get("language", "")):
        return _drawn(invoice)


def _drawn(invoice: Invoice) -> bytes:
    weasyprint, _, fonts = weasyprint_parts()
    page = render_to_string("registrations/pdf/invoice.html", _context(invoice))
    document = weasyprint.HTML(string=page).render(stylesheets=[_style()], font_config=fonts)
    document.metadata.title = f"{invoice.get_kind_display()} {invoice.label}"
    document.metadata.lang = languages.current()
    return bytes(document.write_pdf(pdf_identifier=b"invoice", full_fonts=False))


@functools.cache
def _style() -> Any:
    weasyprint, _, fonts = weasyprint_parts()
    return weasyprint.CSS(filename=str(STYLE), font_config=fonts)


def _context(invoice: Invoice) -> dict[str, Any]:
    lines = [line | {"gross_minor": line["net_minor"] + line["tax_minor"]} for line in invoice.facts["lines"]]
    rates: dict[str, list[int]] = {}
    for line in lines:
        sums = rates.setdefault(line["tax_rate"], [0, 0])
        sums[0] += line["net_minor"]
        sums[1] += line["tax_minor"]
    taxes = [(rate, net, tax) for rate, (net, tax) in sorted(rates.items(), key=lambda item: float(item[0])) if tax]
    return {
        "kind": invoice.get_kind_display(),
        "invoice": invoice,
        "facts": invoice.facts,
        "lines": lines,
        "taxes": taxes,
        "is_credit": invoice.answers_id is not None,
    }
