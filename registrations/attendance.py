"""Who came in with an order's tickets, told by the room that keeps it.

Rooms beside each other don't see one another: scanning says at its start who answers here, and payments
asks here when a bank wants evidence."""

from collections.abc import Callable, Collection
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
Entered = Callable[[Collection[int]], set[int]]
_readers: list[Reader] = []
_entered: list[Entered] = []


def told_by(reader: Reader, entered: Entered) -> None:
    """Called once, when the room that keeps scans is ready."""
    if reader not in _readers:
        _readers.append(reader)
        _entered.append(entered)


def entered(*, ticket_ids: Collection[int]) -> set[int]:
    """Those of the tickets that somebody came in with. A caller that has locked the tickets' rows (FOR UPDATE)
    may rely on it: no entry is written beside that lock."""
    return {found for each in _entered for found in each(ticket_ids)}


def of_order(*, order: Order) -> list[Attendance]:
    """Every scan of the order's tickets, oldest first."""
    return sorted((each for reader in _readers for each in reader(order)), key=lambda each: each.at)
