"""The organiser's pages from home to message, through HTTP: each works, with few queries, and says what it did."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from operations.audit import audit
from outbox.models import Mail
from registrations import checkout
from registrations.models import Order, Ticket
from tests import cast
from ticketing.lib import clock
from trail.models import Change
from workspace import messaging, sealing, statistics
from workspace.models import Import, Job, Message

pytestmark = pytest.mark.django_db
PRETIX = """Order code,Position ID,Status,E-mail,Order date,Product,Price,Attendee name,Attendee email
AB3K9,1,paid,kim@example.com,2026-05-02,Standard,25.00,Kim Baker,kim@example.com
AB3K9,2,paid,kim@example.com,2026-05-02,Standard,25.00,Lou Baker,
CD7P1,1,canceled,max@example.com,2026-05-03,Standard,25.00,Max Weber,
"""
EVENTBRITE = """Order #,Order Date,First Name,Last Name,Email,Quantity,Ticket Type,Attendee #,Currency,Total Paid,Attendee Status
901,2026-05-02,Ana,Silva,ana@example.com,1,Standard,5001,EUR,25.00,Attending
902,2026-05-02,Bo,Lind,not-an-address,1,Standard,5002,EUR,25.00,Attending
"""
TITO = """Number,Ticket,Ticket Full Name,Ticket First Name,Ticket Last Name,Ticket Email,Void Status,Price,Ticket Reference,Order Reference,Order Name,Order Email,Unique Ticket URL
1,Standard,Joan Adler,Joan,Adler,joan@example.com,,25.00,XYZ-1,XYZ,Joan Adler,joan@example.com,https://example.com/t/1
2,Standard,Per Holm,Per,Holm,per@example.com,voided,25.00,XYZ-2,XYZ,Joan Adler,joan@example.com,https://example.com/t/2
"""


@pytest.fixture
def desk(client, alice):
    client.force_login(alice)
    return client


@pytest.fixture
def kind(concert):
    return cast.ticket_type(concert, name="Standard")


def at(event, path=""):
    return f"/manage/events/{event.slug}/{path}"


def test_the_figures_are_the_audits_before_and_after_sealing(concert, kind):
    cast.ordered(kind, 2)
    cast.ordered(kind, 3)
    from registrations import cancellation

    cancellation.cancel_order(order=cast.ordered(kind), now=clock.now())
    for seal in (False, True):
        if seal:
            sealing.seal_all(now=clock.now())
        found = statistics.counted(event=concert, now=clock.now())
        assert (found.tickets, found.orders, found.by_type[kind.pk][0]) == (5, 2, 5)
    assert [finding.invariant.name for finding in audit() if finding.violated] == []


def test_staff_make_change_void_and_cancel_an_order_and_all_of_it_is_told(desk, concert, kind):
    typed = {"kind": "comp", f"quantity-{kind.pk}": "2", "buyer_name": "Press", "buyer_email": "press@example.com"}
    assert desk.post(at(concert, "orders/new/"), typed).status_code == 303
    order = Order.objects.get()
    page = at(concert, f"orders/{order.code}/")
    assert desk.post(f"{page}buyer/", {"buyer-name": "Paper", "buyer-email": "paper@example.com"}).status_code == 303
    assert desk.post(f"{page}tickets/1/", {"attendee-name": "Rita", "attendee-email": ""}).status_code == 303
    assert desk.post(f"{page}tickets/2/void/", {"void-reason": "no show"}).status_code == 303
    assert desk.post(f"{page}cancellation/").status_code == 303
    acts = set(Change.objects.filter(about="order").values_list("act", flat=True))
    assert acts == {"order_made_comp", "buyer_changed", "ticket_reassigned", "ticket_voided", "order_cancelled"}
    assert set(Change.objects.values_list("actor", flat=True)) == {"Alice"}
    text = desk.get(page).content.decode()
    assert "Buyer changed" in text and "paper@example.com" in text and "by Alice" in text
    assert kind.quotas.get().claimed == 0


def test_staff_cannot_sell_more_than_there_is(desk, concert):
    kind = cast.ticket_type(concert, capacity=1)
    typed = {"kind": "comp", f"quantity-{kind.pk}": "2", "buyer_name": "Press"}
    assert desk.post(at(concert, "orders/new/"), typed).status_code == 422
    assert not Order.objects.exists()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("what", ["orders", "attendees", "sales", "taxes", "payments", "payouts", "refunds", "door"])
def test_every_sheet_is_exported(desk, concert, kind, what, form):
    cast.ordered(kind, 2)
    reply = desk.post(at(concert, "exports/new/"), {"what": what, "format": form})
    assert reply.status_code == 200 and b"".join(reply.streaming_content)


def test_a_large_export_is_a_job_with_a_file(desk, concert, kind, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr("workspace.exporting.AT_ONCE", 1)
    cast.ordered(kind, 3)
    page = desk.post(at(concert, "exports/new/"), {"what": "attendees", "format": "xlsx"}).headers["Location"]
    from workspace import jobs

    assert jobs.run(job_id=Job.objects.get().pk, now=clock.now())
    assert "Download the file" in desk.get(page).content.decode()
    assert b"".join(desk.get(f"{page}file/").streaming_content)[:2] == b"PK"


def test_selected_orders_are_shown_and_then_cancelled(desk, concert, kind):
    orders = [cast.ordered(kind) for _ in range(3)]
    chosen = {"code": [orders[0].code, orders[1].code], "act": "cancel"}
    assert "2 orders" in desk.post(at(concert, "orders/selection/"), chosen).content.decode()
    assert desk.post(at(concert, "orders/selection/act/"), chosen).status_code == 303
    assert Order.objects.filter(cancelled_at__isnull=False).count() == 2


@pytest.mark.parametrize(("text", "system", "made"), [(PRETIX, "pretix", 2), (EVENTBRITE, "Eventbrite", 1), (TITO, "Tito", 1)])
def test_another_systems_attendees_are_imported_once(desk, concert, kind, text, system, made):
    for round_number in range(2):
        file = SimpleUploadedFile("attendees.csv", text.encode())
        page = desk.post(at(concert, "imports/new/"), {"file": file}).headers["Location"]
        row = Import.objects.latest("pk")
        assert row.mapping["system"] == system
        assert desk.get(page).status_code == 200
        columns = {f"column-{field}": column for field, column in row.mapping["columns"].items()}
        reply = desk.post(page, columns | {"type-0": kind.pk, "act": "import"}, follow=True)
        assert reply.status_code == 200
        assert Job.objects.latest("pk").outcome["made"] == (0 if round_number else made)
    assert Ticket.objects.count() == kind.quotas.get().claimed == made


def test_a_message_goes_once_to_each_address_behind_other_mail(desk, concert, kind):
    for _ in range(2):
        cast.ordered(kind, email="dana@example.com")
    cast.ordered(kind, email="erin@example.com")
    typed = {"to": "buyers", "title": "Doors", "body": "Hello {name}, doors of **{event}** at seven. [Tickets]({link})"}
    page = desk.post(at(concert, "messages/new/"), typed).headers["Location"]
    assert "2 addresses" in desk.get(page).content.decode()
    assert desk.post(f"{page}test/").status_code == 303
    assert desk.post(f"{page}sending/").status_code == 303
    now = clock.now()
    assert messaging.send_due(now=now) == 2
    assert messaging.send_due(now=now) == 0
    assert set(Mail.objects.filter(bulk=True).values_list("to", flat=True)) == {"dana@example.com", "erin@example.com"}
    assert Message.objects.get().state == "sent"
    from workspace import mails

    mail = mails.message(subject_id=Mail.objects.filter(bulk=True).first().subject_id, to="dana@example.com")
    assert "<strong>" in mail.alternatives[0].content and "Hello Dana" in mail.body and "/orders/" in mail.body


def test_a_gate_steward_and_a_stranger_find_nothing(client, concert, bob, charlie):
    for user in (bob, charlie):
        client.force_login(user)
        for path in ("", "figures/", "history/", "orders/", "exports/", "messages/", "imports/new/", "orders/new/"):
            assert client.get(at(concert, path)).status_code == 404, path


def test_an_addon_is_in_the_sales_and_no_ticket_of_a_person(concert, kind, hall):
    dinner = cast.ticket_type(concert, name="Dinner", is_addon=True)
    picks = [checkout.Pick(ticket_type=kind, quantity=2), checkout.Pick(ticket_type=dinner, quantity=1)]
    held = checkout.hold(event=concert, picks=picks, now=clock.now())
    checkout.save_details(hold=held, buyer_name="Dana", buyer_email="dana@example.com", attendees=[])
    checkout.place_order(hold=held, now=clock.now())
    for _ in range(2):
        found = statistics.counted(event=concert, now=clock.now())
        assert (found.tickets, found.orders, found.by_type[kind.pk][0], found.by_type[dinner.pk][0]) == (2, 1, 2, 1)
        assert statistics.lines_of(events=[concert], now=clock.now())[concert.pk].tickets == 2
        sealing.seal_all(now=clock.now())
    assert [finding.violated for finding in audit() if finding.violated] == []
