"""A small line for a table's cell, as the points of an SVG path. A gap is a gap, not a zero."""

from collections.abc import Sequence

WIDTH, HEIGHT = 120, 28


def path(values: Sequence[float | None]) -> str:
    """The `d` of a path through the values, in a box of WIDTH × HEIGHT; missing values interrupt it."""
    most = max((value for value in values if value is not None), default=0.0) or 1.0
    step = WIDTH / max(1, len(values) - 1)
    parts, pen_is_down = [], False
    for number, value in enumerate(values):
        if value is None:
            pen_is_down = False
            continue
        parts.append(f"{'L' if pen_is_down else 'M'}{number * step:.1f} {HEIGHT - 2 - value / most * (HEIGHT - 4):.1f}")
        if not pen_is_down and (number + 1 == len(values) or values[number + 1] is None):
            parts.append("h0.1")  # a single point is seen too
        pen_is_down = True
    return "".join(parts)
