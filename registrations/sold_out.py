"""What a buyer who comes too late is told, and told quickly.

After the database has refused, this process refuses the same choice for a second by itself, so that
a rush for an event that is sold out does not queue for its hot row. Memory only ever says "no".
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from events.models import TicketType
from registrations.models import HoldLine
from ticketing.lib.languages import say, say_many

REMEMBERED_SECONDS = 1.0
MOST_REMEMBERED = 1000


@dataclass(frozen=True, kw_only=True)
class Left:
    """What is left, {ticket type id: places}; and the types whose missing places are only held."""

    free: Mapping[int, int]
    held: frozenset[int]


def what_is_left(*, ticket_types: Sequence[TicketType]) -> Left:
    """Two queries, for display; nothing is locked."""
    through = TicketType.quotas.through.objects.filter(tickettype__in=ticket_types)
    links = list(through.values_list("tickettype_id", "quota_id", "quota__capacity", "quota__claimed", "quota__queued"))
    active = HoldLine.objects.filter(
        hold__event_id__in={kind.event_id for kind in ticket_types}, hold__released_at=None, hold__converted_at=None
    )
    held_quotas = set(active.values_list("ticket_type__quotas", flat=True).distinct())
    free: dict[int, int] = {}
    full: dict[int, set[int]] = {}
    for type_id, quota_id, capacity, claimed, queued in links:
        if queued:  # what is free goes to those who wait
            claimed = capacity
        free[type_id] = min(free.get(type_id, capacity), capacity - claimed)
        if claimed >= capacity:
            full.setdefault(type_id, set()).add(quota_id)
    return Left(free=free, held=frozenset(type_id for type_id, quotas in full.items() if quotas <= held_quotas))


Choice = tuple[tuple[int, int], ...]
_refused: dict[Choice, tuple[float, Left]] = {}


def remember(*, quantities: Mapping[int, int], left: Left) -> None:
    """The database refused just this choice."""
    if len(_refused) >= MOST_REMEMBERED:
        _refused.clear()
    _refused[tuple(sorted(quantities.items()))] = (time.monotonic() + REMEMBERED_SECONDS, left)


def remembered(*, quantities: Mapping[int, int]) -> Left | None:
    """The refusal of just this choice within the last second, if there was one."""
    until, left = _refused.get(tuple(sorted(quantities.items())), (0.0, None))
    return left if until > time.monotonic() else None


def sentence(*, wanted: Sequence[TicketType], left: Left) -> str:
    """What happened, truthfully, and what to do."""
    gone = [kind for kind in wanted if left.free.get(kind.pk, 0) <= 0]
    if not gone:
        fewest = min(wanted, key=lambda kind: left.free.get(kind.pk, 0))
        count = left.free.get(fewest.pk, 0)
        return say_many(
            "Only {n} ticket is left of {name}. Choose fewer.",
            "Only {n} tickets are left of {name}. Choose fewer.",
            count,
            name=fewest.name,
        )
    names = say(" and ").join(kind.name for kind in gone)
    if all(kind.pk in left.held for kind in gone):
        return say(
            "{names}: all remaining tickets are in other buyers' holds; they may come back. Try again in a few minutes.", names=names
        )
    return say("{names}: sold out.", names=names)
