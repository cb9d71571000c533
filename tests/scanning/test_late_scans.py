"""Scans made without a network are judged truthfully when they arrive; what should not have happened is a conflict."""

import csv
from datetime import timedelta

import pytest

from operations.audit import audit
from registrations import cancellation, codes
from registrations.models import Ticket
from scanning import conflicts, devices
from scanning.gates import add_gate, gates_of
from scanning.models import Conflict, Entry, Scan
from tests import cast
from tests.scanning.phone import Phone
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def tickets(concert):
    return list(cast.ordered(cast.ticket_type(concert), 4).tickets.all())


@pytest.fixture
def phones(concert, tickets):
    return Phone(concert).open("Bob"), Phone(concert, gates=[add_gate(event=concert, name="Back door")]).open("Erin")


@pytest.fixture(autouse=True)
def s1_holds_afterwards(db):
    yield
    assert [finding.invariant.name for finding in audit() if finding.violated] == []


def test_a_late_scan_is_an_entry_at_the_time_it_was_made(phones, tickets):
    bob, _ = phones
    result = bob.send([bob.offline(codes.code_of(tickets[0]), minutes_ago=30)])[0]
    assert (result["verdict"], result["conflict"]) == ("admitted", None)
    assert timedelta(minutes=29) < clock.now() - Entry.objects.get().admitted_at < timedelta(minutes=31)


def test_an_upload_repeated_is_harmless_and_gets_the_same_answers(phones, tickets):
    bob, erin = phones
    scans = [bob.offline(codes.code_of(ticket)) for ticket in tickets]
    erin.send([erin.offline(codes.code_of(tickets[0]))])
    first, again = bob.send(scans), bob.send(scans)
    assert [(r["verdict"], r["conflict"]) for r in first] == [(r["verdict"], r["conflict"]) for r in again]
    assert Scan.objects.filter(device=bob.device).count() == len(scans)
    assert Conflict.objects.count() == 1


def test_one_ticket_at_two_gates_is_a_conflict_with_times_and_gates(phones, tickets):
    bob, erin = phones
    code = codes.code_of(tickets[0])
    bob.send([bob.offline(code, minutes_ago=20)])
    result = erin.send([erin.offline(code, minutes_ago=14)])[0]
    assert (result["verdict"], result["let_in"]) == ("already_admitted", False)
    assert result["conflict"]["kind"] == "twice"
    found = Conflict.objects.get()
    assert (found.scan.gate.name, found.earlier_scan.gate.name, found.cause) == ("Back door", "Main gate", "copied")
    assert Entry.objects.get().entries == 1


def test_the_earlier_one_may_arrive_last(phones, tickets):
    bob, erin = phones
    code = codes.code_of(tickets[0])
    erin.scan(code)
    bob.send([bob.offline(code, minutes_ago=5)])
    found = Conflict.objects.get()
    assert found.scan.scanned_at < found.earlier_scan.scanned_at
    assert Entry.objects.get().gate.name == "Back door"


@pytest.mark.parametrize(
    ("minutes", "same_phone", "skew_ms", "cause"),
    [(1, True, 0, "same_device"), (5, False, 0, "copied"), (60, False, 0, "passed_back"), (60, True, 0, "passed_back"), (3, False, 400_000, "clock")],
)  # fmt: skip
def test_the_likely_cause_follows_from_times_gates_and_clocks(phones, tickets, minutes, same_phone, skew_ms, cause):
    bob, erin = phones
    code, now = codes.code_of(tickets[0]), clock.now()
    second = bob if same_phone else erin
    bob.send([bob.offline(code, at=now - timedelta(minutes=90))])
    at = now - timedelta(minutes=90 - minutes)
    second.send([second.offline(code, at=at - timedelta(milliseconds=skew_ms), skew_ms=skew_ms)])
    assert Conflict.objects.get().cause == cause


def test_a_phone_clock_that_is_wrong_is_put_right(phones, tickets):
    bob, _ = phones
    real = clock.now() - timedelta(minutes=10)
    scan = bob.offline(codes.code_of(tickets[0]), at=real + timedelta(hours=2), skew_ms=-7_200_000)
    bob.send([scan])
    assert abs(Scan.objects.get().scanned_at - real) < timedelta(seconds=1)
    bob.send([bob.offline(codes.code_of(tickets[1]), at=clock.now() + timedelta(days=400))])
    assert Scan.objects.latest("id").scanned_at <= clock.now()


def test_a_ticket_revoked_before_it_was_scanned_is_a_finding(phones, tickets):
    bob, _ = phones
    scan = bob.offline(codes.code_of(tickets[0]), minutes_ago=0, at=clock.now() + timedelta(seconds=5), skew_ms=0)
    cancellation.void_ticket(ticket=tickets[0], reason="lost", now=clock.now())
    result = bob.send([scan])[0]
    assert (result["verdict"], result["conflict"]["kind"], result["conflict"]["cause"]) == ("revoked", "not_valid", "late_revocation")
    assert not Entry.objects.exists()


def test_one_that_was_revoked_afterwards_had_entered_rightly(phones, tickets):
    bob, _ = phones
    scan = bob.offline(codes.code_of(tickets[0]))
    cancellation.void_ticket(ticket=tickets[0], reason="lost", now=clock.now())
    assert bob.send([scan])[0]["verdict"] == "admitted"
    assert not Conflict.objects.exists()


def test_a_ticket_sold_after_the_copy_is_no_conflict(phones, tickets):
    bob, _ = phones
    result = bob.send([bob.offline(codes.code_of(tickets[0]), verdict="authentic_unknown", let_in=True)])[0]
    assert (result["verdict"], result["conflict"]) == ("admitted", None)


def test_a_genuine_code_that_nobody_knows_is_a_finding_when_let_in(phones, tickets):
    bob, _ = phones
    stranger = Ticket(event_id=tickets[0].event_id, key_id=1, serial=tickets[0].serial ^ 1)
    scan = {"verdict": "authentic_unknown"}
    refused, let_in = bob.send([bob.offline(codes.code_of(stranger), let_in=False, **scan), bob.offline(codes.code_of(stranger), **scan)])
    assert refused["conflict"] is None
    assert (let_in["conflict"]["kind"], Conflict.objects.count()) == ("unlisted", 1)


def test_who_was_refused_at_the_gate_did_not_enter(phones, tickets):
    bob, _ = phones
    result = bob.send([bob.offline(codes.code_of(tickets[0]), verdict="wrong_time", let_in=False)])[0]
    assert (result["verdict"], result["let_in"]) == ("wrong_time", False)
    assert not Entry.objects.exists()
    assert bob.scan(codes.code_of(tickets[0]))["verdict"] == "admitted"


def in_and_out(concert):
    check_in_list = gates_of(event=concert)[0].check_in_list
    check_in_list.rule = {"entries": None, "exits": True}
    check_in_list.save()
    devices.forget_gates()


def test_an_entry_before_a_later_exit_leaves_nobody_inside(concert, phones, tickets):
    in_and_out(concert)
    bob, erin = phones
    code = codes.code_of(tickets[0])
    assert erin.scan(code, direction="out")["verdict"] == "not_inside"
    assert bob.send([bob.offline(code)])[0]["verdict"] == "admitted"
    assert not Entry.objects.get().is_inside
    assert bob.scan(code)["verdict"] == "admitted"


def test_an_entry_between_others_that_stand_is_counted(concert, phones, tickets):
    """In at A (no network) and out at B, in again at B; then A's arrives."""
    in_and_out(concert)
    bob, erin = phones
    code = codes.code_of(tickets[0])
    first = bob.offline(code, minutes_ago=50)
    erin.send([erin.offline(code, minutes_ago=40, direction="out", verdict="exited")])
    erin.send([erin.offline(code, minutes_ago=30)])
    assert bob.send([first])[0]["verdict"] == "admitted"
    assert (Entry.objects.get().entries, Entry.objects.get().is_inside) == (2, True)
    assert not Conflict.objects.exists()


def test_two_inside_at_once_is_a_conflict_whichever_arrives_first(concert, phones, tickets):
    in_and_out(concert)
    bob, erin = phones
    for ticket, order in ((tickets[0], (40, 30)), (tickets[1], (30, 40))):
        code = codes.code_of(ticket)
        bob.send([bob.offline(code, minutes_ago=order[0])])
        assert erin.send([erin.offline(code, minutes_ago=order[1])])[0]["verdict"] == "already_admitted"
    assert Conflict.objects.count() == 2


def test_once_a_day_takes_the_day_the_scan_was_made(concert, phones, tickets):
    check_in_list = gates_of(event=concert)[0].check_in_list
    check_in_list.rule = {"per": "day"}
    check_in_list.save()
    devices.forget_gates()
    bob, erin = phones
    code = codes.code_of(tickets[0])
    assert erin.scan(code)["verdict"] == "admitted"
    yesterday = bob.offline(code, at=clock.now() - timedelta(days=1))
    assert bob.send([yesterday])[0]["verdict"] == "admitted"
    assert bob.send([bob.offline(code, at=clock.now() - timedelta(days=1))])[0]["conflict"]["kind"] == "twice"
    assert Entry.objects.count() == 2


def test_the_file_of_conflicts_is_safe_in_a_spreadsheet(concert, phones, tickets):
    bob, erin = phones
    Ticket.objects.filter(pk=tickets[0].pk).update(attendee_name="=cmd()|calc")
    for phone in (bob, erin):
        phone.send([phone.offline(codes.code_of(tickets[0]))])
    head, row = csv.reader(conflicts.as_csv(event=concert))
    assert dict(zip(head, row, strict=True))["attendee"] == "'=cmd()|calc"
    assert {"Main gate", "Back door"} <= set(row)


def test_control_without_the_late_judgement_a_copied_ticket_goes_unnoticed(phones, tickets, monkeypatch):
    bob, erin = phones
    monkeypatch.setattr(conflicts, "of_late_scan", lambda *, scan, now: None)
    for phone in (bob, erin):
        phone.send([phone.offline(codes.code_of(tickets[0]))])
    assert not Conflict.objects.exists()
