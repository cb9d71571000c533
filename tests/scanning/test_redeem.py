"""At the gate: each ticket enters once, everything else is refused with its reason."""

import random
import threading

import pytest
from django.db import connection

from registrations import cancellation, codes
from scanning import redemption
from scanning.gates import add_gate, gates_of
from scanning.models import Entry, Scan, Verdict
from tests import cast
from ticketing.lib import clock, tokens

pytestmark = pytest.mark.django_db


@pytest.fixture
def gate(concert):
    return gates_of(event=concert)[0]


@pytest.fixture
def ticket(concert):
    return cast.ordered(cast.ticket_type(concert)).tickets.get()


def judge(gate, code, **more):
    return redemption.redeem(gate=gate, presented=code, now=clock.now(), **more)


def test_a_ticket_is_admitted_once_and_then_says_when_and_where(gate, ticket):
    code = codes.code_of(ticket)
    assert judge(gate, code).verdict == Verdict.ADMITTED
    again = judge(add_gate(event=gate.event, name="Back door"), code.lower())
    assert again.verdict == Verdict.ALREADY_ADMITTED
    assert again.earlier.gate.name == "Main gate"
    assert Scan.objects.count() == 2


def test_the_typed_serial_admits_too(gate, ticket):
    assert judge(gate, tokens.serial_text(ticket.serial).lower().replace("-", " ")).verdict == Verdict.ADMITTED


def test_each_refusal_has_its_verdict(hall, gate, ticket):
    other = cast.event(organiser=hall)
    elsewhere = cast.ordered(cast.ticket_type(other)).tickets.get()
    cancelled = cast.ordered(cast.ticket_type(gate.event)).tickets.get()
    code = codes.code_of(cancelled)
    cancellation.cancel_order(order=cancelled.order, now=clock.now())
    assert judge(gate, codes.code_of(elsewhere)).verdict == Verdict.WRONG_EVENT
    assert judge(gate, code).verdict == Verdict.CANCELLED
    assert judge(gate, "nonsense").verdict == Verdict.UNKNOWN
    cancellation.void_ticket(ticket=ticket, reason="lost", now=clock.now())
    assert judge(gate, codes.code_of(ticket)).verdict == Verdict.REVOKED
    ticket.serial += 1
    assert judge(gate, codes.code_of(ticket)).verdict == Verdict.AUTHENTIC_UNKNOWN
    assert not Entry.objects.exists()


def test_a_gate_that_takes_some_types_refuses_the_others(gate, ticket):
    gate.check_in_list.ticket_types.add(cast.ticket_type(gate.event))
    assert judge(gate, codes.code_of(ticket)).verdict == Verdict.WRONG_LIST


def test_no_altered_code_is_admitted(gate, ticket):
    code, chance = codes.code_of(ticket), random.Random(7)
    for _ in range(3000):
        altered = list(code)
        for place in chance.sample(range(len(code)), chance.choice((1, 1, 2, 40))):
            altered[place] = chance.choice(tokens.ALPHABET)
        altered = "".join(altered)
        if altered != code:
            assert redemption.identify(gate, altered, clock.now())[1] in (Verdict.FORGED, Verdict.UNKNOWN)
    assert redemption.identify(gate, code, clock.now())[1] is None  # the control: the true one passes


@pytest.mark.django_db(transaction=True)
def test_a_repeated_upload_is_one_scan_with_the_same_answer(gate, ticket):
    code = codes.code_of(ticket)
    first = judge(gate, code, nonce="n-1")
    again = judge(gate, code, nonce="n-1")
    assert (first.verdict, again.verdict) == (Verdict.ADMITTED, Verdict.ADMITTED)
    assert Scan.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_nonce_that_was_used_for_another_ticket_admits_nobody(gate, ticket):
    refused = judge(gate, "nonsense", nonce="n-1")
    again = judge(gate, codes.code_of(ticket), nonce="n-1")
    assert again.verdict == refused.verdict == Verdict.UNKNOWN
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_scans_at_once_one_admits(gate, ticket):
    assert admitted_of_eight(gate, codes.code_of(ticket)) == 1
    assert Entry.objects.count() == 1
    assert Scan.objects.count() == 8


@pytest.mark.django_db(transaction=True)
def test_control_without_the_conditional_write_several_would_enter(gate, ticket, monkeypatch):
    """The guard is what holds: read first and write then, and two get in."""
    barrier = threading.Barrier(8, timeout=20)

    def read_then_write(scan, rule):
        if Entry.objects.filter(ticket=scan.ticket_id).exists():
            scan.verdict = Verdict.ALREADY_ADMITTED
        barrier.wait()

    monkeypatch.setattr(redemption, "move", read_then_write)
    assert admitted_of_eight(gate, codes.code_of(ticket)) > 1


def admitted_of_eight(gate, code):
    verdicts, start = [], threading.Barrier(8, timeout=20)

    def scan():
        start.wait()
        verdicts.append(judge(gate, code).verdict)
        connection.close()

    threads = [threading.Thread(target=scan) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return verdicts.count(Verdict.ADMITTED)
