"""A ticket that was handed on, in the phones' copies: the old code is revoked, the new one is there, whole and delta alike."""

from datetime import timedelta

import pytest

from registrations import transfer
from registrations.models import Ticket
from tests import cast
from tests.scanning.phone import Phone
from ticketing.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)
VALID, REVOKED = 0, 1


@pytest.fixture
def ticket(concert):
    return cast.ordered(cast.ticket_type(concert), 2).tickets.select_related("order__event").get(position=1)


def handed_on(ticket):
    """The ticket as it was, and as it is."""
    now = clock.now()
    transfer.transfer_ticket(ticket=ticket, name="Erin", email="erin@example.com", now=now)
    return ticket, Ticket.objects.get(pk=ticket.pk)


def later(monkeypatch, seconds=5):
    """Copies are refreshed every two seconds."""
    real, add = clock.now, timedelta(seconds=seconds)
    monkeypatch.setattr(clock, "now", lambda: real() + add)


def test_a_phone_that_has_the_copy_learns_it_from_a_delta(ticket, monkeypatch):
    phone = Phone(ticket.event).open()
    phone.sync()
    assert phone.record(ticket) == (VALID, "Guest 1")
    old, new = handed_on(ticket)
    later(monkeypatch)
    assert [part.header["kind"] for part in phone.sync()] == ["delta"]
    assert phone.record(old) == (REVOKED, "") and phone.record(new) == (VALID, "Erin")


def test_a_phone_that_takes_the_whole_copy_knows_it_too(ticket):
    old, new = handed_on(ticket)
    phone = Phone(ticket.event).open()
    phone.sync()
    assert phone.record(old) == (REVOKED, "") and phone.record(new) == (VALID, "Erin")


def test_who_came_in_with_the_new_code_is_in_the_copy_under_it(ticket, monkeypatch):
    phone = Phone(ticket.event).open()
    phone.sync()
    old, new = handed_on(ticket)
    from registrations import codes

    assert phone.scan(codes.code_of(new))["verdict"] == "admitted"
    later(monkeypatch)
    phone.sync()
    assert phone.entries(new) == 1 and phone.entries(old) == 0


def test_a_scan_made_offline_before_it_was_handed_on_counts_as_it_was_then(ticket):
    phone = Phone(ticket.event).open()
    from registrations import codes

    old_code = codes.code_of(ticket)
    handed_on(ticket)
    before, after = phone.offline(old_code, minutes_ago=10), phone.offline(old_code, minutes_ago=0)
    results = phone.send([before, after])
    assert [each["verdict"] for each in results] == ["admitted", "revoked"]
