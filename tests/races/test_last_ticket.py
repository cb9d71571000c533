"""The last ticket, wanted by several processes in the same moment."""

import pytest

ROUNDS = 8
MAKE = """
from events.models import Event
from tests import cast
kinds = [cast.ticket_type(Event.objects.get(slug="fault"), capacity=1) for _ in range({rounds})]
print(*[kind.pk for kind in kinds])
"""
TAKE = """
from events.models import TicketType
from registrations import checkout
from ticketing.lib import clock
kind = TicketType.objects.select_related("event").get(pk={kind})
def act():
    checkout.hold(event=kind.event, picks=[checkout.Pick(ticket_type=kind, quantity=1)], now=clock.now())
    return "held"
"""
LOOK_THEN_WRITE = """
import time
from events import inventory
from events.models import Quota
def look_then_write(*, needs, durable=False):
    quotas = list(Quota.objects.filter(pk__in=needs))
    time.sleep(0.05)
    for quota in quotas:
        if quota.free < needs[quota.pk]:
            raise inventory.SoldOut(quota.pk)
        Quota.objects.filter(pk=quota.pk).update(claimed=quota.claimed + needs[quota.pk])
inventory.claim = look_then_write
"""
FREED = "from django.db import connection\nconnection.cursor().execute('ALTER TABLE events_quota DROP CONSTRAINT quota_never_oversold')"


def test_one_of_them_gets_it_and_the_others_are_told(stage, rivals):
    for kind in stage.python(MAKE.format(rounds=ROUNDS)).split():
        assert sorted(rivals.race(TAKE.format(kind=kind))) == ["SoldOut", "SoldOut", "SoldOut", "held"]
    stage.audit()


def test_control_looking_first_and_writing_then_sells_it_several_times(stage, rivals):
    stage.python(FREED)
    sold = [rivals.race(LOOK_THEN_WRITE + TAKE.format(kind=kind)) for kind in stage.python(MAKE.format(rounds=2)).split()]
    assert max(answers.count("held") for answers in sold) > 1
    with pytest.raises(AssertionError, match="I1"):
        stage.audit()
