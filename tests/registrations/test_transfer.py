"""Handing a ticket on: a new code for a new holder, the old one ends, and only the holder sees the new one."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from events import terms
from outbox import post
from registrations import cancellation, codes, transfer
from registrations.checkout import Refused
from registrations.models import Ticket, Transfer
from scanning import redemption
from scanning.gates import gates_of
from tests import cast
from ticketing.lib import clock
from trail.models import Change

pytestmark = pytest.mark.django_db
ERIN = {"name": "Erin", "email": "erin@example.com"}


def handed_on(ticket, **to):
    return transfer.transfer_ticket(ticket=ticket, **(ERIN | to), now=clock.now())


@pytest.fixture
def ticket(concert):
    return cast.ordered(cast.ticket_type(concert), 2).tickets.select_related("order__event").get(position=1)


def form_of(client, url):
    """What the page's form would send."""
    return dict(re.findall(r'name="(seen|name|email)" value="([^"]*)"', client.get(url).content.decode()))


def test_the_old_code_is_refused_and_the_new_one_enters(ticket):
    gate, old = gates_of(event=ticket.event)[0], codes.code_of(ticket)
    handed_on(ticket)
    new = codes.code_of(Ticket.objects.get(pk=ticket.pk))
    answers = [redemption.redeem(gate=gate, presented=code, now=clock.now()) for code in (old, new, new)]
    assert [answer.verdict for answer in answers] == ["revoked", "admitted", "already_admitted"]
    assert answers[0].ticket.attendee_name == "Erin"


def test_the_old_number_typed_by_hand_is_refused_too(ticket):
    from ticketing.lib import tokens

    gate, old = gates_of(event=ticket.event)[0], tokens.serial_text(ticket.serial)
    handed_on(ticket)
    assert redemption.redeem(gate=gate, presented=old, now=clock.now()).verdict == "revoked"


def test_both_sides_get_a_mail_and_only_the_new_holder_the_link(ticket, settings):
    settings.OUTBOX_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    held = handed_on(ticket)
    post.send_due(now=clock.now())
    told = {message.to[0]: message for message in mail.outbox if "hand" in message.body}
    assert held.secret in told["erin@example.com"].body and held.secret not in told["dana@example.com"].body
    assert ticket.order.secret not in told["erin@example.com"].body
    assert [name for name, *_ in (part for part in told["erin@example.com"].attachments if isinstance(part, tuple))] == [
        f"ticket-{ticket.event.slug}.pdf"
    ]


def test_the_buyer_sees_the_code_no_more_and_the_holder_does(ticket):
    dana, erin = Client(), Client()
    before = dana.get(ticket.order.get_absolute_url()).content
    held = handed_on(ticket)
    after = dana.get(ticket.order.get_absolute_url()).content
    assert (before.count(b'class="qr"'), after.count(b'class="qr"')) == (2, 1) and b"Handed on" in after
    page = erin.get(held.get_absolute_url())
    assert page.content.count(b'class="qr"') == 1 and ticket.order.secret.encode() not in page.content
    assert erin.get(f"{held.get_absolute_url()}ticket.pdf").content[:5] == b"%PDF-"
    assert held.secret.encode() in erin.get(f"{held.get_absolute_url()}calendar.ics").content.replace(b"\r\n ", b"")


def test_the_orders_pdf_loses_the_page(ticket):
    from io import BytesIO

    import pikepdf

    from registrations import documents

    assert len(pikepdf.open(BytesIO(documents.order_pdf(order=ticket.order))).pages) == 2
    handed_on(ticket)
    assert len(pikepdf.open(BytesIO(documents.order_pdf(order=ticket.order))).pages) == 1


def test_the_buyer_hands_on_by_the_page_and_twice_is_once(ticket):
    dana, url = Client(), f"{ticket.order.get_absolute_url()}tickets/1/transfer/"
    typed = form_of(dana, url) | ERIN
    assert dana.post(url, typed | {"email": "erin"}).status_code == 422
    assert dana.post(url, typed).status_code == 303
    assert dana.post(url, typed).status_code == 404  # it is not the buyer's any more
    assert Transfer.objects.count() == 1


def test_the_holder_hands_it_on_again_and_the_first_link_shows_no_code(ticket):
    erin = Client()
    first = handed_on(ticket)
    url = f"{first.get_absolute_url()}transfer/"
    assert erin.post(url, form_of(erin, url) | {"name": "Finn", "email": "finn@example.com"}).status_code == 303
    page = erin.get(first.get_absolute_url()).content
    assert b"was handed on" in page and b'class="qr"' not in page
    assert erin.get(f"{first.get_absolute_url()}ticket.pdf").status_code == 404
    second = Transfer.objects.get(ended_at=None)
    assert (second.from_name, second.to_name) == ("Erin", "Finn")


def test_only_the_holder_changes_the_name(ticket):
    held = handed_on(ticket)
    assert Client().post(f"{ticket.order.get_absolute_url()}tickets/1/", {"name": "Dana again"}).status_code == 422
    assert Client().post(f"{held.get_absolute_url()}name/", {"name": "Erin B."}).status_code == 303
    ticket.refresh_from_db()
    assert ticket.attendee_name == "Erin B."


def test_a_ticket_that_was_used_stays(ticket):
    redemption.redeem(gate=gates_of(event=ticket.event)[0], presented=codes.code_of(ticket), now=clock.now())
    with pytest.raises(Refused, match="came in"):
        handed_on(ticket)


def test_a_void_ticket_stays(ticket):
    cancellation.void_ticket(ticket=ticket, reason="lost", now=clock.now())
    with pytest.raises(Refused, match="not valid"):
        handed_on(ticket)
    assert Client().get(f"{ticket.order.get_absolute_url()}tickets/1/transfer/").status_code == 404


def test_a_ticket_has_only_so_many_holders(ticket):
    for _ in range(transfer.MOST_HOLDERS):
        handed_on(ticket)
        ticket.refresh_from_db()
    with pytest.raises(Refused, match="too often"):
        handed_on(ticket)


@pytest.mark.parametrize("fields", [{"transfers": False}, {"changes_until_hours": 24 * 20}])
def test_the_organisers_terms_hold_for_pages_and_verb(ticket, fields):
    terms.save(event=ticket.event, fields=fields)
    with pytest.raises(Refused):
        handed_on(ticket)
    page = Client().get(f"{ticket.order.get_absolute_url()}tickets/1/transfer/").content.decode()
    assert 'name="email"' not in page
    assert "Hand on<" not in Client().get(f"{ticket.order.get_absolute_url()}changes/").content.decode()


def test_names_stay_after_the_terms_time_too(ticket):
    terms.save(event=ticket.event, fields={"changes_until_hours": 24 * 20})
    assert Client().post(f"{ticket.order.get_absolute_url()}tickets/2/", {"name": "Eve"}).status_code == 422


def test_a_void_ticket_shows_its_holder_no_code(ticket):
    held = handed_on(ticket)
    cancellation.cancel_order(order=ticket.order, now=clock.now())
    page = Client().get(held.get_absolute_url()).content
    assert b"Not valid any more" in page and b'class="qr"' not in page


def test_it_is_on_the_trail(ticket):
    handed_on(ticket)
    change = Change.objects.get(act="ticket_transferred")
    assert change.about_id == ticket.order_id and change.changed["attendee"] == ["Guest 1", "Erin"]


def test_a_guessed_link_is_not_there(ticket):
    handed_on(ticket)
    assert Client().get("/transfers/nobody-has-this-link/").status_code == 404


def test_a_message_to_attendees_gives_the_holder_their_own_link(ticket):
    from workspace import texts

    held = handed_on(ticket)
    fresh = Ticket.objects.select_related("ticket_type").get(pk=ticket.pk)
    facts = texts.facts_of(event=ticket.event, order=ticket.order, ticket=fresh)
    assert held.secret in facts["link"] and ticket.order.secret not in facts["link"]


def test_the_confirmation_can_be_sent_again_once_a_minute(ticket):
    from outbox.models import Mail

    dana = Client()
    for _ in range(2):
        assert dana.post(f"{ticket.order.get_absolute_url()}mail/").status_code == 302
    assert Mail.objects.filter(key__startswith=f"order_confirmation:{ticket.order_id}:").count() in (
        1,
        2,
    )  # two when a minute ended between
    assert b"once more" in dana.get(f"{ticket.order.get_absolute_url()}changes/").content


def test_it_is_handed_on_after_the_event_to_nobody(ticket):
    assert transfer.why_not(event=ticket.event, now=ticket.event.ends_at + timedelta(seconds=1))
