"""Figures of the watch, with their units."""

from django import template

register = template.Library()
STEPS = ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB"))


@register.filter
def measured(value: float | None, unit: str = "") -> str:
    """{{ 0.0123|measured:"share" }} → 1.2 %. A missing value says so; it is not a zero."""
    if value is None:
        return "missing"
    if unit == "share":
        return f"{value * 100:.3g} %"
    if unit == "bytes":
        return next((f"{value / size:.1f} {name}" for size, name in STEPS if value >= size), f"{value:.0f} bytes")
    if unit == "s":
        return duration(value)
    if unit == "ms":
        return f"{value:,.0f} ms" if value >= 10 else f"{value:.2g} ms"
    text = f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.3g}"
    return f"{text} {unit}".strip()


def duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172800 else f"{seconds / 86400:.0f} days"


@register.filter
def at(values: list[object], number: int) -> object:
    return values[number]
