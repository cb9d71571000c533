"""The JSON API: the list from the cache and not, registering, scanning; 32 programs at once."""

import json
import statistics
import subprocess
import sys
import time
from typing import Any

from bench import meter, sales, world
from bench.stage import PORT, Stage, wait_until_idle

CLIENTS = 32
BUYER = {"name": "Dana Buyer", "email": "dana@example.com"}
UNLIMITED = {"API_CALLS_PER_TOKEN": "60000", "API_CALLS_PER_ADDRESS": "60000"}  # a minute
Figures = dict[str, tuple[float, str, str]]


class Callers:
    """The other process, and what it was told last."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "bench.callers", str(PORT), str(CLIENTS)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def call(self, path: str, bodies: list[Any], *, secret: str = "", contains: str = "") -> dict[str, Any]:
        headers = f"Authorization: Bearer {secret}\r\n" if secret else ""
        self.process.stdin.write(json.dumps({"path": path, "bodies": bodies, "headers": headers, "contains": contains}) + "\n")
        self.process.stdin.flush()
        result: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert not result["broken"], result["broken"]
        return result

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


def measure(stage: Stage) -> Figures:
    from api import tokens
    from api.models import Scope
    from ticketing.lib import clock

    for number in range(20):
        world.free_type(world.an_event(f"listed-{number}"), capacity=100)
    event = world.an_event("programs")
    kind = world.free_type(event, capacity=1_000_000)
    _, secret = tokens.make(organiser=world.organiser(), name="Bench", scopes=Scope.values, by=None, now=clock.now())
    at = f"/api/v1/manage/events/{event.slug}"
    order = {"buyer": BUYER, "lines": [{"ticket_type": kind.pk, "quantity": 1}]}
    figures: Figures = {}
    callers = Callers()
    try:
        with stage.serve(worker=False, **UNLIMITED):
            figures |= _figures(stage, callers, "API list, cached", "/api/v1/events", [None] * 3200, target="<= 1")
            stats = [None] * 480
            figures |= _figures(stage, callers, "API event stats", f"{at}/stats", stats, secret=secret, target="")
        with stage.serve(worker=False, PAGE_CACHE="0", PDF_IN_MAIL="0", **UNLIMITED):
            figures |= _figures(stage, callers, "API list, uncached", "/api/v1/events", [None] * 480, target="<= 8")
            figures |= _figures(
                stage, callers, "API register", f"{at}/orders", [order] * 672, secret=secret, target="<= 8", contains="confirmed"
            )
            figures |= _figures(
                stage, callers, "API scan", f"{at}/scans", _codes(event.slug), secret=secret, target="<= 4", contains="admitted"
            )
        with stage.serve(PDF_IN_MAIL="0", **UNLIMITED):
            wait_until_idle(stage)
            figures |= _figures(
                stage,
                callers,
                "API register with mail and invoice",
                f"{at}/orders",
                [order] * 320,
                secret=secret,
                target="",
                contains="confirmed",
            )
    finally:
        callers.close()
    return figures


def _codes(slug: str) -> list[dict[str, str]]:
    return [{"code": code} for code in sales.some_codes(slug, 992)]


def _figures(
    stage: Stage, callers: Callers, name: str, path: str, bodies: list[Any], *, target: str, secret: str = "", contains: str = ""
) -> Figures:
    """CPU of all servers' processes per call, and calls a second."""
    warm, measured = bodies[:32], bodies[32:]
    callers.call(path, warm, secret=secret, contains=contains)
    wait_until_idle(stage, seconds=3)
    with meter.Watch(stage.roots()) as spent:
        began = time.monotonic()
        result = callers.call(path, measured, secret=secret, contains=contains)
        seconds = time.monotonic() - began
        if stage.worker is not None:
            wait_until_idle(stage)
    return {
        name: (spent.cpu / len(measured) * 1000, "ms CPU", target),
        f"{name}, {CLIENTS} clients": (len(measured) / seconds, "calls/s", ""),
        f"{name}, p95": (statistics.quantiles(result["times"], n=20)[-1] * 1000, "ms", ""),
    }
