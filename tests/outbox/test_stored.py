"""Django's own mail is stored and sent as it was, over a real mail server."""

import email

import pytest
from aiosmtpd.controller import Controller
from django.core.mail import EmailMultiAlternatives, get_connection

from outbox import post
from outbox.models import Mail
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


class Kept:
    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(email.message_from_bytes(envelope.content))
        return "250 OK"


def test_a_stored_mail_arrives_whole(settings):
    kept = Kept()
    server = Controller(kept, hostname="127.0.0.1", port=0)
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server.port = probe.getsockname()[1]
    server.start()
    try:
        settings.OUTBOX_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        message = EmailMultiAlternatives(
            "Żółć", "Your code: ABC", "a@example.com", ["dana@example.com"], connection=get_connection("outbox.backend.OutboxEmailBackend")
        )
        message.send()
        assert Mail.objects.get().sent_at is None
        assert post.send_due(now=clock.now()) == 1
    finally:
        server.stop()
    assert kept.mails[0]["To"] == "dana@example.com"
    assert "Your code: ABC" in kept.mails[0].get_payload()
