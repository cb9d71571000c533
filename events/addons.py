"""Add-ons: types that are sold only with a ticket, so many for each."""

from collections.abc import Mapping, Sequence

from events.models import TicketType
from ticketing.lib.languages import say


class NotWithThese(Exception):
    """An add-on without its ticket, or more of it than the tickets allow. `kind` says which."""

    def __init__(self, message: str, *, code: str, kind: TicketType) -> None:
        super().__init__(message)
        self.code, self.kind = code, kind


def bases(*, addons: Sequence[TicketType]) -> dict[int, dict[int, str]]:
    """{add-on id: {id of a type it is sold with: its name}}; an add-on without an entry goes with any ticket.
    One query; none without add-ons."""
    if not addons:
        return {}
    through = TicketType.base_types.through.objects.filter(from_tickettype__in=[kind.pk for kind in addons])
    found: dict[int, dict[int, str]] = {}
    for addon_id, base_id, name in through.order_by("to_tickettype__position", "id").values_list(
        "from_tickettype_id", "to_tickettype_id", "to_tickettype__name"
    ):
        found.setdefault(addon_id, {})[base_id] = name
    return found


def check(*, quantities: Mapping[TicketType, int]) -> None:
    """NotWithThese when an add-on of this choice has no ticket to go with, or too few."""
    addons = [kind for kind in quantities if kind.is_addon]
    of = bases(addons=addons)
    for addon in addons:
        allowed = of.get(addon.pk)
        tickets = sum(quantity for kind, quantity in quantities.items() if not kind.is_addon and (allowed is None or kind.pk in allowed))
        if not tickets:
            raise NotWithThese(
                say("{name} is sold only with {tickets}.", name=addon.name, tickets=words(names=allowed)), code="addon_alone", kind=addon
            )
        if addon.most_per_ticket is not None and quantities[addon] > addon.most_per_ticket * tickets:
            most = addon.most_per_ticket * tickets
            raise NotWithThese(
                say("{name}: choose at most {most} with these tickets.", name=addon.name, most=most), code="addon_too_many", kind=addon
            )


def words(*, names: Mapping[int, str] | None) -> str:
    """ "Standard or Reduced"; "a ticket" for any."""
    found = list((names or {}).values())
    return say(" or ").join(found) if found else say("a ticket")
