"""F3: kill -9 PostgreSQL in a sale at full speed. I1, I3, L1: holds may vanish, orders not."""

from bench.meter import tree
from tests.faults.stage import Sale, Stage, kill


def test_orders_survive_and_the_sale_goes_on():
    with Stage(worker=False) as stage:
        with Sale(stage) as sale:
            for pid in sorted(tree([stage.servers.postgres.pid])):
                kill(pid)
            stage.servers.postgres.wait()
            stage.servers.start_missing()
            sale.goes_on()
        assert set(sale.told) <= stage.orders()
        stage.audit()


def test_control_a_lost_order_would_be_noticed():
    with Stage(worker=False) as stage:
        with Sale(stage, buyers=1) as sale:
            pass
        stage.python(
            f"from registrations.models import Ticket, OrderLine, Order\nfor m in (Ticket, OrderLine): m.objects.filter(order__code='{sale.told[0]}').delete()\nOrder.objects.filter(code='{sale.told[0]}').delete()"
        )
        assert not set(sale.told) <= stage.orders()
