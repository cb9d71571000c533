"""Places come free, and in the same moment several sweeps offer them while buyers try to take them."""

import json

import pytest

ROUNDS = 3
MAKE = """
from events.models import Event
from registrations import cancellation, waiting
from tests import cast
from ticketing.lib import clock
kind = cast.ticket_type(Event.objects.get(slug="fault"), capacity=3)
orders = [cast.ordered(kind) for _ in range(3)]
for number in range(6):
    waiting.join(kind=kind, email=f"{number}@example.com", quantity=1, takes_fewer=True, now=clock.now())
for order in orders:
    cancellation.cancel_order(order=order, now=clock.now())
print(kind.pk)
"""
OFFER = """
from events.models import TicketType
from registrations import checkout, waiting_offers
from ticketing.lib import clock
kind = TicketType.objects.select_related("event").get(pk={kind})
def act():
    if number % 2 or {sweepers_only}:
        return waiting_offers.offer_places(event=kind.event, now=clock.now())
    checkout.hold(event=kind.event, picks=[checkout.Pick(ticket_type=kind, quantity=1)], now=clock.now())
    return "taken"
"""
STATE = """
import json
from registrations.models import HoldLine, WaitingEntry
offered = WaitingEntry.objects.filter(ticket_type={kind}).exclude(hold=None).order_by("id")
active = HoldLine.objects.filter(ticket_type={kind}, hold__released_at=None, hold__converted_at=None)
print(json.dumps({{"offered": [entry.email[0] for entry in offered], "holds": active.count()}}))
"""
LOOK_THEN_WRITE = """
import time
from datetime import timedelta
from registrations import holding, waiting, waiting_offers
from registrations.choosing import Pick
from registrations.models import WaitingEntry
waiting.lock_list = lambda *, event_id: None
def look_then_write(entry, quantity, now):
    time.sleep(0.1)
    pick = Pick(ticket_type=entry.ticket_type, quantity=quantity)
    hold = holding.hold_for(
        event=entry.event, picks=[pick], email=entry.email, until=now + timedelta(hours=1), source="waiting-list", now=now
    )
    WaitingEntry.objects.filter(pk=entry.pk).update(hold=hold, offered_at=now)
waiting_offers._offer = look_then_write
"""


def state_of(stage, kind):
    return json.loads(stage.python(STATE.format(kind=kind)))


def test_they_go_to_the_first_who_wait_once_each_and_to_no_buyer(stage, rivals):
    for _ in range(ROUNDS):
        kind = stage.python(MAKE)
        answers = rivals.race(OFFER.format(kind=kind, sweepers_only=False))
        assert answers[0::2] == ["SoldOut", "SoldOut"]
        assert sum(answers[1::2]) == 3
        assert state_of(stage, kind) == {"offered": ["0", "1", "2"], "holds": 3}
    stage.audit()


def test_control_looking_first_and_writing_then_offers_to_one_several_times(stage, rivals):
    for _ in range(4):  # a busy machine may let one end before the other looks
        kind = stage.python(MAKE)
        rivals.race(LOOK_THEN_WRITE + OFFER.format(kind=kind, sweepers_only=True))
        state = state_of(stage, kind)
        if state["holds"] > len(state["offered"]):
            break
    assert state["holds"] > len(state["offered"])
    with pytest.raises(AssertionError, match="I7"):
        stage.audit()
