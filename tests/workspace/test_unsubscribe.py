"""No more messages with one click, also by the mail program's own button (RFC 8058); tickets still come."""

import re

import pytest
from django.test import Client

from outbox import post
from outbox.models import Mail
from tests import cast
from ticketing.lib import clock
from workspace import messaging
from workspace.models import Recipient, Unsubscribed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_memory(settings):
    settings.OUTBOX_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"


def told(event, mailoutbox):
    """Who gets the next message."""
    message = messaging.draft(event=event, audience={"to": "buyers"}, by=None, now=clock.now(), subject="News", body="Hello {name}")
    messaging.send(message=message, at=clock.now(), now=clock.now())
    messaging.send_due(now=clock.now())
    mailoutbox.clear()
    post.send_bulk_due(now=clock.now())
    return sorted(mail.to[0] for mail in mailoutbox)


@pytest.fixture
def sold(concert):
    kind = cast.ticket_type(concert)
    for address in ("Dana@example.com", "erin@example.com"):
        cast.ordered(kind, email=address)
    return concert


def link_of(mail):
    return re.search(r"<https?://[^/]*(/unsubscribe/[^>]*)>", mail.extra_headers["List-Unsubscribe"])[1]


def test_the_mail_programs_button_needs_no_page_and_no_cookie(sold, mailoutbox):
    assert told(sold, mailoutbox) == ["dana@example.com", "erin@example.com"]
    mail = next(mail for mail in mailoutbox if mail.to == ["dana@example.com"])
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(link_of(mail), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert told(sold, mailoutbox) == ["erin@example.com"]
    assert not Recipient.objects.filter(message__pk=Recipient.objects.latest("pk").message_id, email__icontains="dana").exists()


def test_opening_the_link_alone_changes_nothing_and_the_way_back_is_there(sold, mailoutbox):
    told(sold, mailoutbox)
    link, dana = link_of(mailoutbox[0]), Client()
    assert dana.get(link).status_code == 200 and not Unsubscribed.objects.exists()
    assert b"No more messages" in dana.post(link, {"act": "unsubscribe"}).content
    dana.post(link, {"act": "subscribe"})
    assert len(told(sold, mailoutbox)) == 2


def test_a_mail_that_waits_already_is_not_sent(sold, mailoutbox):
    told(sold, mailoutbox)
    links = [link_of(mail) for mail in mailoutbox]
    message = messaging.draft(event=sold, audience={"to": "buyers"}, by=None, now=clock.now(), subject="Last", body="Bye")
    messaging.send(message=message, at=clock.now(), now=clock.now())
    messaging.send_due(now=clock.now())
    for link in links:
        Client().post(link)
    mailoutbox.clear()
    post.send_bulk_due(now=clock.now())
    assert mailoutbox == []


def test_tickets_and_another_organisers_messages_still_come(sold, mailoutbox, charlie):
    told(sold, mailoutbox)
    for mail in list(mailoutbox):
        Client().post(link_of(mail))
    other = cast.event(organiser=cast.organiser("charlies-club", owner=charlie))
    cast.ordered(cast.ticket_type(other), email="dana@example.com")
    assert told(other, mailoutbox) == ["dana@example.com"]
    from registrations import fulfilment

    order = cast.ordered(cast.ticket_type(sold), email="dana@example.com")
    fulfilment.fulfil(order_id=order.pk, now=clock.now())
    assert Mail.objects.get(key=f"order_confirmation:{order.pk}").sent_at


def test_the_list_of_them_tells_no_address(sold, mailoutbox):
    told(sold, mailoutbox)
    Client().post(link_of(mailoutbox[0]))
    assert "@" not in Unsubscribed.objects.get().fingerprint


def test_a_made_up_link_is_not_there():
    assert Client().post("/unsubscribe/made-up/").status_code == 404
