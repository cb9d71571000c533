"""A phone without an account: opened once by a code, bound to its gates, shut out at once."""

import secrets
from datetime import timedelta

import pytest

from registrations import codes
from scanning import devices
from scanning.gates import add_gate, gates_of
from scanning.models import Device, Entry, Scan, Shift
from tests import cast
from tests.scanning.phone import Phone
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(concert):
    return cast.ordered(cast.ticket_type(concert)).tickets.get()


@pytest.fixture
def phone(concert, ticket):
    return Phone(concert).open()


def test_a_phone_is_opened_and_told_its_event(phone, concert):
    setup = phone.setup
    assert setup["event"]["slug"] == concert.slug
    assert [gate["name"] for gate in setup["gates"]] == ["Main gate"]
    assert setup["lists"][0]["rule"] == {"per": "event", "entries": 1, "exits": False, "day_starts": "00:00", "windows": []}
    assert setup["device"]["steward"] == "Bob"
    assert set(setup["keys"]) == {"1"}
    assert phone.get("setup/").json()["setup"] == setup["setup"]


def test_the_server_keeps_no_token(phone):
    row = Device.objects.get()
    assert phone.token not in str(vars(row))
    assert row.token_hash == devices.hash_of(phone.token)


def test_a_claim_whose_answer_was_lost_is_repeated(phone):
    claim = {"code": phone.device.code, "token": phone.token, "steward": "Bob"}
    assert phone.post("claims", claim, anonymous=True).status_code == 201
    assert Device.objects.count() == Shift.objects.count() == 1


def test_a_code_opens_one_phone(phone):
    other = {"code": phone.device.code, "token": secrets.token_urlsafe(32), "steward": "Eve"}
    reply = phone.post("claims", other, anonymous=True)
    assert (reply.status_code, reply.json()) == (404, {"code": "code_unknown"})


def test_a_code_runs_out(concert, ticket):
    late = Phone(concert)
    Device.objects.update(code_expires_at=clock.now() - timedelta(seconds=1))
    assert late.post("claims", {"code": late.device.code, "token": late.token, "steward": "Bob"}, anonymous=True).status_code == 404
    devices.renew_code(device=late.device, now=clock.now())
    late.device.refresh_from_db()
    assert late.open()


def test_codes_can_not_be_guessed_on_and_on(client, concert, ticket):
    waiting = Phone(concert)
    guess = {"code": "0000-0000-0000", "token": waiting.token, "steward": "Eve"}
    from django.core.cache import cache

    cache.clear()
    said = [waiting.post("claims", guess, anonymous=True).status_code for _ in range(12)]
    assert said == [404] * 10 + [429] * 2
    cache.clear()


@pytest.mark.parametrize("token", ["", "short", "x" * 44, "é" * 43])
def test_a_token_that_is_none_is_refused(concert, ticket, token):
    waiting = Phone(concert)
    assert waiting.post("claims", {"code": waiting.device.code, "token": token, "steward": "Bob"}, anonymous=True).status_code == 400


def test_it_scans_without_cookie_or_csrf_token(phone, ticket):
    first = phone.scan(codes.code_of(ticket))
    again = phone.scan(codes.code_of(ticket))
    assert (first["verdict"], first["let_in"], first["ticket"]["attendee"]) == ("admitted", True, "Guest 1")
    assert (again["verdict"], again["earlier"]["gate"]) == ("already_admitted", "Main gate")
    assert not phone.client.cookies
    assert Scan.objects.filter(device=phone.device).count() == 2


def test_it_works_its_own_gates_only(phone, concert, ticket):
    other = add_gate(event=concert, name="Back door")
    reply = phone.post("scans", {"scans": [phone.scanned(codes.code_of(ticket), gate=other)]})
    assert (reply.status_code, reply.json()["sentence"]) == (400, "This device does not work that gate.")
    assert not Entry.objects.exists()


def test_a_revoked_phone_is_shut_out_at_once(phone, ticket):
    devices.revoke(device=phone.device, now=clock.now())
    for reply in (phone.get("setup/"), phone.get("snapshot/"), phone.post("scans", {"scans": [phone.scanned(codes.code_of(ticket))]})):
        assert (reply.status_code, reply.json()) == (401, {"code": "device_revoked"})
    assert not Scan.objects.exists()


def test_an_ended_phone_and_one_whose_event_is_long_over_are_told_so(phone, concert):
    concert.ends_at = clock.now() - timedelta(days=3)
    concert.starts_at = concert.ends_at - timedelta(hours=3)
    concert.save()
    assert phone.get("setup/").json() == {"code": "device_ended"}
    concert.ends_at = clock.now() + timedelta(days=3)
    concert.save()
    assert phone.post("end", {}).status_code == 200
    assert phone.get("setup/").json() == {"code": "device_ended"}


@pytest.mark.parametrize("header", ["", "Device", "Device x", "Bearer " + "x" * 43, "Device " + "x" * 43, "Device \ud7ff" + "x" * 42])
def test_a_token_nobody_has_opens_nothing(phone, header):
    reply = phone.client.get("/gate/device/setup/", headers={"Authorization": header.encode("utf-8", "replace").decode("latin-1")})
    assert (reply.status_code, reply.json()) == (401, {"code": "device_unknown"})


def test_a_phone_of_another_event_learns_nothing(phone, hall, concert, ticket):
    other = cast.event(organiser=hall)
    cast.ordered(cast.ticket_type(other))
    elsewhere = Phone(other).open()
    result = elsewhere.scan(codes.code_of(ticket))
    assert (result["verdict"], result["ticket"]) == ("wrong_event", None)
    assert elsewhere.get("tickets/?q=guest").json()["tickets"][0]["order"] != ticket.order.code
    assert elsewhere.sync() and elsewhere.record(ticket) is None


def test_how_the_phone_is_can_be_seen(phone):
    Device.objects.update(last_seen_at=None)
    phone.post("scans", {"scans": [], "battery": 81, "queue": 12, "copy_number": 4, "copy_age_s": 30})
    row = Device.objects.get()
    assert (row.battery, row.queue, row.copy_number, row.copy_age_seconds) == (81, 12, 4, 30)
    assert row.last_seen_at


def test_a_shift_is_noted_once(phone):
    shift = {"nonce": "s-1", "steward": "Erin", "gate": phone.gates[0].pk, "started_at": clock.now().isoformat()}
    for _ in range(2):
        assert phone.post("shifts", shift).status_code == 200
    assert Device.objects.get().steward == "Erin"
    assert Shift.objects.filter(steward="Erin").count() == 1


def test_the_setup_changes_its_digest_with_a_list(phone, concert):
    before = phone.setup["setup"]
    gate = gates_of(event=concert)[0]
    gate.check_in_list.rule = {"entries": 2}
    gate.check_in_list.save()
    devices.forget_gates()
    assert phone.get("setup/").json()["setup"] != before


@pytest.mark.parametrize(
    "sent",
    [
        b"no json",
        b"[]",
        b'{"scans": 3}',
        b'{"scans": [3]}',
        b'{"scans": [{"nonce": "", "presented": "x", "gate": 1}]}',
        b'{"scans": [{"nonce": "a\\u0000", "presented": "x", "gate": 1}]}',
        b'{"scans": [{"nonce": "n", "presented": 5, "gate": 1}]}',
        b'{"scans": [{"nonce": "n", "presented": "x", "gate": "1"}]}',
        b'{"scans": [{"nonce": "n", "presented": "x", "gate": []}]}',
    ],
)
def test_what_the_protocol_does_not_say_is_refused_whole(phone, sent):
    reply = phone.client.post(
        "/gate/device/scans/", sent, content_type="application/json", headers={"Authorization": f"Device {phone.token}"}
    )
    assert (reply.status_code, reply.json()["code"]) == (400, "bad_request")
    assert not Scan.objects.exists()


def test_a_scan_online_takes_three_statements(phone, ticket, django_assert_num_queries):
    phone.scan(codes.code_of(ticket), direction="out")  # the process keeps the event's key and the set-up's digest
    with django_assert_num_queries(3):  # device, ticket, entry and scan
        assert phone.scan(codes.code_of(ticket))["verdict"] == "admitted"
