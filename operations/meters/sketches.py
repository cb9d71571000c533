"""Durations as DDSketches: mergeable, each percentile within 1 % of the true value, never averaged.

A sketch is {bin: how many durations} with the bins of DDSketch's logarithmic mapping over milliseconds,
the same that ticketing.lib.meters counts into. Stored as pairs of integers.
"""

from array import array
from collections.abc import Iterable, Mapping

from ddsketch import LogarithmicMapping

from ticketing.lib.meters import ACCURACY

Bins = Mapping[int, int]
MAPPING = LogarithmicMapping(ACCURACY)


def packed(bins: Bins) -> bytes:
    """As bytes, for a row."""
    return array("q", [number for pair in sorted(bins.items()) for number in pair]).tobytes()


def unpacked(stored: bytes | memoryview) -> dict[int, int]:
    pairs = array("q")
    pairs.frombytes(bytes(stored))
    return dict(zip(pairs[::2], pairs[1::2], strict=True))


def merged(several: Iterable[Bins]) -> dict[int, int]:
    """All of them as one: the sketch of everything that was measured."""
    total: dict[int, int] = {}
    for bins in several:
        for place, count in bins.items():
            total[place] = total.get(place, 0) + count
    return total


def percentiles(bins: Bins, wanted: Iterable[float] = (0.5, 0.95, 0.99)) -> list[float | None]:
    """Milliseconds below which these shares of the durations lie; None for each when nothing was measured."""
    total, places = sum(bins.values()), sorted(bins)
    return [_at_rank(bins, places, share * (total - 1)) if total else None for share in wanted]


def _at_rank(bins: Bins, places: list[int], rank: float) -> float:
    """As DDSketch finds it, straight from the bins."""
    seen = 0
    for place in places:
        seen += bins[place]
        if seen > rank:
            break
    value: float = MAPPING.value(place)
    return value


def share_below(bins: Bins, milliseconds: float) -> float | None:
    """The share of durations that took at most so long; None when nothing was measured."""
    total = sum(bins.values())
    if not total:
        return None
    limit = MAPPING.key(milliseconds)
    return sum(count for place, count in bins.items() if place <= limit) / total
