"""The last use of a code, wanted by several processes in the same moment."""

import pytest

ROUNDS = 8
MAKE = """
from events import promotions
from events.models import Event, Promotion
from tests import cast
event = Event.objects.get(slug="fault")
fields = dict(percent=20, max_uses=1, budget_minor=None)
print(*[promotions.save(event=event, promotion=Promotion(), fields={{"code": "{prefix}%d" % n, **fields}}, kinds=[]).code for n in range({rounds})])
"""
TAKE = """
from events.models import TicketType
from registrations import checkout
from ticketing.lib import clock
kind = TicketType.objects.select_related("event").get(pk={kind})
def act():
    try:
        checkout.hold(event=kind.event, picks=[checkout.Pick(ticket_type=kind, quantity=1)], now=clock.now(), code="{code}")
    except checkout.Refused as refusal:
        return refusal.code
    return "held"
"""
LOOK_THEN_WRITE = """
import time
from events import promotions
from events.models import Promotion
def look_then_write(*, promotion_id, given_minor):
    row = Promotion.objects.get(pk=promotion_id)
    time.sleep(0.05)
    if row.uses >= row.max_uses:
        raise promotions.UsedUp()
    Promotion.objects.filter(pk=promotion_id).update(uses=row.uses + 1, given_minor=row.given_minor + given_minor)
promotions.claim = look_then_write
"""
FREED = (
    "from django.db import connection\nconnection.cursor().execute('ALTER TABLE events_promotion DROP CONSTRAINT promotion_uses_limited')"
)


def test_one_of_them_gets_it_and_the_others_are_told(stage, rivals):
    for code in stage.python(MAKE.format(prefix="A", rounds=ROUNDS)).split():
        assert sorted(rivals.race(TAKE.format(kind=stage.type_id, code=code))) == ["code_used_up"] * 3 + ["held"]
    stage.audit()


def test_control_looking_first_and_writing_then_uses_it_several_times(stage, rivals):
    stage.python(FREED)
    codes = stage.python(MAKE.format(prefix="B", rounds=2)).split()
    used = [rivals.race(LOOK_THEN_WRITE + TAKE.format(kind=stage.type_id, code=code)) for code in codes]
    assert max(answers.count("held") for answers in used) > 1
    with pytest.raises(AssertionError, match="I5"):
        stage.audit()
