"""What is used in a month, in a provider's units, before any price."""

from dataclasses import dataclass, replace
from decimal import Decimal

MB_IN_GB = Decimal(1024)
IDLE = "idle"


@dataclass(slots=True, kw_only=True)  # thousands of them on a page: not frozen, which takes twice as long to make
class Usage:
    """`price_key` in a price book × `quantity` in its unit. `working` says where the quantity comes from.

    `event_id`: for one event; None is shared by all, and `resource` IDLE was paid for and not used."""

    price_key: str
    resource: str
    quantity: Decimal
    working: str = ""
    function: str = ""
    event_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Workload:
    name: str
    usages: tuple[Usage, ...]

    def times(self, *, factor: Decimal) -> "Workload":
        """The same mix at another scale."""
        scaled = tuple(replace(usage, quantity=usage.quantity * factor) for usage in self.usages)
        return Workload(name=self.name, usages=scaled)

    def plus(self, *usages: Usage) -> "Workload":
        return Workload(name=self.name, usages=(*self.usages, *usages))


def function_usages(
    *, function: str, calls: Decimal | int, seconds: Decimal, memory_mb: int, event_id: int | None = None, arm: bool = False
) -> tuple[Usage, ...]:
    """A function's compute (calls × seconds each × memory) and its requests."""
    gb_seconds = calls * seconds * Decimal(memory_mb) / MB_IN_GB
    working = f"{calls:,} calls × {seconds:.3f} s × {memory_mb} MB"
    compute = "lambda.arm" if arm else "lambda.x86"
    return (
        Usage(price_key=compute, resource=function, quantity=gb_seconds, working=working, function=function, event_id=event_id),
        Usage(
            price_key="lambda.requests",
            resource=function,
            quantity=Decimal(calls),
            working=f"{calls:,} calls",
            function=function,
            event_id=event_id,
        ),
    )
