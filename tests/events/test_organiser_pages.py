"""Alice makes an event in her browser; nobody else sees her pages."""

from datetime import datetime

import pytest

from events import publication, times
from events.models import Event, Quota, TicketType
from tests import cast

pytestmark = pytest.mark.django_db

TYPED = {
    "name": "Spring ball",
    "starts_at": "2027-03-20T20:00",
    "ends_at": "2027-03-21T02:00",
    "time_zone": "Europe/Berlin",
    "currency": "EUR",
    "venue_name": "Town Hall",
    "city": "Berlin",
}


def test_an_event_is_made_priced_published_copied_and_cancelled(client, hall, alice):
    client.force_login(alice)
    client.post(f"/manage/{hall.slug}/events/new/", TYPED)
    event = Event.objects.get()
    assert times.to_local(event.starts_at, "Europe/Berlin") == datetime(2027, 3, 20, 20)
    page = client.post(f"/manage/events/{event.slug}/publication/", follow=True)
    assert "Add a ticket type" in page.content.decode()
    kind = {"name": "Standard", "pricing": "fixed", "price": "12,50", "capacity": "100", "min_per_order": "1", "max_per_order": "6"}
    assert client.post(f"/manage/events/{event.slug}/tickets/new/", kind).status_code == 302
    assert TicketType.objects.get().price_minor == 1250
    assert Quota.objects.get().capacity == 100
    client.post(f"/manage/events/{event.slug}/publication/")
    event.refresh_from_db()
    assert event.published_at
    client.post(f"/manage/events/{event.slug}/copies/")
    copy = Event.objects.exclude(pk=event.pk).get()
    assert copy.published_at is None
    assert copy.ticket_types.get().quotas.get().capacity == 100
    client.post(f"/manage/events/{event.slug}/cancellation/")
    event.refresh_from_db()
    assert event.cancelled_at


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"starts_at": "2027-03-28T02:30", "ends_at": "2027-03-28T05:00"}, "does not exist"),
        ({"ends_at": "2027-03-20T19:00"}, "ends before it starts"),
        ({"name": ""}, "required"),
    ],
)
def test_bad_input_keeps_what_was_typed_and_says_the_mend(client, hall, alice, change, says):
    client.force_login(alice)
    reply = client.post(f"/manage/{hall.slug}/events/new/", TYPED | {"summary": "Kept words"} | change)
    assert reply.status_code == 422
    assert says in reply.content.decode()
    assert "Kept words" in reply.content.decode()


@pytest.mark.parametrize(("currency", "typed", "minor"), [("JPY", "1500", 1500), ("KWD", "1.250", 1250), ("EUR", "0.99", 99)])
def test_prices_follow_the_currencys_decimals(client, hall, alice, currency, typed, minor):
    event = cast.event(organiser=hall, currency=currency)
    client.force_login(alice)
    client.post(
        f"/manage/events/{event.slug}/tickets/new/",
        {"name": "A", "pricing": "fixed", "price": typed, "capacity": "1", "min_per_order": "1", "max_per_order": "1"},
    )
    assert TicketType.objects.get().price_minor == minor


def test_a_capacity_below_what_is_sold_is_refused_at_the_field(client, concert, alice):
    kind = cast.ticket_type(concert, capacity=5, name="Seats")
    Quota.objects.update(name="Seats")
    cast.ordered(kind, 3)
    client.force_login(alice)
    typed = {"name": "Seats", "pricing": "free", "capacity": "2", "min_per_order": "1", "max_per_order": "5"}
    reply = client.post(f"/manage/events/{concert.slug}/tickets/{kind.pk}/", typed)
    assert reply.status_code == 422
    assert "3 are sold or held already" in reply.content.decode()
    assert Quota.objects.get().capacity == 5


def test_charlie_and_the_gate_role_find_nothing(client, concert, charlie, bob):
    kind = cast.ticket_type(concert)
    paths = [
        f"/manage/events/{concert.slug}/{part}"
        for part in ("", "details/", "preview/", "tickets/", "tickets/new/", f"tickets/{kind.pk}/", "cancellation/")
    ]
    for user in (charlie, bob):
        client.force_login(user)
        for path in [*paths, f"/manage/{concert.organiser.slug}/events/new/"]:
            assert client.get(path).status_code == 404, path
        for part in ("publication/", "unpublication/", "copies/", "cancellation/"):
            assert client.post(f"/manage/events/{concert.slug}/{part}").status_code == 404


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "UTC"])
@pytest.mark.parametrize(
    "local",
    [
        datetime(2027, 1, 15, 20),
        datetime(2027, 7, 15, 20, 30),
        datetime(2027, 3, 28, 3, 30),
        datetime(2027, 10, 31, 2, 30),
        datetime(2027, 11, 7, 1, 30),
    ],
)
def test_times_go_round_over_zones_and_both_changes(zone, local):
    moment = times.to_utc(local, zone)
    assert times.to_local(moment, zone) == local
    assert times.to_utc(times.to_local(moment, zone), zone) == moment


def test_a_cover_is_written_anew_and_nonsense_is_refused(client, hall, alice):
    import io

    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (3000, 1000), "#cc8844").save(picture, "PNG")
    client.force_login(alice)
    client.post(f"/manage/{hall.slug}/events/new/", TYPED | {"cover": SimpleUploadedFile("a.png", picture.getvalue())})
    event = Event.objects.get()
    assert event.cover.name.endswith(".jpg")
    assert event.cover_width == 1280
    assert client.get(event.cover.url).headers["Content-Type"] == "image/jpeg"
    reply = client.post(f"/manage/events/{event.slug}/details/", TYPED | {"cover": SimpleUploadedFile("a.png", b"no image")})
    assert reply.status_code == 422


def test_a_ticket_pdf_in_the_store_is_never_served_as_a_cover(client, db):
    assert client.get("/media/covers/..%2Ftickets%2F1").status_code == 404
    assert client.get("/media/tickets/1/a.pdf").status_code == 404


def test_not_ready_lists_every_lack(hall):
    event = cast.event(organiser=hall, published=False, venue_name="")
    from ticketing.lib import clock

    with pytest.raises(publication.NotReady) as refused:
        publication.publish(event=event, now=clock.now())
    assert len(refused.value.missing) == 2


def test_an_event_called_scanner_does_not_hide_the_gates_scanner():
    from events.publication import free_slug

    assert free_slug("Scanner") != "scanner"
    assert free_slug("Scanners") == "scanners"
