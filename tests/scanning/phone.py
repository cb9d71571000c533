"""A steward's phone: speaks the protocol through HTTP and keeps a copy, as the scanner's script does."""

import secrets
from datetime import timedelta

from django.test import Client

from registrations import codes
from scanning import devices, parts
from scanning.gates import gates_of
from ticketing.lib import clock


class Phone:
    """`Phone(event)` is opened at the event's first gate; `Phone(event, gates=[…])` at those."""

    def __init__(self, event, gates=None, name=""):
        self.gates = gates or gates_of(event=event)[:1]
        self.device = devices.make(event=event, gates=self.gates, name=name, now=clock.now(), made_by=None)
        self.client, self.token, self.number = Client(), secrets.token_urlsafe(32), None
        self.parts = []

    def open(self, steward="Bob"):
        reply = self.post("claims", {"code": self.device.code, "token": self.token, "steward": steward}, anonymous=True)
        assert reply.status_code == 201, reply.content
        self.setup = reply.json()
        return self

    def post(self, what, sent, *, anonymous=False):
        headers = {} if anonymous else {"Authorization": f"Device {self.token}"}
        return self.client.post(f"/gate/device/{what}/", sent, content_type="application/json", headers=headers)

    def get(self, what):
        return self.client.get(f"/gate/device/{what}", headers={"Authorization": f"Device {self.token}"})

    def scan(self, presented, *, nonce=None, gate=None, **more):
        """One scan, decided by the server; its result."""
        return self.send([self.scanned(presented, nonce=nonce, gate=gate, **more)])[0]

    def scanned(self, presented, *, nonce=None, gate=None, at=None, skew_ms=0, **more):
        at = at or clock.now()
        return {
            "nonce": nonce or secrets.token_hex(8),
            "gate": (gate or self.gates[0]).pk,
            "presented": presented,
            "scanned_at": at.isoformat(),
            "skew_ms": skew_ms,
        } | more

    def offline(self, presented, *, minutes_ago=10, verdict="admitted", let_in=True, **more):
        """A scan that this phone decided alone, to be sent later."""
        at = more.pop("at", None) or clock.now() - timedelta(minutes=minutes_ago)
        return self.scanned(presented, at=at, offline={"verdict": verdict, "let_in": let_in}, **more)

    def send(self, scans, **report):
        reply = self.post("scans", {"scans": scans, "queue": 0} | report)
        assert reply.status_code == 200, reply.content
        return reply.json()["results"]

    def sync(self):
        """Fetch what is newer; the parts that came."""
        reply = self.get("snapshot/" + (f"?since={self.number}" if self.number is not None else ""))
        assert reply.status_code in (200, 204), reply.content
        came = parts.read(reply.content)
        for part in came:
            if part.header["kind"] == "whole":
                self.parts.clear()
            self.parts.append(part)
        self.number = int(reply.headers["X-Copy-Number"])
        return came

    def record(self, ticket):
        """(standing, name) of the ticket in this phone's copy, by its code, or None."""
        raw = codes.raw_code(event_id=ticket.event_id, key_id=ticket.key_id, serial=ticket.serial)
        for part in reversed(self.parts):
            text = parts.unseal(part=part, raw_code=raw)
            if text is not None:
                return text[0], text[8 + (10 if part.header["rotating"] else 0) :].decode()
        return None

    def entries(self, ticket):
        """How often the copy says that the ticket came in."""
        raw = codes.raw_code(event_id=ticket.event_id, key_id=ticket.key_id, serial=ticket.serial)
        wanted = parts.record_id_of(parts.secret_of(raw))
        found = [state for part in self.parts for state in part.states if state[0] == wanted]
        return found[-1][5] if found else 0
