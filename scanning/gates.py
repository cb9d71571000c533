"""Gates and check-in lists of an event. Every event has one of each from the first look on."""

from django.db import transaction

from events.models import Event
from scanning.models import CheckInList, Gate
from ticketing.lib.prepared import Param, Prepared

GATES = Prepared(
    lambda: Gate.objects.select_related("check_in_list", "event").defer("event__description").filter(event=Param("event")).order_by("id")
)


def gates_of(*, event: Event) -> list[Gate]:
    """The event's gates with their lists; the first is made here if there is none."""
    return GATES.all(event=event.pk) or [add_gate(event=event, name="Main gate")]


def add_gate(*, event: Event, name: str) -> Gate:
    """A gate on the event's first list. The same name again is the same gate."""
    with transaction.atomic():
        everyone = (
            CheckInList.objects.filter(event=event).order_by("id").first()
            or CheckInList.objects.get_or_create(event=event, name="Everyone")[0]
        )
        return Gate.objects.select_related("check_in_list", "event").get_or_create(
            event=event, name=name[:80], defaults={"check_in_list": everyone}
        )[0]


def chosen_gate(*, event: Event, gate_id: str | None) -> Gate:
    """The gate of that id, or the event's first."""
    gates = gates_of(event=event)
    return next((gate for gate in gates if str(gate.pk) == gate_id), gates[0])
