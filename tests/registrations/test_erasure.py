"""Nobody is remembered longer than declared: on request, by itself after the event, and what has days of its own."""

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from accounts.models import Organiser
from events.models import Event
from outbox import post
from outbox.models import Mail
from payments import forgetting, settlement
from registrations import amend, cancellation, erasure, erasure_proofs, fulfilment, privacy_mails, reassign, transfer
from registrations.models import Erasure, Hold, Invoice, Order, Ticket, Transfer
from tests import cast
from tests.payments import till
from ticketing.lib import clock, personal
from workspace import messaging

pytestmark = pytest.mark.django_db
SECRETS = ("Dana Gunnarsdottir", "Ingrid Halvorsen", "dana.g@example.com", "ingrid@example.org")


def everything(leave_out=("registrations.Invoice",)):
    """All stored text of all tables, as one string."""
    told = []
    for model in apps.get_models(include_auto_created=True):
        if model._meta.label not in leave_out:
            for row in model._default_manager.values():
                told += [
                    bytes(value).decode("utf-8", "replace") if isinstance(value, memoryview | bytes) else str(value)
                    for value in row.values()
                ]
    return "\n".join(told)


def remembered(**options):
    text = everything(**options)
    return [secret for secret in SECRETS if secret in text]


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.OUTBOX_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def order(concert):
    """Dana's paid order with everything that tells of her: a rename, a message, mails, a stored PDF, an invoice."""
    kind = cast.ticket_type(concert, price_minor=2500)
    order = cast.ordered(kind, 2, email="dana.g@example.com")
    amend.change_buyer(order=order, name="Dana Gunnarsdottir", email="dana.g@example.com", now=clock.now())
    payment = settlement.open_payment(order=order, now=clock.now())
    till.provider_says(payment, "succeeded")
    settlement.settle(payment=payment, now=clock.now())
    reassign.reassign_ticket(order=order, position=2, name="Ingrid Halvorsen", email="ingrid@example.org", now=clock.now())
    cancellation.void_ticket(ticket=order.tickets.get(position=2), reason="for Ingrid Halvorsen"[:20], now=clock.now())
    fulfilment.fulfil(order_id=order.pk, now=clock.now())
    fulfilment.send_again(order=order, now=clock.now())
    message = messaging.draft(event=concert, audience={"to": "buyers"}, by=None, now=clock.now(), subject="News", body="Hello {name}")
    messaging.send(message=message, at=clock.now(), now=clock.now())
    messaging.send_due(now=clock.now())
    post.send_due(now=clock.now())
    return Order.objects.select_related("event__organiser").get(pk=order.pk)


def over(event):
    Event.objects.filter(pk=event.pk).update(starts_at=clock.now() - timedelta(days=40), ends_at=clock.now() - timedelta(days=39))


def test_a_request_erases_everything_of_the_order_but_the_invoice(order):
    assert len(remembered()) == 4
    assert default_storage.listdir(f"tickets/{order.event_id}")[1]
    over(order.event)
    order.event.refresh_from_db()
    erasure.ask_order(order=order, now=clock.now())
    erasure.erase_due(now=clock.now())
    assert forgetting.forget_due(now=clock.now()) == 1  # at the provider, whose book is among these tables
    assert remembered() == []
    assert default_storage.listdir(f"tickets/{order.event_id}")[1] == []
    assert Invoice.objects.get().facts["buyer"]["name"] == "Dana Gunnarsdottir"
    assert b"Dana" not in Client().get(order.get_absolute_url()).content


def test_tickets_that_still_count_keep_their_name_until_the_event_is_over(order):
    row = erasure.ask_order(order=order, now=clock.now())
    assert row.due_at == order.event.ends_at
    assert erasure.erase_due(now=clock.now()) == 0 and len(remembered()) == 4
    assert erasure.erase_due(now=order.event.ends_at) == 1
    assert Order.objects.get().buyer_name == ""


def test_doing_it_twice_changes_nothing_more(order):
    row = erasure.ask_order(order=order, now=clock.now())
    later = order.event.ends_at
    erasure.erase_due(now=later)
    before = everything()
    row.refresh_from_db()
    row.erased_at = None  # as if the proof of it were lost
    erasure.carry_out(row=row, now=later)
    assert erasure.erase_due(now=later) == 0
    row.refresh_from_db()
    assert everything().count("erased@example.invalid") == before.count("erased@example.invalid")


def test_the_proof_tells_nothing_of_the_person(order):
    erasure.ask_order(order=order, now=clock.now())
    erasure.erase_due(now=order.event.ends_at)
    with default_storage.open(f"erasures/order-{order.pk}.json") as file:
        told = file.read().decode()
    assert not [secret for secret in SECRETS if secret in told] and order.secret not in told and order.code not in told
    assert json.loads(told)["rows"] == Erasure.objects.get().rows > 5


def test_a_store_that_does_not_answer_keeps_the_job_due(order, monkeypatch):
    erasure.ask_order(order=order, now=clock.now())
    monkeypatch.setattr(default_storage, "save", broken)
    erasure.erase_due(now=order.event.ends_at)
    assert Erasure.objects.get().kept_outside_at is None and Order.objects.get().erased_at
    monkeypatch.undo()
    erasure.erase_due(now=order.event.ends_at)
    assert Erasure.objects.get().kept_outside_at


def broken(*_, **__):
    raise OSError("the store is away")


def test_events_are_forgotten_when_the_organisers_days_have_passed(order):
    ticket = order.tickets.select_related("order__event").get(position=1)
    transfer.transfer_ticket(ticket=ticket, name="Ingrid Halvorsen", email="ingrid@example.org", now=clock.now())
    cast.held(cast.ticket_type(order.event), email="dana.g@example.com")
    over(order.event)
    assert erasure.erase_events(now=clock.now()) == 0 and len(remembered()) == 4
    Organiser.objects.update(erase_after_days=30)
    assert erasure.erase_events(now=clock.now()) == 1
    forgetting.forget_due(now=clock.now())
    assert remembered() == []
    assert erasure.erase_events(now=clock.now()) == 0
    assert Erasure.objects.get(subject="event").subject_id == order.event_id


def test_another_event_is_left_alone(order, hall):
    other = cast.ordered(cast.ticket_type(cast.event(organiser=hall)), email="ingrid@example.org")
    over(order.event)
    Organiser.objects.update(erase_after_days=30)
    erasure.erase_events(now=clock.now())
    assert Order.objects.get(pk=other.pk).buyer_email == "ingrid@example.org"


def test_a_buyers_wish_does_not_touch_whom_a_ticket_was_handed_on_to(order):
    ticket = order.tickets.select_related("order__event").get(position=1)
    held = transfer.transfer_ticket(ticket=ticket, name="Ingrid Halvorsen", email="ingrid@example.org", now=clock.now())
    erasure.ask_order(order=order, now=clock.now())
    erasure.erase_due(now=order.event.ends_at)
    assert Ticket.objects.get(pk=ticket.pk).attendee_name == "Ingrid Halvorsen"
    Client().post(f"{held.get_absolute_url()}data/")
    erasure.erase_due(now=order.event.ends_at)
    assert Ticket.objects.get(pk=ticket.pk).attendee_name == "" and Transfer.objects.get().to_email == ""


def test_lists_keep_their_length_so_that_a_late_payment_gets_its_tickets(order):
    erasure.ask_order(order=order, now=clock.now())
    erasure.erase_due(now=order.event.ends_at)
    assert [len(line.attendees) for line in order.lines.all()] == [2]
    assert order.lines.get().attendees[0]["name"] == ""


def test_the_audit_is_clean_afterwards(order):
    from operations.audit import audit

    over(order.event)
    Organiser.objects.update(erase_after_days=30)
    erasure.erase_events(now=clock.now())
    assert [finding.violated for finding in audit() if finding.violated] == []


def test_what_has_days_of_its_own_goes_by_itself(concert):
    hold = cast.held(cast.ticket_type(concert), email="dana.g@example.com")
    Hold.objects.filter(pk=hold.pk).update(released_at=clock.now() - timedelta(days=29))
    post.owe(kind="find_tickets", to="dana.g@example.com", subject_id=1, now=clock.now() - timedelta(days=91))
    personal.erase_old(now=clock.now())
    assert Hold.objects.get().buyer_email == "dana.g@example.com"  # not yet
    assert Mail.objects.get().to == "erased@example.invalid"
    personal.erase_old(now=clock.now() + timedelta(days=2))
    assert Hold.objects.get().buyer_email == ""


def test_control_a_field_that_is_not_declared_is_remembered(order, monkeypatch):
    known = dict(personal.declared())
    known.pop("registrations.OrderLine")
    monkeypatch.setattr(personal, "_declared", known)
    monkeypatch.setattr(personal, "autodiscover_modules", lambda name: None)
    erasure.ask_order(order=order, now=clock.now())
    erasure.erase_due(now=order.event.ends_at)
    assert order.lines.get().attendees[0]["name"] == "Guest 1"


def test_a_restored_database_forgets_again_by_the_proofs(order):
    was = Order.objects.values().get()
    erasure.ask_order(order=order, now=clock.now())
    erasure.erase_due(now=order.event.ends_at)
    Order.objects.update(**{name: was[name] for name in ("buyer_name", "buyer_email", "erased_at")})  # as a backup has it
    Erasure.objects.all().delete()
    assert erasure.again(now=order.event.ends_at) == 1
    assert Order.objects.get().buyer_name == ""
    assert erasure.again(now=order.event.ends_at) == 0


def test_a_proof_of_another_order_with_the_same_number_counts_for_nothing(order):
    erasure.ask_order(order=order, now=clock.now())
    erasure.erase_due(now=order.event.ends_at)
    Order.objects.update(secret="another-order-of-a-later-time", buyer_name="Ingrid Halvorsen", erased_at=None)
    Erasure.objects.all().delete()
    assert erasure.again(now=order.event.ends_at) == 0
    assert Order.objects.get().buyer_name == "Ingrid Halvorsen"


def test_a_forged_proof_counts_for_nothing(order):
    default_storage.save(f"erasures/order-{order.pk}.json", ContentFile(b'{"signed": "forged"}'))
    assert list(erasure_proofs.all_kept()) == [] and erasure.again(now=clock.now()) == 0


def test_the_page_shows_all_and_the_mail_confirms(order, mailoutbox):
    dana, url = Client(), f"{order.get_absolute_url()}data/"
    page = dana.get(url).content.decode()
    assert all(secret in page for secret in SECRETS)
    kept = dana.get(f"{order.get_absolute_url()}data.json").json()["kept"]
    assert {(each["record"], each["field"], each["kept_until"]) for each in kept} >= {
        ("order", "buyer_email", "event"),
        ("invoice", "facts", "law"),
    }
    dana.post(f"{order.get_absolute_url()}erasure/")
    dana.post(f"{order.get_absolute_url()}erasure/")
    assert Mail.objects.filter(kind="erasure_asked").count() in (1, 2)
    assert not Erasure.objects.exists()
    post.send_due(now=clock.now())
    link = f"{order.get_absolute_url()}erasure/{privacy_mails.token_of(order=order)}/"
    assert mailoutbox[-1].to == ["dana.g@example.com"] and f"{order.get_absolute_url()}erasure/" in mailoutbox[-1].body
    assert dana.get(link).status_code == 200 and not Erasure.objects.exists()  # a mail scanner opened it
    assert dana.post(link).status_code == 302 and Erasure.objects.exists()
    assert "You asked for erasure" in dana.get(url).content.decode()


def test_a_link_of_another_order_confirms_nothing(order, concert):
    other = cast.ordered(cast.ticket_type(concert))
    assert Client().post(f"{order.get_absolute_url()}erasure/{privacy_mails.token_of(order=other)}/").status_code == 404


def test_the_buyer_does_not_see_whom_the_holder_handed_it_on_to(order):
    ticket = order.tickets.select_related("order__event").get(position=1)
    transfer.transfer_ticket(ticket=ticket, name="Erin Berg", email="erin.berg@example.org", now=clock.now())
    for name in ("data/", "data.json"):
        assert b"erin.berg" not in Client().get(f"{order.get_absolute_url()}{name}").content


def test_the_organiser_sets_the_days_within_limits(client, alice, hall):
    client.force_login(alice)
    url = f"/manage/{hall.slug}/privacy/"
    assert "Where tickets and news" in client.get(url).content.decode()
    assert client.post(url, {"erase_after_days": "5"}).status_code == 422
    assert client.post(url, {"erase_after_days": "30"}).status_code == 302
    hall.refresh_from_db()
    assert hall.erase_after_days == 30
