"""Placing an order: once, with its tickets, and only while the hold lasts."""

from datetime import timedelta

import pytest

from events.models import Quota
from registrations import cancellation, checkout, expiry
from registrations.allowance import TooManyForBuyer
from registrations.models import BuyerAllowance, Order, Ticket
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


def claimed(kind):
    return kind.quotas.get().claimed


def test_a_free_order_has_its_tickets_at_once(concert):
    order = cast.ordered(cast.ticket_type(concert), 2)
    assert order.confirmed_at
    assert [t.attendee_name for t in order.tickets.all()] == ["Guest 1", "Guest 2"]


def test_the_same_hold_twice_is_one_order(concert):
    hold = cast.held(cast.ticket_type(concert), 2)
    first = checkout.place_order(hold=hold, now=clock.now())
    again = checkout.place_order(hold=hold, now=clock.now())
    assert first == again
    assert Order.objects.count() == 1
    assert Ticket.objects.count() == 2


def test_an_expired_hold_gives_its_places_back_and_takes_no_order(concert):
    kind = cast.ticket_type(concert)
    now = clock.now()
    hold = cast.held(kind, 3, now=now)
    assert claimed(kind) == 3
    later = now + timedelta(hours=1)
    with pytest.raises(checkout.HoldEnded):
        checkout.place_order(hold=hold, now=later)
    assert expiry.expire_holds(now=later) == 1
    assert claimed(kind) == 0
    assert expiry.expire_holds(now=later) == 0


def test_one_buyer_gets_no_more_than_the_limit(hall):
    event = cast.event(organiser=hall, max_per_buyer=3)
    kind = cast.ticket_type(event)
    cast.ordered(kind, 2)
    with pytest.raises(TooManyForBuyer):
        cast.ordered(kind, 2, email="DANA+again@example.com")
    cast.ordered(kind, 1)
    assert BuyerAllowance.objects.get().claimed == 3


def test_a_cancelled_order_frees_places_and_the_buyers_allowance(hall):
    event = cast.event(organiser=hall, max_per_buyer=2)
    kind = cast.ticket_type(event)
    order = cast.ordered(kind, 2)
    assert cancellation.cancel_order(order=order, now=clock.now())
    assert not cancellation.cancel_order(order=order, now=clock.now())
    assert claimed(kind) == 0
    assert not Ticket.objects.filter(voided_at=None).exists()
    cast.ordered(kind, 2)


def test_a_replaced_hold_keeps_what_was_typed(concert):
    kind = cast.ticket_type(concert, capacity=3)
    first = cast.held(kind, 2)
    second = checkout.hold(event=concert, picks=[checkout.Pick(ticket_type=kind, quantity=3)], now=clock.now(), replacing=first.token)
    assert second.buyer_email == "dana@example.com"
    assert Quota.objects.get().claimed == 3
    first.refresh_from_db()
    assert first.released_at and first.replaced_by == second


def test_the_same_attempt_is_one_hold(concert):
    kind = cast.ticket_type(concert)
    first = cast.held(kind, 2, attempt="one-click")
    assert cast.held(kind, 2, attempt="one-click") == first
    assert claimed(kind) == 2
