"""The audit is clean on a normal world and finds each planted violation."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from operations.audit import audit
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


def violated():
    return {finding.invariant.name for finding in audit() if finding.violated}


@pytest.fixture
def world(concert):
    kind = cast.ticket_type(concert)
    cast.ordered(kind, 2)
    cast.held(kind)
    paid = cast.ticket_type(concert, price_minor=1000)
    return cast.ordered(paid)


def test_a_normal_world_is_clean(world):
    assert violated() == set()


@pytest.mark.parametrize(
    ("name", "plant"),
    [
        ("I1", "UPDATE events_quota SET claimed = claimed + 1"),
        ("I3", "UPDATE registrations_order SET confirmed_at = now() WHERE total_minor > 0"),
        ("I4", "UPDATE registrations_hold SET expires_at = now() - interval '1 hour' WHERE converted_at IS NULL"),
        ("M4", "DELETE FROM registrations_ticket WHERE position = 2"),
        ("M4", "UPDATE registrations_order SET confirmed_at = NULL"),
        (
            "M1",
            "INSERT INTO payments_payment (order_id, gateway, idempotency_key, amount_minor, currency, payment_url, opened_at, succeeded_at, failure) "
            "SELECT id, 'practice', 'k', 500, 'EUR', '', now(), now(), '' FROM registrations_order WHERE total_minor > 0",
        ),
        (
            "M2",
            "INSERT INTO payments_payment (order_id, gateway, idempotency_key, amount_minor, currency, payment_url, opened_at, succeeded_at, failure) "
            "SELECT id, 'practice', 'k' || n, 500, 'EUR', '', now(), now(), '' FROM registrations_order, generate_series(1, 2) n WHERE total_minor > 0",
        ),
        (
            "M3",
            "INSERT INTO payments_payment (order_id, gateway, idempotency_key, amount_minor, currency, payment_url, opened_at, failure) "
            "SELECT id, 'practice', 'k', 500, 'EUR', '', now(), '' FROM registrations_order WHERE total_minor > 0; "
            "UPDATE registrations_hold SET released_at = now() WHERE converted_at IS NULL",
        ),
    ],
)
def test_a_planted_violation_is_found(world, name, plant):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # the database's own guards would refuse most of this
        for statement in plant.split("; "):
            cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert name in violated()


def test_the_command_exits_with_1_on_a_violation(world, capsys):
    call_command("audit")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_quota SET claimed = claimed + 1")
    with pytest.raises(SystemExit) as ended:
        call_command("audit")
    assert ended.value.code == 1
    assert "I1  violated" in capsys.readouterr().out


def test_the_large_demo_is_clean(concert):
    from operations.demo import large

    large.fill(event=concert, tickets=400, now=clock.now() - timedelta(days=1))
    assert violated() == set()
