"""A ticket is handed on, or cancelled by its buyer, in the moment in which its code is scanned: one of the two happens, never both."""

import json

import pytest

ROUNDS = 6
MAKE = """
from events import terms
from events.models import TicketType
from registrations import codes
from scanning.gates import gates_of
from tests import cast
kind = TicketType.objects.select_related("event").get(pk={kind})
terms.save(event=kind.event, fields={{"cancel_until_hours": 1}})
gates_of(event=kind.event)
import json
print(json.dumps([[ticket.pk, codes.code_of(ticket)] for order in (cast.ordered(kind) for _ in range({rounds})) for ticket in order.tickets.all()]))
"""
# The scan has looked at the ticket and waits before it writes: the window in which the others act.
RACE = """
import time
from events.models import Event
from registrations import transfer
from registrations.checkout import Refused
from registrations.models import Order, Ticket
from payments import buyer_cancellation
from scanning import redemption
from scanning.gates import gates_of
from ticketing.lib import clock
{control}
gate = gates_of(event=Event.objects.get(slug="fault"))[0]
ticket = Ticket.objects.select_related("order__event").get(pk={ticket})
move = redemption.move
def slowly(scan, rule):
    time.sleep({pause})
    move(scan, rule)
def act():
    if number == 0:
        redemption.move = slowly
        try:
            return redemption.redeem(gate=gate, presented="{code}", now=clock.now()).verdict
        finally:
            redemption.move = move
    time.sleep(0.03 * number)
    try:
        {act}
    except Refused as refusal:
        return "refused"
    return "done"
"""
HAND_ON = 'transfer.transfer_ticket(ticket=ticket, name="Erin", email="erin@example.com", now=clock.now())'
CANCEL = "buyer_cancellation.cancel(order=ticket.order, positions=[1], shown_minor=0, now=clock.now())"
WITHOUT_LOOKING_AGAIN = """
redemption.ADMIT_ONCE = redemption.ADMIT_ONCE.replace("AND serial = %s AND (voided_at IS NULL OR %s::bool)", "AND %s::bigint IS NOT NULL AND %s::bool IS NOT NULL")
"""


REFUSED = {"revoked", "cancelled"}  # cancelled: the scan began after all of it
PAUSES = (0, 0.06, 0.03)  # before the others, after the first of them, beside it


def race(stage, rivals, act, control="", rounds=ROUNDS, pauses=PAUSES):
    """[{the scan's verdict, what became of each act}]"""
    made = json.loads(stage.python(MAKE.format(kind=stage.type_id, rounds=rounds)))
    texts = [
        RACE.format(ticket=pk, code=code, act=act, control=control, pause=pauses[place % len(pauses)])
        for place, (pk, code) in enumerate(made)
    ]
    return [rivals.race(text) for text in texts]


@pytest.mark.parametrize("act", [HAND_ON, CANCEL])
def test_either_the_scan_or_the_other_happens(stage, rivals, act):
    found = race(stage, rivals, act)
    verdicts = {verdict for verdict, *_ in found}
    assert "admitted" in verdicts and verdicts & REFUSED and verdicts <= {"admitted"} | REFUSED
    for verdict, *acts in found:
        if verdict == "admitted":
            assert acts == ["refused"] * 3
        else:
            assert sorted(acts) == ["done", "refused", "refused"]
    stage.audit()


@pytest.mark.parametrize("act", [HAND_ON, CANCEL])
def test_control_a_scan_that_does_not_look_again_lets_in_who_gave_the_ticket_away(stage, rivals, act):
    found = race(stage, rivals, act, control=WITHOUT_LOOKING_AGAIN, rounds=3, pauses=(0.06,))
    assert any(verdict == "admitted" and "done" in acts for verdict, *acts in found)
