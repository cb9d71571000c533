"""Whole checkouts over HTTP, scans at the gate, and a rush on few places."""

import json
import statistics
import subprocess
import sys
import time
from typing import Any

from bench import meter, world
from bench.client import Client, hidden_fields
from bench.stage import PORT, Stage, wait_until_idle

BUYERS = 32
RUSHES = 20


def buyers(slug: str, type_id: int, *, first: int, count: int, orders: int, bank: int = 0) -> dict[str, Any]:
    """`count` buyers at once, each with `orders` checkouts, from one other process. `bank`: the port where they pay."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.buyers", str(PORT), slug, str(type_id), str(first), str(count), str(orders), str(bank)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    process.stdout.readline()
    began = time.monotonic()
    out, _ = process.communicate("go\n")
    result: dict[str, Any] = json.loads(out.splitlines()[-1])
    result["seconds"] = time.monotonic() - began
    assert not result["broken"], result["broken"][0]
    return result


def measure(stage: Stage) -> dict[str, tuple[float, str, str]]:
    event = world.an_event("checkout")
    kind = world.free_type(event, capacity=1_000_000)
    figures = {}
    for label, pdf, target in (("without PDF", "0", "<= 30"), ("with PDF", "1", "")):
        with stage.serve(PDF_IN_MAIL=pdf):
            buyers(event.slug, kind.pk, first=time.monotonic_ns() % 10**9, count=4, orders=5)
            wait_until_idle(stage)
            with meter.Watch(stage.roots()) as spent:
                result = buyers(event.slug, kind.pk, first=time.monotonic_ns() % 10**9, count=BUYERS, orders=8)
                wait_until_idle(stage)
            orders = len(result["times"])
            figures[f"free checkout {label}"] = (spent.cpu / orders * 1000, "ms CPU", target)
            figures[f"free checkout {label}, {BUYERS} buyers"] = (orders / result["seconds"], "orders/s", ">= 60" if pdf == "0" else "")
            figures[f"free checkout {label}, p95"] = (statistics.quantiles(result["times"], n=20)[-1], "s", "<= 1" if pdf == "0" else "")
            figures[f"free checkout {label}, requests"] = (result["requests"] / orders, "requests", "")
    return figures


def measure_rush(stage: Stage) -> dict[str, tuple[float, str, str]]:
    """32 buyers against 500 places, each trying 20 times: exactly 500 sold, the others told the truth."""
    from registrations.models import Ticket

    wrong = untruthful = 0
    seconds = []
    with stage.serve(PDF_IN_MAIL="0"):
        for seed in range(RUSHES):
            event = world.an_event(f"rush-{seed}")
            kind = world.free_type(event, capacity=500)
            result = buyers(event.slug, kind.pk, first=seed * 1000, count=BUYERS, orders=20)
            sold = Ticket.objects.filter(event=event).count()
            wrong += sold != 500 or len(result["times"]) != 500
            untruthful += result["refused"] - result["truthful"]
            seconds.append(result["seconds"])
    return {
        f"rushes on 500 places that did not sell exactly 500, of {RUSHES}": (wrong, "rushes", "== 0"),
        "refused buyers who were not told why": (untruthful, "buyers", "== 0"),
        "a rush on 500 places": (statistics.median(seconds), "s", ""),
    }


def signed_in() -> Client:
    client = Client(PORT)
    page = client.get("/account/login/")
    reply = client.post("/account/login/", hidden_fields(page.body) | {"login": "bench@example.com", "password": world.PASSWORD})
    assert reply.status in (302, 303), (reply.status, reply.body[:2000])
    return client


def scan_all(client: Client, slug: str, codes: list[str], nonce: str) -> None:
    page = client.get(f"/gate/{slug}/")
    assert page.status == 200, page.status
    hidden = hidden_fields(page.body)
    for number, code in enumerate(codes):
        reply = client.post(f"/gate/{slug}/scans/", hidden | {"code": code, "nonce": f"{nonce}-{number}"}, "Accept: application/json\r\n")
        assert reply.status == 200 and b"admitted" in reply.body, (reply.status, reply.body[:2000])


def some_codes(slug: str, count: int) -> list[str]:
    from registrations import codes
    from registrations.models import Ticket

    return [codes.code_of(ticket) for ticket in Ticket.objects.filter(event__slug=slug).order_by("-id")[:count]]


def measure_scans(stage: Stage) -> dict[str, tuple[float, str, str]]:
    event = world.an_event("scanned")
    kind = world.free_type(event, capacity=1_000_000)
    with stage.serve(PDF_IN_MAIL="0"):
        buyers(event.slug, kind.pk, first=0, count=8, orders=50)
        codes = some_codes(event.slug, 400)
        client = signed_in()
        scan_all(client, event.slug, codes[:50], "warm")
        wait_until_idle(stage)
        with meter.Watch(stage.roots()) as spent:
            scan_all(client, event.slug, codes[50:], "measured")
    scans = len(codes) - 50
    return {
        "scan at the gate": (spent.cpu / scans * 1000, "ms CPU", "<= 4"),
        "scan at the gate, one device": (scans / spent.seconds, "scans/s", ""),
    }


_hidden: dict[str, dict[str, str]] = {}


def scan_all_one(client: Client, slug: str, code: str, number: int) -> None:
    """One scan; the gate's page is read once for its hidden fields."""
    if slug not in _hidden:
        _hidden[slug] = hidden_fields(client.get(f"/gate/{slug}/").body)
    reply = client.post(f"/gate/{slug}/scans/", _hidden[slug] | {"code": code, "nonce": f"scale-{number}"}, "Accept: application/json\r\n")
    assert reply.status == 200 and b"admitted" in reply.body, (reply.status, reply.body[:2000])
