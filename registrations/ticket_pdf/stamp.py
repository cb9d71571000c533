"""A ticket's facts set onto its design's page with pikepdf."""

import functools
import io
from collections.abc import Sequence

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from registrations.ticket_pdf import design as designs
from registrations.ticket_pdf.facts import DesignFacts, TicketFacts
from registrations.ticket_pdf.fonts import StampFont, stamp_font
from registrations.ticket_pdf.qr import QUIET_MODULES, modules, runs

MM = 72 / 25.4
NAME_SIZE, FACT_SIZE, SMALLEST_NAME = 17.0, 13.0, 11.0
NAME_WIDTH = 126 * MM
QR_SIDE = 62 * MM
INK = "0.102 0.133 0.188 rg"


def can_stamp(ticket: TicketFacts) -> bool:
    """Whether the stamp font has every letter and the name fits on one line."""
    bold, regular = stamp_font("bold"), stamp_font("regular")
    return (
        bold.fits(ticket.attendee_name)
        and regular.fits(ticket.order_code + ticket.position + ticket.serial_text)
        and bold.width(ticket.attendee_name, SMALLEST_NAME) <= NAME_WIDTH
    )


def stamped(design: DesignFacts, tickets: Sequence[TicketFacts]) -> pikepdf.Pdf:
    """One page for each ticket. The caller closes it."""
    drawn = designs.drawn(design)
    pdf = pikepdf.open(io.BytesIO(_prepared(design)))
    template = pdf.pages[0]
    for _ in tickets[1:]:
        pdf.pages.append(template)
    for page, ticket in zip(pdf.pages, tickets, strict=True):
        marks = pdf.make_stream(_marks(drawn, ticket).encode())
        page.obj.Contents = Array([*page.obj.Contents, marks])
    return pdf


@functools.lru_cache(maxsize=designs.KEPT_DESIGNS)
def _prepared(design: DesignFacts) -> bytes:
    """The design's page with our fonts in it, its own content wrapped so that its matrix ends with it."""
    with pikepdf.open(io.BytesIO(designs.drawn(design).pdf)) as pdf:
        page = pdf.pages[0]
        page.contents_add(b"q", prepend=True)
        page.contents_add(b"Q", prepend=False)
        fonts = page.obj.Resources.get("/Font")
        if fonts is None:
            fonts = page.obj.Resources["/Font"] = Dictionary()
        for key, weight in (("/StampRegular", "regular"), ("/StampBold", "bold")):
            fonts[key] = _embedded(pdf, stamp_font(weight))
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return out.getvalue()


def _embedded(pdf: pikepdf.Pdf, font: StampFont) -> pikepdf.Object:
    name = Name("/STAMPS+" + font.name)
    file = Stream(pdf, font.file, Length1=len(font.file))
    descriptor = pdf.make_indirect(
        Dictionary(
            Type=Name.FontDescriptor,
            FontName=name,
            Flags=4,
            FontBBox=Array(list(font.box)),
            ItalicAngle=0,
            Ascent=font.ascent,
            Descent=font.descent,
            CapHeight=714,
            StemV=80,
            FontFile2=file,
        )
    )
    widths = Array([0, Array([font.widths.get(glyph, 0) for glyph in range(max(font.widths) + 1)])])
    descendant = pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=name,
            CIDToGIDMap=Name.Identity,
            FontDescriptor=descriptor,
            W=widths,
            DW=600,
            CIDSystemInfo=Dictionary(Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0),
        )
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=name,
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([descendant]),
            ToUnicode=Stream(pdf, _to_unicode(font).encode()),
        )
    )


def _to_unicode(font: StampFont) -> str:
    """So that the text can be searched and copied."""
    pairs = [f"<{glyph:04X}> <{code:04X}>" for code, glyph in font.glyphs.items()]
    blocks = "".join(
        f"{len(pairs[i : i + 100])} beginbfchar\n" + "\n".join(pairs[i : i + 100]) + "\nendbfchar\n" for i in range(0, len(pairs), 100)
    )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Stamp def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <FFFF> endcodespacerange\n{blocks}endcmap CMapName currentdict /CMap defineresource pop end end"
    )


def _marks(drawn: designs.Drawn, ticket: TicketFacts) -> str:
    bold, regular = stamp_font("bold"), stamp_font("regular")
    size = min(NAME_SIZE, NAME_SIZE * NAME_WIDTH / max(bold.width(ticket.attendee_name, NAME_SIZE), 1))
    lines = [
        _text("/StampBold", bold, size, ticket.attendee_name, drawn, "attendee", NAME_SIZE),
        _text("/StampRegular", regular, FACT_SIZE, ticket.order_code, drawn, "order", FACT_SIZE),
        _text("/StampRegular", regular, FACT_SIZE, ticket.position, drawn, "position", FACT_SIZE),
        _text("/StampRegular", regular, FACT_SIZE, ticket.serial_text, drawn, "serial", FACT_SIZE),
    ]
    return f"q {INK} BT\n" + "".join(lines) + "ET Q\n" + _code(drawn, ticket.code)


def _text(key: str, font: StampFont, size: float, text: str, drawn: designs.Drawn, place: str, line: float) -> str:
    left, top = drawn.places[place]
    baseline = drawn.height - top - line * 1.02
    return f"{key} {size:.2f} Tf 1 0 0 1 {left:.2f} {baseline:.2f} Tm <{font.encoded(text)}> Tj\n"


def _code(drawn: designs.Drawn, code: str) -> str:
    rows = modules(code)
    side = QR_SIDE / (len(rows) + 2 * QUIET_MODULES)
    left, top = drawn.places["qr"]
    # Placed so that one unit is one module, with y downwards; overlapping by a hair closes seams on screens.
    matrix = f"{side:.4f} 0 0 {-side:.4f} {left + QUIET_MODULES * side:.3f} {drawn.height - top - QUIET_MODULES * side:.3f} cm"
    boxes = "".join(f"{x} {y} {length} 1.01 re\n" for x, y, length in runs(rows))
    return f"q 0 g {matrix}\n{boxes}f Q"
