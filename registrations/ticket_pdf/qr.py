"""The code as QR. The mask is fixed, which makes it four times faster: any mask is readable (ISO 18004 only
recommends choosing). Version 6, error correction M, alphanumeric mode: 41 × 41 modules."""

from collections.abc import Iterator

from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError

from ticketing.lib.languages import say

VERSION = 6
MASK = 3
QUIET_MODULES = 4


def modules(code: str) -> list[list[bool]]:
    """The symbol's rows without the quiet zone; true is dark. A ticket's code has the version above, a longer
    text (a link) the one that it needs."""
    try:
        return _drawn(code, VERSION)
    except DataOverflowError:
        return _drawn(code, None)


def _drawn(text: str, version: int | None) -> list[list[bool]]:
    symbol = QRCode(version=version, error_correction=ERROR_CORRECT_M, mask_pattern=MASK, border=0)
    symbol.add_data(text, optimize=0)  # one mode for all of it
    symbol.make(fit=version is None)
    return symbol.get_matrix()


def runs(rows: list[list[bool]]) -> Iterator[tuple[int, int, int]]:
    """Horizontal runs of dark modules: (column, row, length)."""
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            if row[x]:
                start = x
                while x < len(row) and row[x]:
                    x += 1
                yield start, y, x - start
            else:
                x += 1


def qr_svg(code: str) -> str:
    """Black on white with its quiet zone, for a page."""
    rows = modules(code)
    size = len(rows) + 2 * QUIET_MODULES
    path = "".join(f"M{x + QUIET_MODULES} {y + QUIET_MODULES}h{length}v1h-{length}z" for x, y, length in runs(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges" role="img" aria-label="{say("Ticket code")}">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{path}"/></svg>'
    )
