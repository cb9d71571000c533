"""While the provider is asked, no transaction is open and no database connection is held."""

import copy

import pytest
from django.db import OperationalError, connection, connections, transaction

from payments import fees, reconciliation, settlement
from payments.gateway import gateway
from payments.models import Payment
from tests import cast
from tests.faults.stage import until
from tests.payments import till
from ticketing.lib import clock, waiting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pooled(db):
    """The database through a pool, as it is with Stripe's key in the environment."""
    own = connections["default"]
    settings = copy.deepcopy(own.settings_dict)
    settings |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
    settings["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 2, "timeout": 5}
    shared = type(own)(settings, "default")
    connections["default"] = shared
    yield shared
    shared.close()
    shared.close_pool()
    connections["default"] = own


def watch(monkeypatch, double, shared):
    """What each call to the provider finds: (the call, connections in use, a transaction is open)."""
    found, answer = [], double.answer

    def looked_at(method, path, *rest):
        stats = shared.pool.get_stats()
        found.append((f"{method} {path.split('/')[0]}", stats["pool_size"] - stats["pool_available"], shared.in_atomic_block))
        return answer(method, path, *rest)

    monkeypatch.setattr(double, "answer", looked_at)
    return found


def test_no_connection_is_held_while_the_provider_is_asked(kind, stripe_double, monkeypatch, pooled, pass_time):
    found = watch(monkeypatch, stripe_double, pooled)
    order = cast.ordered(kind, 2)
    payment = till.opened(order)
    stripe_double.book.pay(payment.provider_id, "")
    till.landing(order)
    settlement.owe_refund(payment=Payment.objects.get(), amount_minor=100, reason="requested", now=clock.now())
    settlement.send_refunds(now=clock.now())
    fees.take_fees(now=clock.now())
    reconciliation.compare_lists(now=clock.now())
    till.opened(cast.ordered(kind))
    pass_time(minutes=16)
    settlement.settle_open(now=clock.now())
    assert order.tickets.count() == 2
    assert {call for call, _, _ in found} == {"POST checkout", "GET checkout", "POST refunds"}
    assert [each for each in found if each[1:] != (0, False)] == []
    till.assert_audit_is_clean()


def test_control_without_giving_it_back_the_connection_would_be_held(kind, stripe_double, monkeypatch, pooled):
    monkeypatch.setattr(waiting, "without_database", lambda: None)
    found = watch(monkeypatch, stripe_double, pooled)
    order = cast.ordered(kind)
    settlement.open_payment(order=order, now=clock.now())
    assert found[0][1] == 1


def test_a_call_inside_a_transaction_is_refused_before_it_is_made(kind, stripe_double):
    payment = till.opened(cast.ordered(kind))
    asked = stripe_double.calls.total()
    with pytest.raises(waiting.InsideTransaction), transaction.atomic():
        gateway().fetch(provider_id=payment.provider_id)
    assert stripe_double.calls.total() == asked and not connection.in_atomic_block


def killed_meanwhile(shared):
    """A connection lies in the pool, and the server ends it there; its number at the server."""
    shared.pool.open(wait=True)  # its first connection is there, so that nobody makes a second
    with shared.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (number,) = cursor.fetchone()
    shared.close()
    until(lambda: shared.pool.get_stats()["pool_available"] == 1, seconds=10)  # or the pool finds it dead on its way back

    def kill(_):
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [number])
            return cursor.fetchone()[0]

    assert till.at_once(1, kill) == [True]
    return number


def test_a_connection_that_ended_while_it_lay_in_the_pool_is_replaced_unasked(pooled):
    number = killed_meanwhile(pooled)
    with pooled.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone()[0] != number


def test_control_without_the_look_at_its_socket_the_next_statement_would_break(pooled, monkeypatch):
    monkeypatch.setattr("ticketing.database.base._is_quiet", lambda _: True)
    killed_meanwhile(pooled)
    with pytest.raises(OperationalError), pooled.cursor() as cursor:
        cursor.execute("SELECT 1")
