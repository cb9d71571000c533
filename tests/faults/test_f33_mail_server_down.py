"""F33: the mail server is away, refuses, hangs or is slow. Nothing lost, nothing twice, the page gives the ticket."""

import asyncio
import collections
import contextlib
import email
import socket
import threading
import time
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from django.db import connection

from bench.buyers import buy
from bench.client import Client
from operations.audit import audit
from outbox import post
from outbox.models import Mail
from registrations import fulfilment
from tests import cast
from tests.faults.stage import Stage, free_port, until
from ticketing.lib import clock

HOUR = timedelta(hours=1)
SWEEP = timedelta(seconds=10)
UNSENT = "from outbox.models import Mail\nprint(Mail.objects.filter(sent_at=None).count(), Mail.objects.count())"
NOW_DUE = "from outbox.models import Mail\nMail.objects.filter(sent_at=None).update(due_at=now)"  # not to wait for the next try


class PostOffice:
    """A real SMTP server. `answer`: to every recipient; `slowness`: seconds for each mail."""

    def __init__(self, port):
        self.port, self.mails, self.answer, self.slowness = port, [], "250 OK", 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(self.slowness)
        self.mails.append(email.message_from_bytes(envelope.content))
        return "250 OK"

    @contextlib.contextmanager
    def open(self):
        controller = Controller(self, hostname="127.0.0.1", port=self.port)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()

    def copies(self):
        """How often each mail came, by its Message-ID."""
        return collections.Counter(mail["Message-ID"] for mail in self.mails)


@pytest.fixture
def office(settings):
    settings.OUTBOX_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    settings.PDF_IN_MAIL = False
    return PostOffice(settings.EMAIL_PORT)


@contextlib.contextmanager
def hanging(port):
    """A server that takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", port)):
        yield


@pytest.fixture
def orders(concert):
    kind = cast.ticket_type(concert)
    return [cast.ordered(kind, email=f"dana{number}@example.com") for number in range(4)]


def fulfil_all(orders, now):
    for order in orders:
        fulfilment.fulfil(order_id=order.pk, now=now)


def clean():
    return not any(finding.violated for finding in audit())


@pytest.mark.django_db
def test_an_hour_away_is_an_hour_late_and_no_more(office, orders):
    now = began = clock.now()
    fulfil_all(orders, now)
    while now < began + HOUR:
        assert post.send_due(now=now) == 0
        now += SWEEP
    assert Mail.objects.filter(sent_at=None, given_up_at=None).count() == len(orders)
    assert Mail.objects.order_by("-tries").first().tries < 12  # it knocks ever more seldom
    with office.open():
        while now < began + HOUR + post.LONGEST_RETRY:
            post.send_due(now=now)
            now += SWEEP
    assert sorted(mail["To"] for mail in office.mails) == [order.buyer_email for order in orders]
    assert set(office.copies().values()) == {1}
    assert clean()


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["451 4.3.0 Try again later", "550 5.1.1 No such user", "421 4.3.2 Closing"])
def test_a_server_that_refuses_gets_the_mail_later(office, orders, answer):
    now = clock.now()
    with office.open():
        office.answer = answer
        fulfil_all(orders, now)
        assert not office.mails
        assert set(Mail.objects.values_list("sent_at", flat=True)) == {None}
        assert answer[:3] in Mail.objects.first().last_error
        office.answer = "250 OK"
        assert post.send_due(now=now + HOUR) == len(orders)
    assert set(office.copies().values()) == {1}


@pytest.mark.django_db
def test_one_refused_address_does_not_keep_the_others_waiting(office, orders):
    now = clock.now()
    Mail.objects.create(key="odd:1", kind="order_confirmation", to="odd@example.com", subject_id=0, queued_at=now, due_at=now - HOUR)
    fulfil_all(orders, now - SWEEP)
    with office.open():
        post.send_due(now=now + HOUR)
    assert len(office.mails) == len(orders)


@pytest.mark.django_db
def test_a_server_that_hangs_is_left_after_a_while(office, orders, settings, monkeypatch):
    settings.EMAIL_TIMEOUT = 0.2
    monkeypatch.setattr(post, "BATCH_SECONDS", 0.3)
    now = clock.now()
    with hanging(office.port):
        fulfil_all(orders, now)
        assert post.send_due(now=now + HOUR) == 0
    assert Mail.objects.filter(tries=2).count() < len(orders)  # not one time-out for each mail that waits: the worker has more to do
    with office.open():
        post.send_due(now=now + 2 * HOUR)
    assert len(office.mails) == len(orders)
    assert set(office.copies().values()) == {1}


def sent_by_two_workers(seconds_apart):
    """Two workers sweep, the second while the first is still at it."""

    def sweep(wait):
        time.sleep(wait)
        post.send_due(now=clock.now())
        connection.close()

    threads = [threading.Thread(target=sweep, args=(wait,)) for wait in (0, seconds_apart)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.fixture
def slow_office(office, orders, monkeypatch):
    """Two mails are due, the server takes its time, and claims are over before both are sent."""
    fulfil_all(orders[:2], clock.now() - HOUR)
    office.slowness = 1.5
    monkeypatch.setattr(post, "CLAIMED_FOR", timedelta(seconds=2.2))
    monkeypatch.setattr(post, "BATCH_SECONDS", 0.1)
    with office.open():
        yield office


@pytest.mark.django_db(transaction=True)
def test_two_workers_and_a_slow_server_send_nothing_twice(slow_office):
    while Mail.objects.filter(sent_at=None).exists():
        sent_by_two_workers(0.8)
    assert set(slow_office.copies().values()) == {1}
    assert len(slow_office.mails) == 2


@pytest.mark.django_db(transaction=True)
def test_control_without_an_end_to_the_batch_claims_run_out_and_mails_come_twice(slow_office, monkeypatch):
    monkeypatch.setattr(post, "BATCH_SECONDS", 60)
    sent_by_two_workers(2.4)
    assert max(slow_office.copies().values()) > 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_claim_mails_come_twice(slow_office, monkeypatch):
    monkeypatch.setattr(post, "_claimed", lambda row, now: True)
    sent_by_two_workers(0)
    assert max(slow_office.copies().values()) > 1


@pytest.mark.django_db
def test_control_noting_a_mail_as_sent_before_it_is_would_lose_it(office, orders, monkeypatch):
    monkeypatch.setattr(post, "_postpone", lambda row, error, now: post.SENT.run(mail=row.pk, now=now))
    now = clock.now()
    fulfil_all(orders, now)
    with office.open():
        assert post.send_due(now=now + HOUR) == 0
    assert not office.mails


def test_in_a_real_sale_every_buyer_has_the_ticket_at_once_and_the_mail_once():
    office = PostOffice(free_port())
    with Stage(EMAIL_URL=f"smtp://127.0.0.1:{office.port}") as stage:
        pages = bought(stage, 0)  # nobody listens
        office.answer = "451 4.3.0 Try again later"
        with office.open():
            pages += bought(stage, 10)  # somebody listens, and refuses
            until(lambda: counted(stage)[1] == len(pages), seconds=40)
            assert counted(stage) == [len(pages), len(pages)]
            assert not office.mails
            office.answer = "250 OK"
            stage.python(NOW_DUE)
            until(lambda: counted(stage)[0] == 0, seconds=40)
        assert set(office.copies().values()) == {1}
        assert sorted(page.split("/")[2] for page in pages) == sorted(stage.orders())
        assert len(office.mails) == len(pages)
        stage.audit()


def counted(stage):
    """Mails unsent, mails."""
    return [int(number) for number in stage.python(UNSENT).split()]


def bought(stage, first):
    """Three orders' pages, each of which gives the ticket: its code to show and its PDF to keep."""
    client = Client(stage.port)
    pages = [buy(client, "fault", stage.type_id, first + number) for number in range(3)]
    for page in pages:
        assert b"<svg" in client.get(page).body
        pdf = client.get(f"{page}tickets.pdf")
        assert pdf.status == 200
        assert pdf.body.startswith(b"%PDF")
    return pages
