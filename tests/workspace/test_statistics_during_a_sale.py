"""The organiser's figures are the rows', to the ticket and the cent, at any moment of a sale with buying, cancelling, refunding."""

import threading
import time

import pytest
from django.db import connection, connections, transaction
from django.db.models import Count, Q, Sum

from operations.audit import audit
from payments import refunds
from payments.models import Refund
from registrations import cancellation
from registrations.models import Order, Ticket
from tests import cast
from tests.payments import till
from ticketing.lib import clock
from workspace import sealing, statistics

SECONDS = 4.0
RUNNING = Q(order__confirmed_at__isnull=False, order__cancelled_at=None)


@pytest.fixture
def kind(concert):
    return cast.ticket_type(concert, capacity=100_000, price_minor=1250)


def told_and_true(event):
    """((tickets, orders, net) that the organiser is told, and those of the rows) of one and the same moment."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        told = statistics.counted(event=event, now=clock.now())
        tickets = Ticket.objects.filter(RUNNING, event=event).count()
        orders = Order.objects.filter(event=event, confirmed_at__isnull=False, cancelled_at=None).aggregate(
            n=Count("pk"), minor=Sum("total_minor")
        )
        given = Refund.objects.filter(
            payment__order__event=event,
            payment__order__confirmed_at__isnull=False,
            payment__order__cancelled_at=None,
            failed_at=None,
            reason="requested",
        ).aggregate(minor=Sum("amount_minor"))
    true = (tickets, orders["n"], (orders["minor"] or 0) - (given["minor"] or 0))
    return (told.tickets, told.orders, told.net_minor), true


def bought(kind, quantity=2):
    order = cast.ordered(kind, quantity)
    till.act(order, "pay")
    order.refresh_from_db()
    return order


class Crowd:
    """Threads that do something again and again, each on a connection of its own, until the sale ends."""

    def __init__(self, *acts):
        self.ending, self.done, self.troubles = threading.Event(), 0, []
        self.threads = [threading.Thread(target=self._run, args=(act,)) for act in acts]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join(30)

    def _run(self, act):
        try:
            while not self.ending.is_set():
                act()
                self.done += 1
        except Exception as error:
            self.troubles.append(repr(error))
        finally:
            connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_the_figures_are_the_rows_at_any_moment_of_a_sale(concert, kind):
    def buy_and_think_again():
        order = bought(kind)
        if order.pk % 3 == 0:
            cancellation.cancel_order(order=order, now=clock.now())
        elif order.pk % 3 == 1:
            refunds.refund_order(order=order, amount_minor=100, now=clock.now())

    def sum_up():
        sealing.seal(now=clock.now())
        time.sleep(0.01)

    looks, until = 0, time.monotonic() + SECONDS
    with Crowd(buy_and_think_again, buy_and_think_again, buy_and_think_again, sum_up) as crowd:
        while time.monotonic() < until or looks < 10:
            told, true = told_and_true(concert)
            assert told == true
            assert [finding.violated for finding in audit() if finding.invariant.name == "W1" and finding.violated] == []
            looks += 1
    assert crowd.troubles == []
    told, true = told_and_true(concert)
    assert told == true and told[0] > 0
    sealing.seal_all(now=clock.now())
    assert told_and_true(concert) == (told, true)


def sum_up_beside_a_slow_order(event):
    """An order takes its tickets' ids, and commits only after a later one was sold and summed up. Of two
    types: the slow one keeps its places locked."""
    slow_kind, kind = cast.ticket_type(event), cast.ticket_type(event)
    cast.ordered(kind)  # the event's key is there
    taken, go_on = threading.Event(), threading.Event()

    def slowly():
        try:
            with transaction.atomic():
                cast.ordered(slow_kind, 2)
                taken.set()
                go_on.wait(30)
        finally:
            connections.close_all()

    slow = threading.Thread(target=slowly)
    slow.start()
    assert taken.wait(30)
    cast.ordered(kind)
    for _ in range(3):
        sealing.seal(now=clock.now())
    go_on.set()
    slow.join(30)


@pytest.mark.django_db(transaction=True)
def test_an_order_that_commits_late_is_not_forgotten(concert):
    sum_up_beside_a_slow_order(concert)
    told, true = told_and_true(concert)
    assert told == true == (4, 3, 0)
    assert {finding.invariant.name for finding in audit() if finding.violated} == set()


@pytest.mark.django_db(transaction=True)
def test_without_waiting_for_running_transactions_it_would_be_forgotten(concert, monkeypatch):
    monkeypatch.setattr(sealing, "HORIZON", "SELECT 9223372036854775807::bigint, 0::bigint")
    sum_up_beside_a_slow_order(concert)
    told, true = told_and_true(concert)
    assert told != true
    assert {finding.invariant.name for finding in audit() if finding.violated} == {"W1"}
