"""The stamped text's font: Noto Sans, cut to Latin, Greek and Cyrillic once in a process.

Other scripts need shaping and take WeasyPrint's way, with whatever fonts the machine has.
"""

import functools
import io
import subprocess
from dataclasses import dataclass

from fontTools import subset
from fontTools.ttLib import TTFont

STAMPED_SCRIPTS = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),
    *range(0x218, 0x21C),
    *range(0x370, 0x400),
    *range(0x400, 0x460),
    *range(0x1E80, 0x1E86),
    0x1E9E,
    0x2013,
    0x2014,
    0x2018,
    0x2019,
    0x201C,
    0x201D,
    0x2026,
    0x20AC,
]
FAMILIES = {"regular": "Noto Sans:style=Regular", "bold": "Noto Sans:style=Bold"}


class FontMissing(RuntimeError):
    """A font is not on this machine."""


@dataclass(frozen=True)
class StampFont:
    """A font file and what is needed to set text with it. Widths in thousandths of the size."""

    name: str
    file: bytes
    glyphs: dict[int, int]
    widths: dict[int, int]
    ascent: int
    descent: int
    box: tuple[int, int, int, int]

    def fits(self, text: str) -> bool:
        return all(ord(character) in self.glyphs for character in text)

    def width(self, text: str, size: float) -> float:
        return sum(self.widths[self.glyphs[ord(character)]] for character in text) * size / 1000

    def encoded(self, text: str) -> str:
        return "".join(f"{self.glyphs[ord(character)]:04X}" for character in text)


@functools.cache
def stamp_font(weight: str) -> StampFont:
    font = TTFont(_path(FAMILIES[weight]))
    options = subset.Options(layout_features=[], hinting=False, name_IDs=[1, 2], notdef_outline=True, glyph_names=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=STAMPED_SCRIPTS if weight == "bold" else range(0x20, 0x7F))  # codes and numbers need ASCII alone
    cutter.subset(font)
    font["head"].modified = font["head"].created  # the same bytes in every process
    font.recalcTimestamp = False
    out = io.BytesIO()
    font.save(out)
    scale = 1000 / font["head"].unitsPerEm
    order = {name: number for number, name in enumerate(font.getGlyphOrder())}
    return StampFont(
        name=f"NotoSans-{weight.title()}",
        file=out.getvalue(),
        glyphs={code: order[name] for code, name in font.getBestCmap().items()},
        widths={order[name]: round(metric[0] * scale) for name, metric in font["hmtx"].metrics.items()},
        ascent=round(font["hhea"].ascent * scale),
        descent=round(font["hhea"].descent * scale),
        box=tuple(round(getattr(font["head"], edge) * scale) for edge in ("xMin", "yMin", "xMax", "yMax")),  # type: ignore[arg-type]
    )


def _path(pattern: str) -> str:
    found = subprocess.run(["fc-match", "-f", "%{family}\n%{file}", pattern], capture_output=True, text=True, check=False)
    family, _, path = found.stdout.partition("\n")
    if "Noto Sans" not in family:
        raise FontMissing("Noto Sans is not installed: sudo apt-get install -y fontconfig fonts-noto-core fonts-noto-cjk")
    return path
