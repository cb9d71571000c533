"""F25: fifty equal POSTs of one order. One order; limits per buyer exact."""

import threading

import pytest
from django.db import connection

from registrations import allowance, checkout
from registrations.models import BuyerAllowance, Hold, Order, Ticket
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(count, act):
    """Run act(n) in `count` threads that start together; returns what they returned or raised."""
    start, results = threading.Barrier(count, timeout=30), []

    def run(number):
        start.wait()
        try:
            results.append(act(number))
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_fifty_equal_posts_are_one_order(concert):
    hold = cast.held(cast.ticket_type(concert), 2)
    codes = {
        order.code
        for order in at_once(50, lambda _: checkout.place_order(hold=Hold.objects.select_related("event").get(pk=hold.pk), now=clock.now()))
    }
    assert len(codes) == 1
    assert Order.objects.count() == 1
    assert Ticket.objects.count() == 2


def test_the_limit_per_buyer_is_exact_under_parallel_orders(hall):
    event = cast.event(organiser=hall, max_per_buyer=3)
    kind = cast.ticket_type(event)
    holds = [cast.held(kind) for _ in range(10)]
    at_once(10, lambda number: checkout.place_order(hold=holds[number], now=clock.now()))
    assert Ticket.objects.count() == 3
    assert BuyerAllowance.objects.get().claimed == 3


def test_control_counting_first_and_writing_then_would_exceed_the_limit(hall, monkeypatch):
    event = cast.event(organiser=hall, max_per_buyer=3)
    kind = cast.ticket_type(event)
    holds = [cast.held(kind) for _ in range(10)]
    barrier = threading.Barrier(10, timeout=30)

    def count_then_write(*, event_id, email, tickets, limit):
        there = Ticket.objects.filter(event_id=event_id).count()
        barrier.wait()
        if there + tickets > limit:
            raise allowance.TooManyForBuyer(limit)

    monkeypatch.setattr(allowance, "claim", count_then_write)
    at_once(10, lambda number: checkout.place_order(hold=holds[number], now=clock.now()))
    assert Ticket.objects.count() > 3
