"""Charts as they are without a script: lines drawn by the server, which uPlot replaces where it is there."""

from collections.abc import Sequence
from datetime import date, timedelta

from workspace.statistics import Day


def points(values: Sequence[float], *, width: int = 120, height: int = 28) -> str:
    """For <polyline points>: the values from left to right, zero at the bottom."""
    if not values:
        return ""
    top = max(max(values), 1)
    step = width / max(1, len(values) - 1)
    return " ".join(f"{index * step:.1f},{height - 1 - max(0, value) / top * (height - 2):.1f}" for index, value in enumerate(values))


def every_day(days: Sequence[Day], *, upto: date, most: int = 366) -> list[Day]:
    """Also the days on which nothing happened, up to today; the last `most` of them."""
    if not days:
        return []
    known = {day.day: day for day in days}
    first = max(days[0].day, max(upto, days[-1].day) - timedelta(days=most - 1))
    span = (max(upto, days[-1].day) - first).days + 1
    return [known.get(first + timedelta(days=n)) or Day(first + timedelta(days=n)) for n in range(span)]
