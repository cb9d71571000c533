"""F7: Redis stopped, or frozen. The sale goes on."""

import os
import signal

from tests.faults.stage import Sale, Stage


def test_the_sale_goes_on_without_redis_and_with_a_frozen_one():
    with Stage(worker=False) as stage:
        with Sale(stage, buyers=2) as sale:
            os.kill(stage.servers.redis.pid, signal.SIGSTOP)
            sale.goes_on(seconds=30)
            os.kill(stage.servers.redis.pid, signal.SIGCONT)
            stage.servers.redis.kill()
            stage.servers.redis.wait()
            sale.goes_on(seconds=30)
        assert sale.troubles == []
        assert set(sale.told) <= stage.orders()
        stage.audit()
