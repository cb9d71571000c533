"""Covers for the demo: abstract, in a few related colours, always the same for a name."""

import colorsys
import hashlib
import io
import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter

SIZE = (1280, 720)


def painted(name: str) -> bytes:
    """A JPEG of 1280 × 720."""
    number = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)
    chance = random.Random(number)
    image = STYLES[number % len(STYLES)](chance, chance.random())
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


def _discs(chance: random.Random, hue: float) -> Image.Image:
    """Soft lights on a dark wall."""
    image = _gradient(_colour(hue, 0.6, 0.16), _colour(hue + 0.08, 0.55, 0.34))
    draw = ImageDraw.Draw(image)
    for number in range(10):
        x, y, size = chance.randint(-200, 1200), chance.randint(-200, 660), chance.randint(120, 460)
        draw.ellipse((x, y, x + size, y + size), fill=_colour(hue + chance.uniform(-0.1, 0.1), 0.62, 0.3 + number * 0.055))
    return image.filter(ImageFilter.GaussianBlur(30))


def _hills(chance: random.Random, hue: float) -> Image.Image:
    """Layers of hills under a low sun."""
    image = _gradient(_colour(hue, 0.22, 0.97), _colour(hue + 0.06, 0.5, 0.88))
    draw = ImageDraw.Draw(image)
    x, y, size = chance.randint(250, 1000), chance.randint(110, 260), chance.randint(70, 130)
    draw.ellipse((x - size, y - size, x + size, y + size), fill=_colour(hue + 0.1, 0.1, 1))
    for layer in range(6):
        phase, height = chance.uniform(0, 6), 330 + layer * 66
        ridge = [
            (x, height + 46 * math.sin(x / (210 - layer * 12) + phase) + 17 * math.sin(x / 57 + phase * 2))
            for x in range(0, SIZE[0] + 8, 8)
        ]
        draw.polygon([*ridge, (SIZE[0], SIZE[1]), (0, SIZE[1])], fill=_colour(hue - 0.03 * layer, 0.5 + layer * 0.05, 0.78 - layer * 0.12))
    return image.filter(ImageFilter.GaussianBlur(0.8))


def _arcs(chance: random.Random, hue: float) -> Image.Image:
    """Rings around a corner, like sound leaving a stage."""
    image = Image.new("RGB", SIZE, _colour(hue, 0.7, 0.2))
    draw = ImageDraw.Draw(image)
    x, y = chance.choice((0, 1280, 640)), chance.choice((720, 760))
    for ring in range(13, 0, -1):
        size = ring * 82
        shade = 0.2 + 0.62 * (13 - ring) / 12
        draw.ellipse((x - size, y - size, x + size, y + size), fill=_colour(hue + 0.012 * ring, 0.72 - 0.03 * (13 - ring), shade))
    return image.filter(ImageFilter.GaussianBlur(0.8))


def _bars(chance: random.Random, hue: float) -> Image.Image:
    """Upright bars in changing heights, on paper."""
    image = _gradient(_colour(hue, 0.08, 0.98), _colour(hue + 0.05, 0.16, 0.92))
    draw = ImageDraw.Draw(image)
    for number in range(20):
        height = 130 + 420 * abs(math.sin(number / chance.uniform(2.6, 3.4)))
        left = 40 + number * 61
        colour = _colour(hue + chance.uniform(-0.07, 0.07), chance.uniform(0.5, 0.8), chance.uniform(0.45, 0.9))
        draw.rounded_rectangle((left, 720 - height, left + 42, 760), radius=21, fill=colour)
    return image.filter(ImageFilter.GaussianBlur(0.6))


STYLES: tuple[Callable[[random.Random, float], Image.Image], ...] = (_discs, _hills, _arcs, _bars)


def _gradient(top: tuple[int, int, int], bottom: tuple[int, int, int]) -> Image.Image:
    return Image.composite(Image.new("RGB", SIZE, bottom), Image.new("RGB", SIZE, top), Image.linear_gradient("L").resize(SIZE))


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, min(max(saturation, 0), 1), min(max(value, 0), 1))
    return int(red * 255), int(green * 255), int(blue * 255)
