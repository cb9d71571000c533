"""Statements that are compiled once give what the ORM gives."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registrations import access, checkout
from registrations.models import Hold
from tests import cast
from ticketing.lib.prepared import Param, Prepared, PreparedUpdate

pytestmark = pytest.mark.django_db


def test_a_hold_is_loaded_whole_in_two_queries(concert):
    kind = cast.ticket_type(concert, capacity=5)
    held = cast.held(kind, quantity=2)
    access.hold_for_link(token=held.token)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        hold, lines = access.hold_for_link(token=held.token)
        assert (hold.event.name, lines[0].ticket_type.name, lines[0].quantity) == (concert.name, kind.name, 2)
        assert getattr(hold, "order", None) is None and hold.replaced_by is None
        assert [each["name"] for each in hold.attendees] == ["Guest 1", "Guest 2"] and hold.expires_at == held.expires_at
    assert len(queries) == 2


def test_each_use_takes_its_own_values(concert):
    kind = cast.ticket_type(concert, capacity=5)
    one, two = cast.held(kind), cast.held(kind)
    by_token = Prepared(lambda: Hold.objects.filter(token=Param("token")))
    assert (by_token.first(token=one.token), by_token.first(token=two.token)) == (one, two)
    assert by_token.first(token="nobody's") is None


def test_a_prepared_change_says_how_many_rows_it_met(concert):
    held = cast.held(cast.ticket_type(concert, capacity=5))
    later = timezone.now() + timedelta(hours=1)
    change = PreparedUpdate(lambda: Hold.objects.filter(pk=Param("hold"), released_at=None), expires_at=Param("at"))
    assert change.run(hold=held.pk, at=later) == 1
    assert change.run(hold=held.pk + 1, at=later) == 0
    held.refresh_from_db()
    assert held.expires_at == later


def test_a_hold_that_was_extended_meanwhile_is_not_released_by_the_sweeper(concert):
    held = cast.held(cast.ticket_type(concert, capacity=5))
    assert not checkout.release_hold(hold=held, now=timezone.now(), only_expired=True)
    assert checkout.release_hold(hold=held, now=timezone.now())
