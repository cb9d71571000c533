"""The picture that goes with a shared link: name, day and place on the event's colour or cover, 1200 × 630."""

import functools
import io
import subprocess
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from events.models import Event
from ticketing.lib import dates
from ticketing.lib.languages import say

SIZE = (1200, 630)
MARGIN = 72
WHITE, SOFT = "#ffffff", "#e6eaf2"


def picture(*, event: Event) -> bytes:
    """PNG. A cover that can't be read is left out."""
    image = _ground(event)
    draw = ImageDraw.Draw(image)
    local = event.local_start
    where = ", ".join(part for part in (event.venue_name, event.city) if part) or say("Online")
    bottom = SIZE[1] - MARGIN
    for text, size, colour in (
        (event.organiser.name, 30, SOFT),
        (where, 38, SOFT),
        (dates.moment(local, "when"), 38, WHITE),
    ):
        font = _font(size, bold=False, sample=text)
        bottom -= int(size * 1.45)
        draw.text((MARGIN, bottom), _cut(draw, text, font), font=font, fill=colour)
    _title(draw, event.name, top=MARGIN, bottom=bottom - 24)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=False, compress_level=6)
    return out.getvalue()


def _ground(event: Event) -> Image.Image:
    """The accent, darker towards the bottom; over the cover where there is one, so that white text can be read."""
    red, green, blue = (int(event.accent[place : place + 2], 16) for place in (1, 3, 5))
    shade = Image.linear_gradient("L").resize(SIZE)
    ground = Image.composite(
        Image.new("RGB", SIZE, (red // 3, green // 3, blue // 3)),
        Image.new("RGB", SIZE, (red * 3 // 4, green * 3 // 4, blue * 3 // 4)),
        shade,
    )
    if event.cover:
        try:
            with event.cover.open("rb") as file:
                cover = Image.open(file).convert("RGB")
            ratio = max(SIZE[0] / cover.width, SIZE[1] / cover.height)
            cover = cover.resize((round(cover.width * ratio) + 1, round(cover.height * ratio) + 1))
            ground = Image.blend(cover.crop((0, 0, *SIZE)), Image.new("RGB", SIZE, (12, 16, 24)), 0.62)
        except (OSError, ValueError):
            pass
    return ground


def _title(draw: Any, text: str, *, top: int, bottom: int) -> None:
    """As large as it fits, in as many lines as there is room for."""
    for size in (92, 76, 62, 50):
        font = _font(size, bold=True, sample=text)
        lines = _lines(draw, text, font)
        if len(lines) * size * 1.2 <= bottom - top:
            break
    for number, line in enumerate(lines[: max(1, int((bottom - top) // (size * 1.2)))]):
        draw.text((MARGIN, top + number * size * 1.2), _cut(draw, line, font), font=font, fill=WHITE)


def _lines(draw: Any, text: str, font: Any) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and draw.textlength(longer, font=font) <= SIZE[0] - 2 * MARGIN:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines or [""]


def _cut(draw: Any, text: str, font: Any) -> str:
    while len(text) > 1 and draw.textlength(text, font=font) > SIZE[0] - 2 * MARGIN:
        text = text[:-2].rstrip() + "…"
    return text


def _font(size: int, *, bold: bool, sample: str) -> Any:
    """A font of this machine that has the text's rarest letter; Pillow's own where there is none."""
    path = _path(bold, max(sample or "A", key=ord))
    return ImageFont.truetype(path, size) if path else ImageFont.load_default(size)


@functools.lru_cache(maxsize=64)
def _path(bold: bool, letter: str) -> str:
    wanted = f"Noto Sans:style={'Bold' if bold else 'Regular'}:charset={ord(letter):x}"
    try:
        found = subprocess.run(["fc-match", "-f", "%{file}", wanted], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    return found if found.lower().endswith((".ttf", ".otf", ".ttc")) else ""
