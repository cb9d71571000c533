"""Paid checkouts at a provider that takes 50 ms, and a flood of its notices. The provider's own CPU is not counted."""

import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench import meter, world
from bench.sales import BUYERS, buyers
from bench.stage import PORT, Stage, wait_until_idle

Figures = dict[str, tuple[float, str, str]]
SESSIONS, AGAIN = 6_000, 0.1  # they have about 9,000 notices; a tenth of what is posted is there twice


class Provider:
    """The double, asked by one line and answering by one."""

    def __init__(self, delay_ms: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "bench.provider", str(self.port), str(delay_ms), str(PORT)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._line()
        self.environment = {
            "STRIPE_SECRET_KEY": "sk_test_double",
            "STRIPE_WEBHOOK_SECRETS": "whsec_double",
            "STRIPE_API_BASE": f"http://127.0.0.1:{self.port}",
            "STRIPE_CALLS_PER_SECOND": "1000",  # what we can do, not what Stripe allows
            "PDF_IN_MAIL": "0",
        }

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def ask(self, **words: Any) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        return json.loads(self._line())


@contextmanager
def provider(delay_ms: int) -> Iterator[Provider]:
    started = Provider(delay_ms)
    try:
        yield started
    finally:
        assert started.process.stdin is not None
        started.process.stdin.close()
        started.process.wait(20)


def measure_paid(stage: Stage) -> Figures:
    """32 buyers who pay by card: the provider is asked twice, each time for 50 ms. The double and the buyers run on the
    same cores: what they take of them is told beside."""
    kind = world.paid_type(world.an_event("paid"), capacity=1_000_000)
    slug = kind.event.slug
    with provider(50) as bank, stage.serve(**bank.environment):
        buyers(slug, kind.pk, first=time.monotonic_ns() % 10**9, count=BUYERS, orders=2, bank=bank.port)
        wait_until_idle(stage)
        before, at_bank = parts(stage), meter.cpu_seconds([bank.process.pid])
        with meter.Watch(stage.roots()) as spent:
            result = buyers(slug, kind.pk, first=time.monotonic_ns() % 10**9, count=BUYERS, orders=12, bank=bank.port)
            wait_until_idle(stage)
        orders, memory = len(result["times"]), meter.memory_mb(stage.roots())
        shares = {f"paid checkout, of it {name}": seconds - before[name] for name, seconds in parts(stage).items()}
        shares["paid checkout, beside it the provider's double"] = meter.cpu_seconds([bank.process.pid]) - at_bank
        shares["paid checkout, beside it the buyers"] = result["cpu"]
    assert world.paid_orders(kind) == orders + BUYERS * 2
    return {
        f"paid checkout at a provider of 50 ms, {BUYERS} buyers": (orders / result["seconds"], "orders/s", ">= 30"),
        "paid checkout": (spent.cpu / orders * 1000, "ms CPU", ""),
        "paid checkout, p95": (statistics.quantiles(result["times"], n=20)[-1], "s", ""),
        "memory after paid checkouts, all": (memory, "MB PSS", ""),
    } | {name: (seconds / orders * 1000, "ms CPU", "") for name, seconds in shares.items()}


def parts(stage: Stage) -> dict[str, float]:
    """CPU seconds so far of each part that serves."""
    running = {"web": stage.web, "worker": stage.worker, "database": stage.servers.postgres}
    return {name: meter.cpu_seconds([process.pid]) for name, process in running.items() if process is not None}


def measure_notices(stage: Stage) -> Figures:
    """Some 10,000 notices in random order, a tenth of them twice: until every payment stands as the provider says."""
    from operations.audit import audit
    from payments.models import Notice, Payment

    kind = world.paid_type(world.an_event(f"notices-{time.monotonic_ns()}"), capacity=SESSIONS)
    sessions = world.opened_payments(kind, SESSIONS)
    with provider(0) as bank, stage.serve(**bank.environment):
        bank.ask(sessions=sessions)
        wait_until_idle(stage)
        began, before, at_bank = time.monotonic(), parts(stage), meter.cpu_seconds([bank.process.pid])
        with meter.Watch(stage.roots()) as spent:
            posted = bank.ask(post=1, threads=4, again=AGAIN)
            until(lambda: Notice.objects.count() >= posted["different"] and not Notice.objects.filter(handled_at=None).exists())
            seconds = time.monotonic() - began
            wait_until_idle(stage, seconds=120)
        shares = {f"notice, of it {name}": used - before[name] for name, used in parts(stage).items()}
        shares["notice, beside it the provider's double, which posts them"] = meter.cpu_seconds([bank.process.pid]) - at_bank
        said = bank.ask(states=True)
    wrong = sum(state(payment) != said[payment.provider_id] for payment in Payment.objects.filter(order__event=kind.event).iterator())
    violated = sum(len(finding.violated) for finding in audit())
    assert not posted["refused"], posted
    return {
        "notices in random order, a tenth twice": (posted["posted"], "notices", ">= 9800"),
        "notices settled": (posted["posted"] / seconds, "notices/s", ">= 150"),
        "notice, kept and settled": (spent.cpu / posted["posted"] * 1000, "ms CPU", "<= 8"),
        "payments that do not stand as the provider says": (wrong, "payments", "== 0"),
        "invariants violated after the notices": (violated, "findings", "== 0"),
    } | {name: (seconds / posted["posted"] * 1000, "ms CPU", "") for name, seconds in shares.items()}


def state(payment: Any) -> str:
    return "paid" if payment.succeeded_at else "failed" if payment.failed_at else "open"


def until(true: Any, *, seconds: float = 200) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return
        time.sleep(0.25)
    raise AssertionError(f"not within {seconds} s")
