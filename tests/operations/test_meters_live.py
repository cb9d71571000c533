"""Real processes: every request counted once against the client's own count, and a killed process loses less than a second."""

import time

from bench.client import Client
from tests.faults.stage import Stage, kill, until

COUNT = """
from operations.meters import reading
for name in ("events:event", "events:event-list", "unknown", "registrations:find-tickets"):
    print(reading.recent(now=now, minutes=5).span([name]).count, end=" ")
"""


def counted(stage):
    return [int(word) for word in stage.python(COUNT).split()[-4:]]


def test_counts_are_exact_over_processes_and_a_kill_loses_less_than_a_second():
    with Stage(worker=False) as stage:
        asked = {"/events/fault/": 120, "/": 80, "/nothing-here/": 40, "/tickets/find/": 30}
        clients = [Client(stage.port) for _ in range(4)]
        for number in range(120):
            for path, times in asked.items():
                if number < times:
                    clients[number % 4].get(path)
        until(lambda: counted(stage) == list(asked.values()), seconds=15)
        time.sleep(1.0)  # what is older than a second is written
        for pid in stage.web_workers():
            kill(pid)
        assert counted(stage) == list(asked.values())
