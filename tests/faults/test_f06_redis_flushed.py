"""F6: FLUSHALL on Redis in a sale. Tasks are found again from rows; I1."""

import redis

from tests.faults.stage import Sale, Stage, until


def test_the_sale_and_the_tasks_go_on():
    with Stage() as stage:
        with Sale(stage) as sale:
            redis.Redis(unix_socket_path=str(stage.servers.redis_socket)).flushall()
            sale.goes_on()
        until(
            lambda: stage.python("from registrations.models import Order\nprint(Order.objects.filter(fulfilled_at=None).count())") == "0",
            seconds=40,
        )
        assert set(sale.told) <= stage.orders()
        stage.audit()
