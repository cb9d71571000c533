"""One ticket, presented to several processes in the same moment."""

import pytest

ROUNDS = 8
MAKE = """
from events.models import TicketType
from registrations import codes
from scanning.gates import gates_of
from tests import cast
kind = TicketType.objects.select_related("event").get(pk={kind})
gates_of(event=kind.event)
print(*[codes.code_of(ticket) for ticket in cast.ordered(kind, {rounds}).tickets.all()])
"""
SCAN = """
from events.models import Event
from scanning import redemption
from scanning.gates import gates_of
from ticketing.lib import clock
gate = gates_of(event=Event.objects.get(slug="fault"))[0]
def act():
    return redemption.redeem(gate=gate, presented="{code}", now=clock.now()).verdict
"""
LOOK_THEN_WRITE = """
import time
from scanning import redemption
from scanning.models import Entry
def look_then_write(scan, rule):
    there = Entry.objects.filter(ticket=scan.ticket_id).exists()
    time.sleep(0.05)
    if there:
        scan.verdict = "already_admitted"
    else:
        Entry.objects.create(
            ticket_id=scan.ticket_id, check_in_list_id=scan.check_in_list_id, gate_id=scan.gate_id, admitted_at=scan.scanned_at
        )
    scan.save()
redemption.move = look_then_write
"""
FREED = "from django.db import connection\nconnection.cursor().execute('ALTER TABLE scanning_entry DROP CONSTRAINT one_entry_per_list')"


def test_it_is_admitted_once(stage, rivals):
    for code in stage.python(MAKE.format(kind=stage.type_id, rounds=ROUNDS)).split():
        assert sorted(rivals.race(SCAN.format(code=code))) == ["admitted"] + ["already_admitted"] * 3
    stage.audit()


def test_control_looking_first_and_writing_then_admits_it_several_times(stage, rivals):
    stage.python(FREED)
    scans = [
        rivals.race(LOOK_THEN_WRITE + SCAN.format(code=code)) for code in stage.python(MAKE.format(kind=stage.type_id, rounds=2)).split()
    ]
    assert max(answers.count("admitted") for answers in scans) > 1
    with pytest.raises(AssertionError, match="S1"):
        stage.audit()
