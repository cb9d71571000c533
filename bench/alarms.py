"""All planted faults at once, in real time against real processes: each default alarm fires within two minutes and clears.

2 % of requests fail (the provider is away), the file store takes three seconds, the worker is killed, 85 % of the
database's connections are taken, a notice is not handled. Some six minutes: not a part of `make bench` unless asked for.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg

from bench.client import Client
from bench.stage import PORT, Stage

RULES = ("error-rate", "storage-slow", "worker-silent", "database-capacity", "notice-stuck")
CLEAN_SECONDS, FAULTY_SECONDS, MENDED_SECONDS = 60, 130, 240


class Outside(BaseHTTPRequestHandler):
    """Store and payment provider in one: objects are never there, the provider is always away."""

    protocol_version = "HTTP/1.1"
    slow_seconds = 0.0

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/v1/"):
            return self._say(500)
        time.sleep(Outside.slow_seconds)
        return self._say(404 if self.command in ("HEAD", "GET") else 200)

    def _say(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *_: object) -> None:
        """The bench says what is to be said."""


@contextmanager
def outside() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Outside) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@contextmanager
def traffic(slug: str, payment: str) -> Iterator[None]:
    """Some twenty requests a second, every fiftieth one wants to pay."""
    over = threading.Event()

    def ask() -> None:
        client, number = Client(PORT), 0
        while not over.wait(0.05):
            number += 1
            try:
                client.get(payment if number % 50 == 0 and payment_fails.is_set() else f"/events/{slug}/")
            except (OSError, EOFError):
                client = Client(PORT)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join(30)


payment_fails = threading.Event()


def measure(stage: Stage) -> dict[str, tuple[float, str, str]]:
    from django.db import connection

    from bench import world
    from tests import cast
    from ticketing.lib import clock

    event = world.an_event("alarms")
    order = cast.ordered(cast.ticket_type(event, capacity=100, price_minor=1500))
    with outside() as port:
        environment = {
            "S3_BUCKET": "tickets",
            "S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "STRIPE_SECRET_KEY": "sk_test_bench",
            "STRIPE_WEBHOOK_SECRETS": "whsec_bench",
            "STRIPE_API_BASE": f"http://127.0.0.1:{port}",
        }
        with stage.serve(**environment), traffic(event.slug, f"{order.get_absolute_url()}payment/"):
            time.sleep(CLEAN_SECONDS)
            before = fired_since(None)
            began = clock.now()
            taken = plant(stage)
            connection.close()
            time.sleep(FAULTY_SECONDS)
            fired = fired_since(began)
            mended = clock.now()
            mend(stage, taken, os.environ | environment)
            time.sleep(MENDED_SECONDS)
            cleared = cleared_since(mended)
    figures = {"alarms in a clean minute": (float(len(before)), "", "== 0")}
    for name in RULES:
        figures[f"alarm {name}, fires after"] = (fired.get(name, 999.0), "s", "<= 120")
        figures[f"alarm {name}, clears after"] = (cleared.get(name, 999.0), "s", f"<= {MENDED_SECONDS}")
    return figures


def plant(stage: Stage) -> list[psycopg.Connection]:
    from payments.models import Notice
    from ticketing.embedded import DATABASE, USER
    from ticketing.lib import clock

    payment_fails.set()
    Outside.slow_seconds = 3.0
    assert stage.worker is not None
    stage.worker.kill()
    stage.worker.wait()
    Notice.objects.create(
        gateway="stripe", provider_notice_id="stuck", kind="unknown", about="", body={}, received_at=clock.now() - timedelta(minutes=5)
    )
    taken: list[psycopg.Connection] = []
    while True:
        taken.append(psycopg.connect(host=str(stage.servers.sockets / "postgres"), user=USER, dbname=DATABASE, autocommit=True))
        used, most = (
            taken[0]
            .execute(
                "SELECT count(*) FILTER (WHERE backend_type = 'client backend'), current_setting('max_connections')::int FROM pg_stat_activity"
            )
            .fetchone()
        )  # type: ignore[misc]
        if used >= most * 0.85:
            return taken


def mend(stage: Stage, taken: list[psycopg.Connection], environment: dict[str, str]) -> None:
    from bench.stage import ROOT
    from ticketing.embedded import __main__ as runner
    from ticketing.embedded import children

    payment_fails.clear()
    Outside.slow_seconds = 0.0
    for each in taken:
        each.close()
    stage.worker = children.start(runner.commands()["worker"], log=stage.var / "log" / "worker.log", cwd=ROOT, env=environment)


def fired_since(began: object) -> dict[str, float]:
    """{rule: seconds after `began`}, at its first firing. "drill-old" is no fault of the load: no restore was ever tried here."""
    from operations.models import Alarm

    rows = Alarm.objects.exclude(rule__name="drill-old").order_by("-fired_at").values_list("rule__name", "fired_at")
    if began is None:
        return {name: 0.0 for name, _ in rows}
    return {name: (at - began).total_seconds() for name, at in rows if at > began}


def cleared_since(mended: object) -> dict[str, float]:
    from operations.models import Alarm

    rows = Alarm.objects.filter(cleared_at__isnull=False).values_list("rule__name", "cleared_at")
    open_still = set(Alarm.objects.filter(cleared_at=None).values_list("rule__name", flat=True))
    return {name: (at - mended).total_seconds() for name, at in rows if name not in open_still}
