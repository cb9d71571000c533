"""The sweeper and the buyer want the same hold in its last moment."""

import json

import pytest

ROUNDS = 12
MAKE = """
from datetime import timedelta
from events.models import Event, TicketType
from registrations.models import Hold
from tests import cast
kind = TicketType.objects.select_related("event").get(pk={kind})
kind = kind if not {price} else cast.ticket_type(kind.event, capacity=100, price_minor={price})
print(*[cast.held(kind, 2).pk for _ in range({rounds})])
"""
# Half of the rivals order with a clock that stands before the hold's end, half sweep with one after it.
MEET = """
from datetime import timedelta
from registrations import checkout, expiry
from registrations.models import Hold
hold = Hold.objects.select_related("event").get(pk={hold})
before, after = hold.expires_at - timedelta(seconds=1), hold.expires_at + timedelta(seconds=1)
def act():
    if number % 2:
        return checkout.release_hold(hold=hold, now=after, only_expired=True)
    order = checkout.place_order(hold=hold, now=before)
    if order.total_minor:
        checkout.keep_for_payment(order=order, now=before)
    return order.code
"""
STATE = """
import json
from registrations.models import Hold, Order
hold = Hold.objects.get(pk={hold})
order = Order.objects.filter(hold=hold).first()
print(json.dumps({{"released": hold.released_at is not None, "kept": bool(hold.converted_at or hold.payment_open_since),
  "confirmed": bool(order and order.confirmed_at)}}))
"""
LOOK_THEN_WRITE = """
import time
from registrations import checkout, holding
from registrations.models import Hold
def look_then_write(*, hold, now, convert):
    row = Hold.objects.get(pk=hold.pk)
    time.sleep(0.1)
    if row.released_at or row.converted_at:
        raise checkout.HoldEnded()
    Hold.objects.filter(pk=hold.pk).update(converted_at=now)
holding.keep_hold = look_then_write
"""
FREED = "from django.db import connection\nconnection.cursor().execute('ALTER TABLE registrations_hold DROP CONSTRAINT hold_converted_or_released')"


@pytest.mark.parametrize("price", [0, 1500])
def test_either_the_buyer_keeps_it_or_it_goes_back_never_both(stage, rivals, price):
    for hold in stage.python(MAKE.format(kind=stage.type_id, price=price, rounds=ROUNDS)).split():
        answers = rivals.race(MEET.format(hold=hold))
        state = json.loads(stage.python(STATE.format(hold=hold))) if answers else {}
        assert state["released"] != state["kept"], (answers, state)
        assert answers[1::2].count(True) == state["released"]
        if state["released"]:
            assert answers[0::2] == ["HoldEnded", "HoldEnded"]
            assert not state["confirmed"]
    stage.audit()


def test_control_looking_first_and_writing_then_keeps_what_went_back(stage, rivals):
    stage.python(FREED)
    for hold in stage.python(
        MAKE.format(kind=stage.type_id, price=0, rounds=8)
    ).split():  # a busy machine may let one end before the other looks
        rivals.race(LOOK_THEN_WRITE + MEET.format(hold=hold))
        state = json.loads(stage.python(STATE.format(hold=hold)))
        if state["released"] and state["confirmed"]:
            break
    assert state["released"] and state["confirmed"]
    with pytest.raises(AssertionError, match="I1"):
        stage.audit()
