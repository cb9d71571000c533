"""A worker opens its database connection once, not for each task: a new one costs PostgreSQL more than the task."""

from tests.faults.stage import Sale, Stage, until

SESSIONS = "from django.db import connection\nc = connection.cursor()\nc.execute('SELECT sum(sessions) FROM pg_stat_database')\nprint(c.fetchone()[0])"
FULFILLED = "from registrations.models import Order\nprint(Order.objects.filter(fulfilled_at__isnull=False).count())"
ORDERS = 12


def test_many_tasks_need_no_new_connections():
    with Stage() as stage:

        def fulfilled() -> int:
            return int(stage.python(FULFILLED))

        with Sale(stage, buyers=2) as sale:
            until(fulfilled, seconds=60)
            sessions, orders = int(stage.python(SESSIONS)), fulfilled()
            sale.goes_on(ORDERS)
        until(lambda: fulfilled() >= orders + ORDERS, seconds=60)
        assert int(stage.python(SESSIONS)) - sessions < ORDERS / 2
