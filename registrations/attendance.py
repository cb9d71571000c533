"""Who came in with an order's tickets, told by the room that keeps it.

Rooms beside each other don't see one another: scanning says at its start who answers here, and payments
asks here when a bank wants evidence."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from registrations.models import Order


@dataclass(frozen=True, kw_only=True)
class Attendance:
    """One scan of one of the order's tickets."""

    attendee: str
    verdict: str
    gate: str
    at: datetime


Reader = Callable[[Order], list[Attendance]]
_readers: list[Reader] = []


def told_by(reader: Reader) -> None:
    """Called once, when the room that keeps scans is ready."""
    if reader not in _readers:
        _readers.append(reader)


def of_order(*, order: Order) -> list[Attendance]:
    """Every scan of the order's tickets, oldest first."""
    return sorted((each for reader in _readers for each in reader(order)), key=lambda each: each.at)
