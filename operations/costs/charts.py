"""Charts as inline SVG: the same for the page and for the PDF, coloured by classes, readable without scripts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

Number = Decimal | float | int


@dataclass(frozen=True, kw_only=True)
class Series:
    """`points`: (x, y), both above zero. `style`: a class of costs.css, such as "s1"."""

    name: str
    style: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


def stacked_bar(*, parts: Sequence[tuple[str, Number]], label: str) -> SafeString:
    """One bar in parts; the legend beside it is the page's."""
    whole = float(sum(float(value) for _, value in parts)) or 1.0
    x, drawn = 0.0, []
    for number, (name, value) in enumerate(parts):
        width = float(value) / whole * 1000
        drawn.append(
            f'<rect class="s{number % 8 + 1}" x="{x:.1f}" y="0" width="{max(width - 2, 0.5):.1f}" height="28" rx="3">'
            f"<title>{escape(name)}: {float(value) / whole:.0%}</title></rect>"
        )
        x += width
    return _svg("0 0 1000 28", drawn, label, "bar", stretch=True)


def paired_bars(*, rows: Sequence[tuple[str, Number, Number]], label: str, names: tuple[str, str]) -> SafeString:
    """Two bars a row, one scale: as written and recomputed."""
    most = max((float(max(first, second)) for _, first, second in rows), default=1.0) or 1.0
    drawn, height, left, width = [], 40, 200, 500
    for number, (name, first, second) in enumerate(rows):
        y = number * height
        drawn.append(f'<text class="name" x="{left - 12}" y="{y + 22}" text-anchor="end">{escape(name)}</text>')
        for offset, style, value in ((6, "s8", first), (20, "s1", second)):
            length = max(float(value) / most * width, 1.0)
            drawn.append(f'<rect class="{style}" x="{left}" y="{y + offset}" width="{length:.1f}" height="12" rx="2"/>')
            drawn.append(f'<text class="value" x="{left + length + 8:.1f}" y="{y + offset + 10}">{float(value):,.2f}</text>')
    return _svg(f"0 0 780 {len(rows) * height}", drawn, f"{label} {names[0]} above, {names[1]} below.", "pairs")


def day_columns(*, values: Sequence[tuple[str, Number | None]], label: str, limit: Number | None = None) -> SafeString:
    """A column a day; a day that was not metered is hatched, not zero. `limit`: a line across, such as the budget of a day."""
    known = [float(value) for _, value in values if value is not None]
    most = max([*known, float(limit or 0), 1e-9]) * 1.08
    step, drawn, floor, top = 760 / max(len(values), 1), [], 150, 10
    for part in (0.5, 1.0):
        y = floor - (floor - top) * part
        drawn.append(f'<line class="rule" x1="36" x2="796" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(f'<text class="tick" x="30" y="{y + 4:.1f}" text-anchor="end">{_short(most * part)}</text>')
    for number, (name, value) in enumerate(values):
        x, width = 36 + number * step + step * 0.15, step * 0.7
        if value is None:
            drawn.append(
                f'<rect class="missing" x="{x:.1f}" y="{floor - 6}" width="{width:.1f}" height="6"><title>{escape(name)}: not metered</title></rect>'
            )
        else:
            high = max(float(value) / most * (floor - top), 1.0)
            drawn.append(
                f'<rect class="s1" x="{x:.1f}" y="{floor - high:.1f}" width="{width:.1f}" height="{high:.1f}" rx="2">'
                f"<title>{escape(name)}: {float(value):,.4f}</title></rect>"
            )
        if number % max(1, len(values) // 8) == 0:
            drawn.append(f'<text class="tick" x="{x + width / 2:.1f}" y="{floor + 16}" text-anchor="middle">{escape(name)}</text>')
    if limit is not None and float(limit) > 0:
        y = floor - float(limit) / most * (floor - top)
        drawn.append(f'<line class="limit" x1="36" x2="796" y1="{y:.1f}" y2="{y:.1f}"/>')
    return _svg("0 0 800 172", drawn, label, "columns")


def curves(*, series: Sequence[Series], bends: Sequence[int], here: int, label: str) -> SafeString:
    """Both axes by factors of ten. `bends`: where a price changes; `here`: the size that is looked at."""
    xs = [x for each in series for x, _ in each.points]
    ys = [y for each in series for _, y in each.points if y > 0]
    scale = _Logs(min(xs), max(xs), 10 ** math.floor(math.log10(min(ys))), 10 ** math.ceil(math.log10(max(ys))))
    drawn = scale.rules()
    drawn += [
        f'<line class="bend" x1="{scale.x(bend):.1f}" x2="{scale.x(bend):.1f}" y1="{scale.top}" y2="{scale.floor}"/>'
        for bend in bends
        if scale.first <= bend <= scale.last
    ]
    drawn.append(f'<line class="here" x1="{scale.x(here):.1f}" x2="{scale.x(here):.1f}" y1="{scale.top}" y2="{scale.floor}"/>')
    for each in series:
        path = " ".join(f"{scale.x(x):.1f},{scale.y(y):.1f}" for x, y in each.points if y > 0)
        dashed = " dashed" if each.dashed else ""
        drawn.append(f'<polyline class="curve {each.style}{dashed}" points="{path}"/>')
    return _svg("0 0 800 340", drawn, label, "curves")


class _Logs:
    """Places on the paper of two logarithmic axes."""

    left, right, top, floor = 64, 784, 14, 300

    def __init__(self, first: float, last: float, low: float, high: float) -> None:
        self.first, self.last, self.low, self.high = first, last, low, high

    def x(self, value: float) -> float:
        return self.left + math.log(value / self.first) / math.log(self.last / self.first) * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.floor - math.log(value / self.low) / math.log(self.high / self.low) * (self.floor - self.top)

    def rules(self) -> list[str]:
        drawn = []
        for power in range(round(math.log10(self.low)), round(math.log10(self.high)) + 1):
            y = self.y(10.0**power)
            drawn.append(f'<line class="rule" x1="{self.left}" x2="{self.right}" y1="{y:.1f}" y2="{y:.1f}"/>')
            drawn.append(f'<text class="tick" x="{self.left - 8}" y="{y + 4:.1f}" text-anchor="end">${_short(10.0**power)}</text>')
        for power in range(math.ceil(math.log10(self.first)), math.floor(math.log10(self.last)) + 1):
            x = self.x(10.0**power)
            drawn.append(f'<text class="tick" x="{x:.1f}" y="{self.floor + 20}" text-anchor="middle">{_short(10.0**power)}</text>')
        middle = (self.left + self.right) / 2
        return [*drawn, f'<text class="tick" x="{middle}" y="{self.floor + 38}" text-anchor="middle">events a month</text>']


def _short(number: float) -> str:
    """950 · 1.5k · 10M · 0.02"""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.4g}{letter}"
    return f"{number:.3g}"


def _svg(box: str, drawn: list[str], label: str, style: str, *, stretch: bool = False) -> SafeString:
    ratio = ' preserveAspectRatio="none"' if stretch else ""
    return mark_safe(f'<svg class="chart {style}" viewBox="{box}" role="img" aria-label="{escape(label)}"{ratio}>{"".join(drawn)}</svg>')
