"""F28, online: one code at two gates within 50 ms, through two web servers. S1; the other says when and where."""

import contextlib
import json
import statistics
import threading
import time

import pytest

from bench.client import Client, hidden_fields
from tests.faults.stage import ROOT, Stage, free_port, until
from ticketing.embedded import __main__ as runner
from ticketing.embedded import children

TICKETS = 8
WITHIN_SECONDS = 0.05
SELL = """
import json
from events.models import Event
from registrations import codes
from scanning.gates import add_gate, gates_of
from tests import cast
event = Event.objects.get(slug="fault")
gates = [gates_of(event=event)[0].pk, add_gate(event=event, name="Back door").pk]
orders = [cast.ordered(event.ticket_types.get(), {tickets}) for _ in range(3)]
print(json.dumps([gates, [[codes.code_of(ticket) for ticket in order.tickets.all()] for order in orders]]))
"""
UNGUARDED = "from django.db import connection\nconnection.cursor().execute('ALTER TABLE scanning_entry DROP CONSTRAINT one_entry_per_list')"
COUNTS = """
from scanning.models import Entry, Scan
print(Entry.objects.count(), Scan.objects.filter(verdict='admitted').count(), Scan.objects.count())
"""


class House:
    """A sale with two web servers, two gates, Bob's phone at each, and codes that nobody used yet."""

    def __init__(self, stage, second_port):
        self.stage = stage
        self.gates, self.unused = json.loads(stage.python(SELL.format(tickets=TICKETS)))
        self.phones = [bob_at(stage.port), bob_at(second_port)]

    def written(self):
        """Entries, admitted scans, scans."""
        return [int(number) for number in self.stage.python(COUNTS).split()]


@pytest.fixture(scope="module")
def house():
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("WEB_WORKERS", "1")
        with Stage(worker=False) as stage, web_server(stage, "ticketing.wsgi:application") as second:
            yield House(stage, second)


@contextlib.contextmanager
def web_server(stage, application, *options):
    """Another web server process beside the stage's own; gives its port."""
    port = free_port()
    words = {runner.PORT: str(port), "ticketing.wsgi:application": application}
    command = [words.get(word, word) for word in runner.commands()["web"]]
    process = children.start([*command, *options], log=stage.var / "log" / f"web-{port}.log", cwd=ROOT, env=stage.env)
    try:
        until(lambda: Client(port).get("/readyz").status == 200, seconds=60)
        yield port
    finally:
        children.stop(process, seconds=5)


def bob_at(port):
    """Bob's phone, signed in, and the hidden fields that it posts along."""
    client = Client(port)
    page = client.get("/account/login/")
    reply = client.post("/account/login/", hidden_fields(page.body) | {"login": "bob@example.com", "password": "a-long-password-1"})
    assert reply.status in (302, 303), reply.body[:500]
    return client, hidden_fields(client.get("/gate/fault/").body)


def scanned(phone, gate, code, nonce):
    """What the phone is told, and when it asked."""
    client, hidden = phone
    asked = time.monotonic()
    reply = client.post("/gate/fault/scans/", hidden | {"gate": gate, "code": code, "nonce": nonce}, "Accept: application/json\r\n")
    assert reply.status == 200, reply.body[:500]
    return json.loads(reply.body) | {"asked": asked}


def at_both_gates(phones, gates, code, nonces):
    """One code at two gates in the same moment; the two answers."""
    together, answers = threading.Barrier(2, timeout=30), [None, None]

    def scan(number):
        together.wait()
        answers[number] = scanned(phones[number], gates[number], code, nonces[number])

    threads = [threading.Thread(target=scan, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def apart(pairs):
    """Seconds between the two scans of most pairs."""
    return statistics.median(abs(pair[0]["asked"] - pair[1]["asked"]) for pair in pairs)


def grown(house, before):
    return [now - then for now, then in zip(house.written(), before, strict=True)]


def test_one_gate_admits_and_the_other_says_when_and_where(house):
    before = house.written()
    pairs = [at_both_gates(house.phones, house.gates, code, (f"a-{code[-9:]}", f"b-{code[-9:]}")) for code in house.unused.pop()]
    for pair in pairs:
        assert sorted(answer["verdict"] for answer in pair) == ["admitted", "already_admitted"]
        first = [answer["verdict"] for answer in pair].index("admitted")
        earlier = pair[1 - first]["earlier"]
        assert earlier["gate"] == ("Main gate", "Back door")[first]
        assert earlier["admitted_at"]
    assert apart(pairs) < WITHIN_SECONDS
    assert grown(house, before) == [TICKETS, TICKETS, 2 * TICKETS]
    house.stage.audit()


def test_an_upload_repeated_at_once_and_later_is_one_scan_with_one_answer(house):
    before = house.written()
    for code in house.unused.pop():
        nonce, gate = f"repeated-{code[-9:]}", house.gates[0]
        told = at_both_gates(house.phones, (gate, gate), code, (nonce, nonce))
        told.append(scanned(house.phones[1], gate, code, nonce))
        assert [answer["verdict"] for answer in told] == ["admitted"] * 3
    assert grown(house, before) == [TICKETS] * 3
    house.stage.audit()


def test_control_without_the_conditional_insertion_both_gates_admit(house):
    house.stage.python(UNGUARDED)
    unguarded = f"{__name__}:without_the_guard", "--factory"
    with web_server(house.stage, *unguarded) as first, web_server(house.stage, *unguarded) as second:
        phones = [bob_at(first), bob_at(second)]
        pairs = [at_both_gates(phones, house.gates, code, (f"c-{code[-9:]}", f"d-{code[-9:]}")) for code in house.unused.pop()]
    assert any([answer["verdict"] for answer in pair] == ["admitted", "admitted"] for pair in pairs)
    with pytest.raises(AssertionError, match="S1"):
        house.stage.audit()


def without_the_guard():
    """The product with entry settled by looking first and writing then; made in the web server's process."""
    from ticketing.wsgi import application  # before the rooms, since it loads them

    from scanning import redemption  # isort: skip
    from scanning.models import Entry  # isort: skip

    def look_then_write(scan, rule):
        entry = {"ticket_id": scan.ticket_id, "check_in_list_id": scan.check_in_list_id}
        there = Entry.objects.filter(**entry).exists()
        time.sleep(WITHIN_SECONDS)
        if there:
            scan.verdict = "already_admitted"
        else:
            Entry.objects.create(**entry, gate_id=scan.gate_id, admitted_at=scan.scanned_at)
        scan.save()

    redemption.move = look_then_write
    return application
