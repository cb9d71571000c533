"""Amounts for the cost pages: {% load costs %}."""

from decimal import Decimal

from django import template

from operations.costs.lines import plain as plain_text

register = template.Library()


@register.filter
def usd(amount: Decimal | float | None) -> str:
    """{{ 21.9225|usd }} → $21.92; amounts below a dollar keep what is to be seen of them: $0.0437"""
    if amount is None:
        return "–"
    value = Decimal(amount)
    sign, size = "−" if value < 0 else "", abs(value)
    if size == 0 or size >= Decimal("0.995"):
        return f"{sign}${size:,.2f}"
    if size >= Decimal("0.0995"):
        return f"{sign}${size:.3f}"
    return f"{sign}${size:.4f}" if size >= Decimal("0.00005") else f"{sign}$0.00"


@register.filter
def cents(amount: Decimal | float | None) -> str:
    """{{ 0.0437|cents }} → $0.04: as on an invoice."""
    return "–" if amount is None else f"{'−' if amount < 0 else ''}${abs(Decimal(amount)):,.2f}"


@register.filter
def whole(amount: Decimal | float) -> str:
    """{{ 20417.9|whole }} → 20,418"""
    return f"{Decimal(amount):,.0f}"


@register.filter
def percent(share: Decimal | float | None) -> str:
    """{{ 0.123|percent }} → 12 %"""
    if share is None:
        return "–"
    value = Decimal(share) * 100
    return f"{value:.0f} %" if value >= 10 or value == 0 else f"{value:.1f} %"


@register.filter
def plain(number: Decimal | float) -> str:
    """{{ 1000000|plain }} → 1,000,000"""
    return plain_text(Decimal(number))


@register.filter
def milliseconds(number: float) -> str:
    return f"{number:,.0f} ms" if number >= 10 else f"{number:,.1f} ms"
