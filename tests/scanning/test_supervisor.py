"""The supervisor sees what happens at the gates, and puts right what went wrong."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache

from accounts.models import Membership, Role
from events.models import Event
from operations.audit import audit
from registrations import codes
from scanning import devices, lists, rules, supervisor, undoing
from scanning.gates import add_gate, gates_of
from scanning.models import CheckInList, Device, Entry, Scan, Undo
from tests import cast
from tests.scanning.phone import Phone
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def tickets(concert):
    return list(cast.ordered(cast.ticket_type(concert), 4).tickets.all())


@pytest.fixture
def phone(concert, tickets):
    return Phone(concert).open()


@pytest.fixture(autouse=True)
def clean(db):
    cache.clear()
    devices.forget_gates()
    yield
    assert [finding.invariant.name for finding in audit() if finding.violated] == []


def page(client, concert, what=""):
    reply = client.get(f"/gate/{concert.slug}/supervisor/{what}")
    assert reply.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", reply.content.decode()))


def test_counts_rates_refusals_and_devices(client, bob, concert, phone, tickets):
    client.force_login(bob)
    phone.scan(codes.code_of(tickets[0]))
    phone.scan(codes.code_of(tickets[0]))
    phone.scan("nonsense")
    phone.send([], battery=12, queue=7)
    Device.objects.update(battery=12, queue=7)
    text = page(client, concert)
    assert "Came in 1 of 4 tickets" in text and "25 %" in text
    assert "1 Already in" in text and "1 Unknown" in text
    assert "Battery low" in text and "7 not uploaded" in text
    part = client.get(f"/gate/{concert.slug}/supervisor/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "Came in" in part


def test_an_entry_is_taken_back_with_a_reason(client, bob, concert, phone, tickets):
    client.force_login(bob)
    phone.scan(codes.code_of(tickets[0]))
    scan = Scan.objects.get()
    address = f"/gate/{concert.slug}/supervisor/scans/{scan.pk}/undo/"
    assert client.post(address, {"reason": ""}).status_code == 422
    client.post(address, {"reason": "Wrong person"})
    assert (Undo.objects.get().reason, Undo.objects.get().user) == ("Wrong person", bob)
    assert not Entry.objects.exists()
    assert "Taken back" in page(client, concert)
    assert phone.scan(codes.code_of(tickets[0]))["verdict"] == "admitted"
    assert not undoing.undo(scan=scan, reason="again", now=clock.now())
    assert Entry.objects.get().entries == 1


def test_a_phone_takes_back_its_own_entries_only(concert, phone, tickets):
    other = Phone(concert).open()
    phone.scan(codes.code_of(tickets[0]), nonce="n-1")
    assert other.post("undos", {"nonce": "n-1", "reason": "mistake"}).json()["undone"] is False
    assert phone.post("undos", {"nonce": "n-1", "reason": "mistake"}).json()["undone"] is True
    assert not Entry.objects.exists()


def test_a_device_is_made_shown_once_and_revoked(client, bob, concert, tickets):
    client.force_login(bob)
    gate = gates_of(event=concert)[0]
    made = client.post(f"/gate/{concert.slug}/supervisor/devices/", {"name": "Left", "gates": [gate.pk]})
    device = Device.objects.get()
    assert made.url.endswith(f"/devices/{device.pk}/")
    shown = client.get(made.url).content.decode()
    assert f"/gate/open/{device.code}/" in shown and "<svg" in shown
    phone = Phone.__new__(Phone)
    phone.gates, phone.device, phone.client, phone.token = [gate], device, client, "t" * 43
    phone.open()
    assert device.code not in client.get(made.url).content.decode()
    client.post(f"/gate/{concert.slug}/supervisor/devices/{device.pk}/revocation/")
    assert phone.get("setup/").json() == {"code": "device_revoked"}


def windows(*typed):
    """The form's windows, as a browser sends them, with an empty one behind."""
    fields = {f"window-{number}-{name}": value for number, window in enumerate(typed) for name, value in window.items()}
    return {"window-TOTAL_FORMS": len(typed) + 1, "window-INITIAL_FORMS": 0} | fields


def test_a_list_gets_its_rule_as_typed_at_the_venue(client, alice, concert, tickets):
    client.force_login(alice)
    typed = {"name": "Early", "limit": "times", "entries": 2, "per_day": "on", "ticket_types": [tickets[0].ticket_type_id]}
    reply = client.post(f"/gate/{concert.slug}/supervisor/lists/new/", typed | windows({"opens_at": "2027-06-12T18:00"}))
    assert reply.status_code == 302, reply.content
    made = CheckInList.objects.get(name="Early")
    window = rules.Window(opens_at=datetime(2027, 6, 12, 16, tzinfo=UTC))
    assert rules.parse(made.rule) == rules.Rule(per_day=True, entries=2, windows=(window,))
    form = client.get(f"/gate/{concert.slug}/supervisor/lists/{made.pk}/").content.decode()
    assert 'value="2027-06-12T18:00"' in form
    client.post(f"/gate/{concert.slug}/supervisor/gates/{gates_of(event=concert)[0].pk}/list/", {"list": made.pk})
    assert gates_of(event=concert)[0].check_in_list == made


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"limit": "times"}, "Enter how many times"),
        ({"limit": "once", "all_out_at": "02:00"}, "Only where people are scanned out"),
        ({"limit": "once"} | windows({"opens_at": "2027-03-28T02:30"}), "clocks jump over"),
        ({"limit": "once"} | windows({"opens_at": "2027-06-12T18:00", "closes_at": "2027-06-12T18:00"}), "closes before it opens"),
    ],
)
def test_a_rule_that_can_not_be_meant_is_said_so(client, alice, concert, tickets, typed, said):
    client.force_login(alice)
    reply = client.post(f"/gate/{concert.slug}/supervisor/lists/new/", {"name": "Early"} | windows() | typed)
    assert reply.status_code == 422 and said in reply.content.decode()


def test_windows_for_some_types_are_added_changed_and_emptied(client, alice, concert, tickets):
    client.force_login(alice)
    early = tickets[0].ticket_type_id
    first = {"opens_at": "2027-06-12T16:00", "closes_at": "2027-06-12T18:00", "ticket_types": [early]}
    second = {"opens_at": "2027-06-12T18:00"}
    rest = {"name": "Everyone", "limit": "once"}
    address = f"/gate/{concert.slug}/supervisor/lists/{gates_of(event=concert)[0].check_in_list_id}/"
    assert client.post(address, rest | windows(first, second)).status_code == 302
    saved = rules.parse(CheckInList.objects.get().rule).windows
    at = [datetime(2027, 6, 12, hour, tzinfo=UTC) for hour in (14, 16)]
    assert saved == (rules.Window(opens_at=at[0], closes_at=at[1], types=frozenset({early})), rules.Window(opens_at=at[1]))
    form = client.get(address).content.decode()
    assert form.count('<fieldset class="window">') == 4 and form.count("checked") >= 1
    client.post(address, rest | windows(dict.fromkeys(("opens_at", "closes_at"), ""), second | {"ticket_types": [early]}))
    assert rules.parse(CheckInList.objects.get().rule).windows == (rules.Window(opens_at=at[1], types=frozenset({early})),)
    reply = client.post(address, rest | windows({"ticket_types": [early]}))
    assert reply.status_code == 422 and "Give a time from which" in reply.content.decode()


def test_a_time_that_happens_twice_stays_what_it_was_when_the_list_is_saved_again(client, alice, concert):
    client.force_login(alice)
    second_time_it_is_half_past_two = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    row = gates_of(event=concert)[0].check_in_list
    rule = rules.Rule(windows=(rules.Window(opens_at=second_time_it_is_half_past_two),))
    lists.save_list(event=concert, check_in_list=row, name="Everyone", rule=rule, types=[])
    address = f"/gate/{concert.slug}/supervisor/lists/{row.pk}/"
    rest = {"name": "Everyone", "limit": "once"}
    client.post(address, rest | windows({"opens_at": "2027-10-31T02:30"}))
    assert rules.parse(CheckInList.objects.get().rule) == rule
    client.post(address, rest | windows({"opens_at": "2027-10-31T02:29"}))  # the control: one that is typed is the first of the two
    assert rules.parse(CheckInList.objects.get().rule).windows[0].opens_at == datetime(2027, 10, 31, 0, 29, tzinfo=UTC)


def test_a_rule_can_not_contradict_who_is_in_already(concert, phone, tickets):
    gate = gates_of(event=concert)[0]
    save = {"event": concert, "check_in_list": gate.check_in_list, "name": "Everyone", "types": []}
    lists.save_list(rule=rules.Rule(entries=2), **save)
    for _ in range(2):
        assert phone.scan(codes.code_of(tickets[0]))["verdict"] == "admitted"
    for rule in (rules.ONCE, rules.Rule(entries=2, per_day=True)):
        with pytest.raises(rules.BadRule):
            lists.save_list(rule=rule, **save)
    lists.save_list(rule=rules.Rule(entries=3), **save)


def let_in_and_out(event: Event, hour: int) -> CheckInList:
    gate = gates_of(event=event)[0]
    rule = rules.Rule(entries=None, exits=True, all_out_at=timedelta(hours=hour))
    return lists.save_list(event=event, check_in_list=gate.check_in_list, name="Everyone", rule=rule, types=[])


def test_all_are_out_by_hand_and_may_come_again(client, bob, concert, phone, tickets):
    everyone = let_in_and_out(concert, 4)
    client.force_login(bob)
    for ticket in tickets[:3]:
        phone.scan(codes.code_of(ticket))
    cache.clear()
    assert "3 inside" in page(client, concert)
    client.post(f"/gate/{concert.slug}/supervisor/lists/{everyone.pk}/exits/")
    cache.clear()
    assert "0 inside" in page(client, concert)
    assert Scan.objects.filter(verdict="exited", via="all").count() == 3
    assert phone.scan(codes.code_of(tickets[0]))["verdict"] == "admitted"


@pytest.mark.parametrize(
    ("zone", "hour", "now", "at"),
    [
        ("Europe/Berlin", 4, "2027-06-13T02:30:00", "2027-06-13T02:00:00"),
        ("Europe/Berlin", 4, "2027-06-13T01:59:00", "2027-06-12T02:00:00"),
        ("Europe/Berlin", 4, "2027-03-28T03:00:00", "2027-03-28T02:00:00"),  # the night of 23 hours
        ("Europe/Berlin", 2, "2027-03-28T03:00:00", "2027-03-28T01:01:00"),  # 02:00 does not exist then
        ("Europe/Berlin", 2, "2027-10-31T03:00:00", "2027-10-31T00:00:00"),  # 02:00 comes twice: the first
        ("America/New_York", 4, "2027-11-07T10:00:00", "2027-11-07T09:00:00"),
    ],
)
def test_the_hour_is_the_venues_clocks_over_both_changes(zone, hour, now, at):
    event, (now, at) = Event(time_zone=zone), (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, at))
    found = undoing.last_time_of(wall_clock=timedelta(hours=hour), event=event, now=now)
    assert abs(found - at) <= timedelta(minutes=1)


def test_who_came_in_after_the_hour_stays_inside(concert, phone, tickets):
    everyone = let_in_and_out(concert, 4)
    concert.starts_at = clock.now() - timedelta(hours=1)
    concert.save()
    now = clock.now()
    phone.scan(codes.code_of(tickets[0]))
    phone.send([phone.offline(codes.code_of(tickets[1]), at=now - timedelta(hours=25))])
    assert undoing.let_out_due(now=clock.now()) == 1
    assert undoing.let_out_due(now=clock.now()) == 0
    inside = [entry.ticket for entry in Entry.objects.filter(check_in_list=everyone) if entry.is_inside]
    assert inside == [tickets[0]]


def test_gate_people_see_and_undo_but_do_not_change_lists(client, bob, charlie, concert, tickets):
    client.force_login(bob)
    assert client.get(f"/gate/{concert.slug}/supervisor/").status_code == 200
    assert client.get(f"/gate/{concert.slug}/supervisor/lists/").status_code == 404
    Membership.objects.filter(user=bob).update(role=Role.VIEWER)
    assert client.get(f"/gate/{concert.slug}/supervisor/").status_code == 404


def test_one_page_costs_as_many_statements_for_many_scans(concert, phone, tickets, django_assert_max_num_queries):
    add_gate(event=concert, name="Back door")
    for ticket in tickets:
        phone.scan(codes.code_of(ticket))
    with django_assert_max_num_queries(8):
        supervisor.figures_of(event=concert, now=clock.now())
