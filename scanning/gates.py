"""Gates and check-in lists of an event. Every event has one of each from the first look on."""

import time

from django.db import transaction

from events.models import Event
from scanning.models import CheckInList, Gate
from ticketing.lib.prepared import Param, Prepared

GATES = Prepared(
    lambda: Gate.objects.select_related("check_in_list", "event").defer("event__description").filter(event=Param("event")).order_by("id")
)
OF_ORGANISER = Prepared(
    lambda: (
        Gate.objects.select_related("check_in_list", "event")
        .defer("event__description", "event__summary")
        .filter(event__slug=Param("slug"), event__organiser=Param("organiser"))
        .order_by("id")
    )
)
REMEMBER_SECONDS, MOST_REMEMBERED = 2.0, 1000


def gates_at(*, organiser_id: int, slug: str) -> list[Gate]:
    """The gates of an organiser's event with their lists; none where there is no gate or no such event. Remembered for
    two seconds, as a device's are (devices.gates_of_device). HOT."""
    until, gates = _remembered.get((organiser_id, slug), (0.0, []))
    if time.monotonic() >= until:
        gates = OF_ORGANISER.all(slug=slug, organiser=organiser_id)
        if gates:
            if len(_remembered) >= MOST_REMEMBERED:
                _remembered.clear()
            _remembered[organiser_id, slug] = time.monotonic() + REMEMBER_SECONDS, gates
    return gates


def forget() -> None:
    """This process asks again; others do within two seconds."""
    _remembered.clear()


_remembered: dict[tuple[int, str], tuple[float, list[Gate]]] = {}


def gates_of(*, event: Event) -> list[Gate]:
    """The event's gates with their lists; the first is made here if there is none."""
    return GATES.all(event=event.pk) or [add_gate(event=event, name="Main gate")]


def add_gate(*, event: Event, name: str) -> Gate:
    """A gate on the event's first list. The same name again is the same gate."""
    forget()
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
