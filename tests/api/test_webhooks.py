"""Webhooks: what happens is told once, signed, in order, also to a receiver that fails for an hour; nothing to others."""

from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from api.models import Endpoint, Message
from api.webhooks import endpoints, facts, sending
from events import publication
from payments import refunds, settlement
from payments.gateway import Status
from payments.models import PracticeSession
from payments.practice import book
from registrations import cancellation, codes, reassign
from registrations.models import Ticket
from scanning import redemption
from scanning.gates import gates_of
from tests import cast
from tests.api.receiver import Receiver
from ticketing.lib import clock, tokens

# Each fact must be seen by the snapshot of a later reading, so transactions are real.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def there():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def endpoint(there, hall):
    return endpoints.add(organiser=hall, url=there.url, kinds=[], by=None, now=clock.now())


def sweep(now=None):
    """As the schedule does: what was seen by one reading is told by the next."""
    now = now or clock.now()
    for _ in range(2):
        facts.read(now=now)
    return sending.send_due(now=now)


def test_a_whole_life_is_told_once_and_in_order(there, endpoint, hall):
    event = cast.event(organiser=hall, published=False)
    kind = cast.ticket_type(event)
    publication.publish(event=event, now=clock.now())
    event.refresh_from_db()
    order = cast.ordered(kind, 2)
    ticket = order.tickets.first()
    redemption.redeem(gate=gates_of(event=event)[0], presented=codes.code_of(ticket), now=clock.now())
    reassign.reassign_ticket(order=order, position=2, name="Eve", email="", now=clock.now())
    cancellation.cancel_order(order=order, now=clock.now())
    publication.cancel(event=event, now=clock.now())
    sweep()
    assert there.types() == [
        "event.published",
        "order.placed",
        "order.paid",
        "ticket.admitted",
        "order.changed",
        "order.cancelled",
        "event.cancelled",
    ]
    assert sweep() == 0 and len(there.taken) == 7


def test_paid_and_refunded_are_told(there, endpoint, concert):
    order = cast.ordered(cast.ticket_type(concert, price_minor=1500))
    payment = settlement.open_payment(order=order, now=clock.now())
    sweep()
    assert there.types() == ["order.placed"]
    book.decide(row=PracticeSession.objects.get(), status=Status.SUCCEEDED, now=clock.now())
    settlement.settle(payment=payment, now=clock.now())
    order.refresh_from_db()
    refunds.refund_order(order=order, amount_minor=500, now=clock.now())
    settlement.send_refunds(now=clock.now())
    sweep()
    assert there.types() == ["order.placed", "order.paid", "order.refunded"]
    assert (there.taken[2]["data"]["total_minor"], there.taken[2]["data"]["left_minor"]) == (1500, 1000)


def test_a_message_opens_nothing(there, endpoint, concert):
    order = cast.ordered(cast.ticket_type(concert))
    redemption.redeem(gate=gates_of(event=concert)[0], presented=codes.code_of(order.tickets.first()), now=clock.now())
    sweep()
    told = b"".join(body for _, body in there.seen).decode()
    assert order.code in told
    for secret in (order.secret, codes.code_of(order.tickets.first()), tokens.serial_text(order.tickets.first().serial)):
        assert secret not in told


def test_an_independent_verifier_accepts_the_signature_and_refuses_what_was_altered(there, endpoint, concert):
    cast.ordered(cast.ticket_type(concert))
    sweep()
    verifier = Webhook(endpoints.secret_of(endpoint=endpoint))
    headers, body = there.seen[0]
    assert verifier.verify(body.decode(), headers)["type"] == "order.placed"
    with pytest.raises(WebhookVerificationError):
        verifier.verify(body.decode().replace("Dana", "Eve"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 43 + "=").verify(body.decode(), headers)


def test_a_receiver_that_fails_for_an_hour_gets_each_message_once_more_in_order(there, endpoint, concert):
    kind = cast.ticket_type(concert)
    there.answers = 503
    orders = [cast.ordered(kind) for _ in range(5)]
    for order in orders[:3]:
        cancellation.cancel_order(order=order, now=clock.now())
    start = clock.now()
    for second in range(0, 3600, 30):
        sweep(start + timedelta(seconds=second))
    tries = len(there.seen)
    assert there.taken == [] and 5 < tries < 40  # it is not hammered meanwhile
    there.answers = 200
    for second in range(3600, 4500, 30):
        sweep(start + timedelta(seconds=second))
    assert sorted(each["id"] for each in there.taken) == sorted(row.webhook_id for row in Message.objects.all())
    assert len({each["id"] for each in there.taken}) == len(there.taken) == 13
    for order in orders:
        of_order = [each["type"] for each in there.taken if each["data"]["code"] == order.code]
        assert of_order == ["order.placed", "order.paid", "order.cancelled"][: 3 if order in orders[:3] else 2]
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since) == (0, None)


def test_one_message_that_is_always_refused_holds_up_nothing_else(there, endpoint, concert):
    kind = cast.ticket_type(concert)
    poison, *others = (cast.ordered(kind) for _ in range(4))
    there.answers = lambda path, body: 500 if poison.code.encode() in body else 200
    start = clock.now()
    for second in range(0, 300, 5):
        sweep(start + timedelta(seconds=second))
    assert {each["data"]["code"] for each in there.taken} == {order.code for order in others}
    assert len(there.taken) == 6
    assert Message.objects.filter(about_id=poison.pk, tries=0, kind="order.paid").exists()  # it waits behind the first
    for day in (1, 2, 3, 4):
        sweep(start + timedelta(days=day))
    sweep(start + timedelta(days=8))
    assert not Message.objects.filter(delivered_at=None, abandoned_at=None).exists()  # given up after three days


def test_control_without_the_rule_later_messages_overtake(there, endpoint, concert, monkeypatch):
    monkeypatch.setattr(
        sending,
        "heads",
        lambda endpoint, now: Message.objects.filter(sending.OPEN, endpoint=endpoint, due_at__lte=now).order_by("tries", "pk"),
    )
    order = cast.ordered(cast.ticket_type(concert))
    there.answers = lambda path, body: 500 if b"order.placed" in body else 200
    start = clock.now()
    for second in range(0, 60, 5):
        sweep(start + timedelta(seconds=second))
    assert [(each["type"], each["data"]["code"]) for each in there.taken] == [("order.paid", order.code)]


def test_nothing_of_before_and_nothing_of_other_organisers_is_told(there, hall, concert, charlie):
    cast.ordered(cast.ticket_type(concert))
    endpoints.add(organiser=hall, url=there.url, kinds=[], by=None, now=clock.now())
    other = cast.event(organiser=cast.organiser("charlies-club", owner=charlie))
    cast.ordered(cast.ticket_type(other))
    mine = cast.ordered(cast.ticket_type(concert))
    sweep()
    assert {each["data"]["code"] for each in there.taken} == {mine.code}


def test_an_organiser_without_endpoints_costs_one_question_and_no_row(concert, django_assert_num_queries):
    cast.ordered(cast.ticket_type(concert))
    with django_assert_num_queries(1):
        facts.read(now=clock.now())
    assert not Message.objects.exists()


def test_only_the_kinds_that_were_chosen_are_told(there, hall, concert):
    endpoints.add(organiser=hall, url=there.url, kinds=["order.paid"], by=None, now=clock.now())
    cast.ordered(cast.ticket_type(concert))
    sweep()
    assert there.types() == ["order.paid"]


def test_a_paused_endpoint_is_told_when_it_is_resumed(there, endpoint, concert):
    endpoints.pause(endpoint=endpoint, now=clock.now())
    cast.ordered(cast.ticket_type(concert))
    sweep()
    assert there.seen == []
    endpoints.resume(endpoint=endpoint)
    sweep()
    assert there.types() == ["order.placed", "order.paid"]


def test_a_receiver_that_is_gone_is_called_no_more(there, endpoint, concert):
    there.answers = 410
    cast.ordered(cast.ticket_type(concert))
    sweep()
    endpoint.refresh_from_db()
    assert endpoint.paused_at is not None


def test_a_redirect_is_not_followed(there, endpoint, concert):
    there.answers = 302
    cast.ordered(cast.ticket_type(concert))
    sweep()
    assert len(there.seen) == 1
    assert Message.objects.first().last_error == "answered 302: redirects are not followed"


def test_a_transaction_that_is_late_is_not_missed(there, endpoint, concert):
    """An order that commits after a younger one: ids alone would leave it out."""
    import threading

    from django.db import connection, transaction

    kind = cast.ticket_type(concert)
    opened, go_on = threading.Event(), threading.Event()

    def late():
        with transaction.atomic():
            cast.ordered(kind, email="late@example.com")
            opened.set()
            go_on.wait(20)
        connection.close()

    other = cast.ticket_type(concert)
    codes.signing_key_id(event_id=concert.pk, now=clock.now())  # else the two would wait for each other's
    thread = threading.Thread(target=late)
    thread.start()
    assert opened.wait(20)
    try:
        cast.ordered(other, email="quick@example.com")
        for _ in range(3):
            sweep()
        before = [each["data"]["buyer"]["email"] for each in there.taken]
    finally:
        go_on.set()
        thread.join()
    for _ in range(3):
        sweep()
    assert "late@example.com" not in before
    emails = [each["data"]["buyer"]["email"] for each in there.taken if each["type"] == "order.placed"]
    assert sorted(emails) == ["late@example.com", "quick@example.com"]


def test_two_workers_never_speak_to_one_endpoint_at_once(there, endpoint, concert):
    cast.ordered(cast.ticket_type(concert))
    for _ in range(2):
        facts.read(now=clock.now())
    Endpoint.objects.update(taken_until=clock.now() + timedelta(seconds=20))
    assert sending.send_due(now=clock.now()) == 0
    assert sending.send_due(now=clock.now() + timedelta(seconds=40)) == 2  # the other died


def test_the_pages_add_test_pause_log_and_send_again(client, alice, there, hall, concert):
    client.force_login(alice)
    at = "/manage/alices-hall/webhooks/"
    assert client.post(at, {"url": "", "kinds": []}).status_code == 422
    client.post(at, {"url": there.url, "kinds": ["order.paid"]})
    endpoint = Endpoint.objects.get()
    page = f"{at}{endpoint.pk}/"
    assert endpoints.secret_of(endpoint=endpoint).encode() in client.get(page).content
    client.post(f"{page}test/")
    sweep()
    assert there.types() == ["test"]
    message = Message.objects.get()
    client.post(f"{page}messages/{message.pk}/")
    sweep()
    assert [each["id"] for each in there.taken] == [message.webhook_id] * 2
    assert "Arrived" in client.get(page).content.decode()
    client.post(f"{page}remove/")
    assert client.get(page).status_code == 404
    assert Ticket.objects.count() == 0


def test_forgotten_after_a_month(there, endpoint, concert):
    cast.ordered(cast.ticket_type(concert))
    sweep()
    assert sending.forget_old(now=clock.now() + timedelta(days=29)) == 0
    assert sending.forget_old(now=clock.now() + timedelta(days=31)) == 2
