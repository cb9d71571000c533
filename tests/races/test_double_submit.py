"""One hold, ordered by several processes in the same moment: a double click that reached two servers."""

import pytest

ROUNDS = 8
MAKE = """
from events.models import TicketType
from tests import cast
kind = TicketType.objects.select_related("event").get(pk={kind})
print(*[cast.held(kind, 2).pk for _ in range({rounds})])
"""
ORDER = """
from registrations import checkout
from registrations.models import Hold
from ticketing.lib import clock
hold = Hold.objects.select_related("event").get(pk={hold})
def act():
    return checkout.place_order(hold=hold, now=clock.now()).code
"""
WITHOUT = "from registrations import holding\nholding.keep_hold = lambda **_: None\n"
FREED = """
from django.db import connection
connection.cursor().execute('ALTER TABLE registrations_order DROP CONSTRAINT registrations_order_hold_id_key')
"""


def test_all_are_led_to_one_order(stage, rivals):
    for hold in stage.python(MAKE.format(kind=stage.type_id, rounds=ROUNDS)).split():
        assert len(set(rivals.race(ORDER.format(hold=hold)))) == 1
    tickets = "from registrations.models import Order, Ticket\nprint(Order.objects.count(), Ticket.objects.count())"
    assert stage.python(tickets) == f"{ROUNDS} {ROUNDS * 2}"
    stage.audit()


def test_control_without_the_unique_hold_each_makes_its_own_order(stage, rivals):
    stage.python(FREED)
    (hold,) = stage.python(MAKE.format(kind=stage.type_id, rounds=1)).split()
    assert len(set(rivals.race(WITHOUT + ORDER.format(hold=hold)))) > 1
    with pytest.raises(AssertionError, match="I1"):
        stage.audit()
