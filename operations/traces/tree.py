"""Which span of a recording lies within which: processes note them flat, as they end, and their times tell the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Step:
    """A span, its times in microseconds from the recording's beginning. `number`: its place as noted, which makes its id.

    `within`: the number of the span around it, None for the root."""

    number: int
    kind: str
    name: str
    offset_us: int
    took_us: int
    depth: int
    within: int | None
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def error(self) -> str:
        return str(self.attributes.get("error.type", ""))


def steps(spans: Sequence[Sequence[Any]]) -> Iterator[Step]:
    """In the order of their beginnings, the outer before the inner."""
    order = sorted(range(len(spans)), key=lambda number: (spans[number][2], -spans[number][3], number))
    around: list[tuple[int, int]] = []  # (number, end) of the spans that are open
    for number in order:
        kind, name, offset, took, *rest = spans[number]
        while around and not (offset + took <= around[-1][1] and offset < around[-1][1]):
            around.pop()
        yield Step(
            number=number,
            kind=kind,
            name=name,
            offset_us=offset,
            took_us=took,
            depth=len(around),
            within=around[-1][0] if around else None,
            attributes=rest[0] if rest else {},
        )
        if took:
            around.append((number, offset + took))
