"""Fifty phones at the gates of an event with 100,000 tickets: scans, the copy and what changed since.

First as fast as they can, which is the rate; then at a steady rate beyond the one that is promised, each
scan's time counted from when it was due, which is the delay. `BENCH_SCANS=50000` scans all that are not
in yet; otherwise some thousands.
"""

import json
import os
import secrets
import statistics
import threading
import time
from typing import Any

from bench import meter
from bench.client import Client
from bench.stage import PORT, Stage, runner, wait_until_idle

TICKETS, PHONES = 100_000, 50
SCANS = int(os.environ.get("BENCH_SCANS", "6000"))
STEADY = 350  # scans a second; 50,000 people in an hour are 14
TOLD_EVERY = 140  # scans between two questions of a phone: ten seconds of 50,000 people an hour
Figures = dict[str, tuple[float, str, str]]


def measure(stage: Stage) -> Figures:
    from events.models import Event

    runner.manage("demo", "--tickets", str(TICKETS))
    event = Event.objects.get(slug=f"benchmark-{TICKETS}")
    figures = _build(event)
    codes = _codes(event, SCANS + 2 * TOLD_EVERY)
    with stage.serve(PDF_IN_MAIL="0"):
        phones = [Phone(event, number) for number in range(PHONES)]
        figures |= phones[0].load()
        wait_until_idle(stage)
        scanned, told = codes[: -2 * TOLD_EVERY], codes[-2 * TOLD_EVERY :]
        fast, steady = scanned[: len(scanned) * 2 // 3], scanned[len(scanned) * 2 // 3 :]
        times, spent = scan_all(stage, phones, fast, rate=None)
        figures |= {
            f"{PHONES} phones": (len(times) / spent.seconds, "scans/s", ">= 300"),
            f"{PHONES} phones, a scan": (spent.cpu / len(times) * 1000, "ms CPU", "<= 4"),
            f"{PHONES} phones, p99 at this rate": (_p99(times), "ms", ""),
        }
        times, spent = scan_all(stage, phones, steady, rate=STEADY)
        figures |= {
            f"{PHONES} phones at {STEADY}/s": (len(times) / spent.seconds, "scans/s", ">= 300"),
            f"{PHONES} phones at {STEADY}/s, p50": (statistics.median(times) * 1000, "ms", ""),
            f"{PHONES} phones at {STEADY}/s, p99": (_p99(times), "ms", "<= 100"),
        }
        figures |= phones[0].delta(told)
    return figures


def _build(event: Any) -> Figures:
    from scanning import snapshot
    from scanning.models import Copy, CopyPart
    from ticketing.lib import clock

    figures: Figures = {}
    for name, target in (("the first copy, with all signatures", ""), ("a whole copy of 100,000 tickets", "<= 3")):
        CopyPart.objects.all().delete()
        Copy.objects.all().delete()
        began, cpu = time.monotonic(), time.process_time()
        snapshot.refresh(event=event, now=clock.now())
        figures[f"{name}, built"] = (time.monotonic() - began, "s", target)
        figures[f"{name}, Python"] = (time.process_time() - cpu, "s CPU", "")
    return figures


def _codes(event: Any, count: int) -> list[str]:
    from registrations import codes
    from registrations.models import Ticket
    from scanning.models import Entry

    inside = Entry.objects.filter(ticket__event=event).values("ticket")
    return [codes.code_of(ticket) for ticket in Ticket.objects.filter(event=event).exclude(pk__in=inside)[:count]]


class Phone:
    """Opened by its code, as a steward's is."""

    def __init__(self, event: Any, number: int) -> None:
        from scanning import devices
        from scanning.gates import gates_of
        from ticketing.lib import clock

        gates = gates_of(event=event)
        device = devices.make(event=event, gates=gates, name=f"Phone {number}", now=clock.now(), made_by=None)
        token = secrets.token_urlsafe(32)
        self.client, self.gate, self.authorization = Client(PORT), gates[0].pk, f"Authorization: Device {token}\r\n"
        reply = self.client.post_json("/gate/device/claims/", {"code": device.code, "token": token, "steward": "Bench"})
        assert reply.status == 201, reply.body[:500]
        self.copy = ""

    def scan(self, code: str) -> str:
        scan = {"nonce": secrets.token_hex(8), "gate": self.gate, "presented": code, "scanned_at": "2027-06-12T18:00:00.000Z", "skew_ms": 0}
        reply = self.client.post_json("/gate/device/scans/", {"scans": [scan], "battery": 80, "queue": 0}, self.authorization)
        assert reply.status == 200, (reply.status, reply.body[:500])
        verdict: str = json.loads(reply.body)["results"][0]["verdict"]
        return verdict

    def ask(self) -> bytes:
        reply = self.client._send("GET", f"/gate/device/snapshot/{self.copy}", b"", self.authorization + "Accept-Encoding: gzip\r\n")
        assert reply.status in (200, 204), (reply.status, reply.body[:500])
        self.copy = f"?since={reply.headers['x-copy-number']}"
        return reply.body

    def load(self) -> Figures:
        began = time.monotonic()
        size = len(self.ask())
        return {
            "the whole copy, as sent": (size / 1_000_000, "MB", "<= 8"),
            "the whole copy, fetched": (time.monotonic() - began, "s", ""),
        }

    def delta(self, codes: list[str]) -> Figures:
        sizes = []
        self.ask()
        for half in (codes[:TOLD_EVERY], codes[TOLD_EVERY:]):
            for code in half:
                self.scan(code)
            time.sleep(2.1)
            sizes.append(len(self.ask()))
        return {f"a delta after {TOLD_EVERY} entries": (max(sizes) / 1000, "kB", "<= 5")}


def scan_all(stage: Stage, phones: list[Phone], codes: list[str], *, rate: float | None) -> tuple[list[float], meter.Spent]:
    """Every code once, `rate` a second over all phones, or as fast as they can. Seconds of each, from when it was due."""
    times: list[float] = []
    verdicts: list[str] = []
    began = time.monotonic() + 0.2

    def work(number: int) -> None:
        for place in range(number, len(codes), len(phones)):
            due = began + place / rate if rate else time.monotonic()
            time.sleep(max(0.0, due - time.monotonic()))
            verdicts.append(phones[number].scan(codes[place]))
            times.append(time.monotonic() - due)

    with meter.Watch(stage.roots()) as spent:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(len(phones))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert verdicts == ["admitted"] * len(codes), (len(verdicts), verdicts.count("admitted"))
    return times, spent


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98] * 1000
