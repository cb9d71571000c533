"""Cover images: decoded, turned upright, made small and written anew; nothing of the upload survives but pixels."""

import io
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from PIL import Image, ImageOps, UnidentifiedImageError

from ticketing.lib import tokens

WIDTH = 1280
MAX_PIXELS = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


class BadCover(ValueError):
    """The file is no image we can use; the message says the mend."""


def prepare(content: bytes) -> tuple[ContentFile, str]:
    """The cover as a JPEG file under a new name, and its accent colour as #rrggbb. BadCover otherwise."""
    if len(content) > settings.COVER_MAX_BYTES:
        raise BadCover(f"The image is larger than {settings.COVER_MAX_BYTES // 2**20} MB. Choose a smaller one.")
    try:
        image: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise BadCover("The image has too many pixels. Make it at most 6000 × 6000.")
        image = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, BadCover):
            raise
        raise BadCover("This file can't be read as an image. Choose a JPEG, PNG or WebP.") from error
    image.thumbnail((WIDTH, WIDTH))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80, optimize=True, progressive=True)
    return ContentFile(out.getvalue(), name=f"{tokens.link_token()}.jpg"), accent_of(image)


def accent_of(image: Image.Image) -> str:
    """A colour of the image that is dark enough for white text on it (4.5:1)."""
    small = image.resize((32, 32)).quantize(6).convert("RGB")
    colours: list[Any] = sorted(small.getcolors() or [], key=lambda pair: -pair[0] * (max(pair[1]) - min(pair[1]) + 20))
    found: Any = colours[0][1] if colours else (40, 92, 194)
    red, green, blue = found
    while _luminance(red, green, blue) > 0.18:
        red, green, blue = int(red * 0.9), int(green * 0.9), int(blue * 0.9)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _luminance(*channels: int) -> float:
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
