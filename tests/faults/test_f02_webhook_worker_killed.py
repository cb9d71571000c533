"""F2 for webhooks: kill -9 the worker while it tells; nothing is lost, and repeats carry the same id."""

import time

from bench.meter import tree
from tests.api.receiver import Receiver
from tests.faults.stage import Stage, kill, until

ADD = """
from accounts.models import Organiser
from api.webhooks import endpoints
endpoints.add(organiser=Organiser.objects.get(slug="alices-hall"), url="{url}", kinds=["order.placed", "order.paid"], by=None, now=now)
"""
SELL = """
from events.models import TicketType
from tests import cast
kind = TicketType.objects.select_related("event").get(pk={kind})
print(*(cast.ordered(kind, email=f"dana{{number}}@example.com").code for number in range(12)))
"""
SOON = "from api.models import Endpoint\nEndpoint.objects.filter(taken_until__isnull=False).update(taken_until=now)"


def test_a_killed_worker_loses_no_message():
    with Receiver() as there, Stage(worker=False) as stage:
        stage.python(ADD.format(url=there.url))
        there.answers = lambda path, body: time.sleep(0.3) or 200  # slow enough to be killed in the middle
        stage.start_worker()
        codes = stage.python(SELL.format(kind=stage.type_id)).split()
        until(lambda: len(there.seen) >= 3, seconds=90)
        for pid in sorted(tree([stage.worker.pid])):
            kill(pid)
        stage.worker.wait()
        there.answers = 200
        at_death = len(there.seen)
        assert at_death < 24
        stage.python(SOON)  # half a minute of waiting for the dead worker's claim, spared
        stage.start_worker()
        until(lambda: len({each["id"] for each in there.taken}) == 24, seconds=90)
        for code in codes:
            told = dict.fromkeys(each["type"] for each in there.taken if each["data"]["code"] == code)
            assert list(told) == ["order.placed", "order.paid"]
        repeated = len(there.taken) - len({each["id"] for each in there.taken})
        assert repeated <= 1  # only the one that was on its way
