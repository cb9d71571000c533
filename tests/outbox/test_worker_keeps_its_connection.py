"""A worker opens its database connection once, not for each task: a new one costs PostgreSQL more than the task."""

from tests.faults.stage import Sale, Stage

SESSIONS = "from django.db import connection\nc = connection.cursor()\nc.execute('SELECT sum(sessions) FROM pg_stat_database')\nprint(c.fetchone()[0])"
FULFILLED = "from registrations.models import Order\nprint(Order.objects.filter(fulfilled_at__isnull=False).count())"
ORDERS = 12


def test_many_tasks_need_no_new_connections():
    with Stage() as stage:
        with Sale(stage, buyers=2) as sale:
            sale.goes_on(2)
            before, asked = int(stage.python(SESSIONS)), 1
            done = int(stage.python(FULFILLED))
            sale.goes_on(ORDERS)
        while int(stage.python(FULFILLED)) < done + ORDERS and asked < 60:
            asked += 1
        opened = int(stage.python(SESSIONS)) - before
        assert int(stage.python(FULFILLED)) >= done + ORDERS
        assert opened - asked < ORDERS / 2  # those that asked are counted themselves
