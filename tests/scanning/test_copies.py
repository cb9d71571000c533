"""What phones carry: signed, sealed with each ticket's own code, and short when little has changed."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection

from registrations import cancellation, codes, reassign
from registrations.models import Ticket
from scanning import parts, snapshot, undoing
from scanning.models import Copy, CopyPart, Scan, Seal
from tests import cast
from tests.scanning import copy_vectors
from tests.scanning.phone import Phone
from ticketing.lib import clock

# Each transaction's number tells what changed: in one large transaction nothing would be old.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def refreshed_at_each_question(monkeypatch):
    from datetime import timedelta

    monkeypatch.setattr(snapshot, "REFRESH_EVERY", timedelta(0))


@pytest.fixture
def kind(concert):
    return cast.ticket_type(concert)


@pytest.fixture
def tickets(kind):
    return list(cast.ordered(kind, 3).tickets.all())


@pytest.fixture
def phone(concert, tickets):
    phone = Phone(concert).open()
    phone.sync()
    return phone


def signed(part, event):
    key = Ed25519PublicKey.from_public_bytes(codes.public_keys_of(event_id=event.pk)[part.header["key_id"]])
    key.verify(part.signature, parts.SIGNED_PREFIX + parts.digest(part.unsigned))


def test_the_vectors_are_up_to_date():
    assert copy_vectors.FILE.read_text() == copy_vectors.as_text(), "run: python -m tests.scanning.copy_vectors"


def test_the_first_copy_is_whole_and_each_ticket_opens_its_own_record(phone, tickets, concert):
    assert [part.header["kind"] for part in phone.parts] == ["whole"]
    assert [phone.record(ticket) for ticket in tickets] == [(0, f"Guest {n}") for n in (1, 2, 3)]
    signed(phone.parts[0], concert)


def test_an_altered_part_does_not_fit_its_signature(phone, concert):
    part = phone.parts[0]
    broken = parts.read(part.unsigned.replace(b'"whole"', b'"delta"') + part.signature)[0]
    with pytest.raises(InvalidSignature):
        signed(broken, concert)


def test_a_copy_says_nothing_about_tickets_that_were_not_scanned(phone, tickets):
    content = phone.parts[0].unsigned
    for ticket in tickets:
        for plain in (ticket.attendee_name.encode(), ticket.serial.to_bytes(8, "big"), codes.code_of(ticket).encode()):
            assert plain not in content
    stranger = Ticket(event_id=tickets[0].event_id, key_id=tickets[0].key_id, serial=tickets[0].serial + 1)
    assert phone.record(stranger) is None


def test_nothing_new_is_no_content(phone):
    assert phone.sync() == []
    assert CopyPart.objects.count() == 1


def test_what_is_sold_revoked_cancelled_or_renamed_comes_with_the_next_part(phone, kind, tickets):
    first, second, third = tickets
    sold = cast.ordered(kind).tickets.get()
    cancellation.void_ticket(ticket=first, reason="lost", now=clock.now())
    reassign.reassign_ticket(order=second.order, position=second.position, name="Zoë", email="", now=clock.now())
    came = phone.sync()
    assert [part.header["kind"] for part in came] == ["delta"]
    assert len(came[0].sealed) == 3
    assert (phone.record(sold)[0], phone.record(first)[0], phone.record(second)[1]) == (0, 1, "Zoë")
    cancellation.cancel_order(order=third.order, now=clock.now())
    phone.sync()
    assert phone.record(third)[0] == 2


def test_an_entry_elsewhere_and_its_undoing_come_with_the_next_part(phone, tickets, concert):
    phone.scan(codes.code_of(tickets[0]))
    phone.sync()
    assert phone.entries(tickets[0]) == 1
    assert phone.sync() == []
    undoing.undo(scan=Scan.objects.get(), reason="wrong person", now=clock.now())
    phone.sync()
    assert phone.entries(tickets[0]) == 0


def test_one_that_commits_late_is_not_missed(phone, kind, tickets, concert):
    """A transaction that began before a refresh and ends after it: its rows are older than the cursor's time."""
    import threading

    from django.db import transaction

    begun, refreshed = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            Ticket.objects.filter(pk=tickets[0].pk).update(attendee_name="Slow")
            begun.set()
            assert refreshed.wait(20)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert begun.wait(20)
    cast.ordered(kind)
    phone.sync()
    refreshed.set()
    thread.join()
    phone.sync()
    assert phone.record(tickets[0])[1] == "Slow"


def test_control_a_cursor_that_does_not_wait_for_running_transactions_misses_it(phone, kind, tickets, monkeypatch):
    own = "pg_current_xact_id()::text::bigint"
    monkeypatch.setattr(snapshot, "UP_TO", f"SELECT {own}, {own}")
    with pytest.raises(AssertionError):
        test_one_that_commits_late_is_not_missed(phone, kind, tickets, None)


def test_a_phone_that_was_away_too_long_takes_the_whole(phone, kind):
    cast.ordered(kind)
    Phone(kind.event).open().sync()
    CopyPart.objects.filter(whole=False).delete()
    came = phone.sync()
    assert [part.header["kind"] for part in came] == ["whole"]


def test_many_small_parts_become_a_new_whole_that_nobody_has_to_load_again(phone, kind, monkeypatch):
    monkeypatch.setattr(snapshot, "WHOLE_AGAIN_BYTES", 300)
    for _ in range(3):
        cast.ordered(kind)
        assert {part.header["kind"] for part in phone.sync()} == {"delta"}
    fresh = Phone(kind.event).open()
    fresh.sync()
    assert len(fresh.parts) <= 2
    assert CopyPart.objects.filter(whole=True).count() > 1


def test_a_database_that_was_restored_gives_the_whole_again(phone):
    Copy.objects.update(read_up_to=2**60)
    assert [part.header["kind"] for part in phone.sync()] == ["whole"]


def test_each_signature_is_made_once(phone, monkeypatch):
    assert Seal.objects.count() == 3
    monkeypatch.setattr(codes, "raw_code", None)
    Copy.objects.update(read_up_to=2**60)
    assert len(phone.sync()[0].sealed) == 3
