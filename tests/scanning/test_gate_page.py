"""Bob's page at the gate."""

import pytest

from registrations import codes
from scanning.models import Entry
from tests import cast

pytestmark = pytest.mark.django_db


def test_bob_scans_and_sees_the_verdict_with_and_without_script(client, concert, bob):
    ticket = cast.ordered(cast.ticket_type(concert)).tickets.get()
    client.force_login(bob)
    assert client.get("/gate/").status_code == 200
    assert "Ready" in client.get(f"/gate/{concert.slug}/").content.decode()
    whole = client.post(f"/gate/{concert.slug}/scans/", {"code": codes.code_of(ticket)}).content.decode()
    assert "Admit" in whole
    assert "<html" in whole
    part = client.post(f"/gate/{concert.slug}/scans/", {"code": codes.code_of(ticket)}, headers={"HX-Request": "true"}).content.decode()
    assert "Already in" in part
    assert "Main gate" in part
    assert "<html" not in part


def test_a_program_gets_json(client, concert, bob, django_assert_max_num_queries):
    ticket = cast.ordered(cast.ticket_type(concert)).tickets.get()
    client.force_login(bob)
    client.get(f"/gate/{concert.slug}/")
    with django_assert_max_num_queries(13):
        reply = client.post(
            f"/gate/{concert.slug}/scans/", {"code": codes.code_of(ticket), "nonce": "x"}, headers={"Accept": "application/json"}
        )
    assert reply.json()["verdict"] == "admitted"
    assert reply.json()["ticket"]["attendee"] == "Guest 1"


def test_a_name_is_found_and_checked_in_by_hand(client, concert, bob):
    ticket = cast.ordered(cast.ticket_type(concert)).tickets.get()
    client.force_login(bob)
    assert "Check in Guest 1" in client.get(f"/gate/{concert.slug}/?q=gue").content.decode()
    client.post(f"/gate/{concert.slug}/entries/{ticket.serial}/")
    assert Entry.objects.get().ticket == ticket


def test_others_find_no_gate(client, concert, charlie):
    client.force_login(charlie)
    for path in ("", "counts/"):
        assert client.get(f"/gate/{concert.slug}/{path}").status_code == 404
    assert client.post(f"/gate/{concert.slug}/scans/", {"code": "x"}).status_code == 404
