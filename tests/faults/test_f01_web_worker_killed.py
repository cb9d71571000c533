"""F1: kill -9 a web worker in a sale. I1, I3, U1."""

from tests.faults.stage import Sale, Stage, kill


def test_no_order_that_a_buyer_saw_is_lost():
    with Stage(worker=False) as stage:
        with Sale(stage) as sale:
            kill(stage.web_workers()[-1])  # granian starts another
            sale.goes_on()
            for pid in (stage.web.pid, *stage.web_workers()):
                kill(pid)
            stage.web.wait()
            stage.start_web()
            sale.goes_on()
        assert set(sale.told) <= stage.orders()
        stage.audit()
