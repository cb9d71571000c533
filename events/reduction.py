"""What a code or a discount takes off one ticket. Pure arithmetic, in minor units."""


def off_minor(*, price_minor: int, percent: int, amount_minor: int) -> int:
    """Per cent rounded half up, and an amount; never more than the price."""
    return min(price_minor, amount_minor + (price_minor * percent + 50) // 100)
