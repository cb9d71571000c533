"""Gates of the demo's large event: three doors, two lists, and a phone whose code waits to be read."""

from datetime import datetime, timedelta

from events.models import Event
from registrations import rotating
from scanning import devices, lists, rules
from scanning.gates import add_gate, gates_of


def open_gates(*, event: Event, now: datetime) -> None:
    """What a supervisor would have set up the day before."""
    main = gates_of(event=event)[0]
    north, stage = add_gate(event=event, name="North gate"), add_gate(event=event, name="Backstage bar")
    rule = rules.Rule(entries=None, exits=True, all_out_at=timedelta(hours=12))
    lounge = lists.save_list(event=event, check_in_list=None, name="Lounge, in and out", rule=rule, types=[])
    lists.give_gate(gate=stage, check_in_list=lounge)
    rotating.start(event=event, static_codes=True, now=now)
    devices.make(event=event, gates=[main, north], name="Phone at the main gate", now=now, made_by=None)
    devices.make(event=event, gates=[stage], name="Lounge kiosk", now=now, made_by=None, kiosk=True)
