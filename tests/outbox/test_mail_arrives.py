"""Mail through a real SMTP server: delivered, retried, once per order and kind."""

import email
import socket
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Handler
from django.test import Client

from outbox import post
from outbox.models import Mail
from registrations import fulfilment
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


class Inbox(Handler):
    def __init__(self):
        super().__init__()
        self.mails = []

    def handle_message(self, message):
        self.mails.append(message)


@pytest.fixture
def inbox(settings):
    handler = Inbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    settings.OUTBOX_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.PDF_IN_MAIL = False
    yield handler
    controller.stop()


def test_the_confirmation_has_link_calendar_and_both_texts_and_comes_once(inbox, concert):
    order = cast.ordered(cast.ticket_type(concert))
    for _ in range(2):
        fulfilment.fulfil(order_id=order.pk, now=clock.now())
    (mail,) = inbox.mails
    kinds = [part.get_content_type() for part in mail.walk()]
    assert {"text/plain", "text/html", "text/calendar"} <= set(kinds)
    assert order.secret in mail.as_string().replace("=\n", "")
    assert mail["To"] == "dana@example.com"
    assert mail["Reply-To"] == concert.organiser.email


def test_the_pdf_is_in_the_mail_where_configured(inbox, concert, settings):
    settings.PDF_IN_MAIL = True
    fulfilment.fulfil(order_id=cast.ordered(cast.ticket_type(concert)).pk, now=clock.now())
    pdf = next(part for part in inbox.mails[0].walk() if part.get_content_type() == "application/pdf")
    assert pdf.get_payload(decode=True)[:5] == b"%PDF-"


def test_a_mail_server_that_is_away_delays_and_loses_nothing(inbox, concert, settings):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    now = clock.now()
    order = cast.ordered(cast.ticket_type(concert))
    fulfilment.fulfil(order_id=order.pk, now=now)
    assert Mail.objects.get().sent_at is None and not inbox.mails
    assert Client().get(order.get_absolute_url()).status_code == 200
    settings.EMAIL_PORT = port
    assert post.send_due(now=now) == 0
    assert post.send_due(now=now + timedelta(hours=1)) == 1
    assert len(inbox.mails) == 1


def test_finding_tickets_answers_everybody_alike_and_mails_only_buyers(inbox, concert):
    order = cast.ordered(cast.ticket_type(concert))
    answers = [Client().post("/tickets/find/", {"email": address}) for address in ("Dana@example.com", "nobody@example.com")]
    texts = [a.content.decode().replace("Dana@example.com", "X").replace("nobody@example.com", "X") for a in answers]
    assert answers[0].status_code == answers[1].status_code == 200
    assert texts[0] == texts[1]
    Client().post("/tickets/find/", {"email": "dana@example.com"})
    post.send_due(now=clock.now() + timedelta(seconds=1))
    (mail,) = inbox.mails
    assert order.secret in email.message_from_bytes(mail.as_bytes()).get_payload()[0].get_payload(decode=True).decode()


def test_finding_tickets_too_often_is_refused(inbox, concert):
    from django.core.cache import cache

    cache.clear()
    client = Client()
    statuses = [client.post("/tickets/find/", {"email": f"a{n}@example.com"}).status_code for n in range(21)]
    assert statuses[:20] == [200] * 20 and statuses[20] == 429
    cache.clear()
