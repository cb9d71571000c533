"""Whoever is forgotten is forgotten in what other programs were told too; what is still to be told names nobody."""

from datetime import timedelta

import pytest

from api.models import Message
from api.webhooks import endpoints, facts, sending
from registrations import codes, erasure
from registrations.models import Order
from scanning import redemption
from scanning.gates import gates_of
from tests import cast
from tests.api.receiver import Receiver
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def there():
    with Receiver() as receiver:
        yield receiver


def sold(event, email):
    order = cast.ordered(cast.ticket_type(event), email=email)
    redemption.redeem(gate=gates_of(event=event)[0], presented=codes.code_of(order.tickets.get()), now=clock.now())
    return Order.objects.select_related("event").get(pk=order.pk)


def told():
    for _ in range(2):
        facts.read(now=clock.now())
    sending.send_due(now=clock.now())


def forget(order):
    erasure.ask_order(order=order, now=clock.now())
    erasure.erase_due(now=order.event.ends_at + timedelta(days=1))


def naming(name):
    return Message.objects.filter(body__contains=name).count()


def test_what_was_told_of_an_order_and_its_entries_goes_and_that_of_others_stays(hall, concert, there):
    endpoints.add(organiser=hall, url=there.url, kinds=[], by=None, now=clock.now())
    order, _ = sold(concert, "dana@example.com"), sold(concert, "erin@example.com")
    told()
    assert naming("dana@example.com") == naming("erin@example.com") == 2 and Message.objects.filter(kind="ticket.admitted").count() == 2
    forget(order)
    assert naming("dana@example.com") == 0 and naming("erin@example.com") == 2
    assert set(Message.objects.filter(body="").values_list("kind", flat=True)) == {"order.placed", "order.paid", "ticket.admitted"}


def test_what_still_waits_is_told_without_names(hall, concert, there):
    endpoints.add(organiser=hall, url=there.url, kinds=["order.placed"], by=None, now=clock.now())
    order = sold(concert, "dana@example.com")
    there.answers = 500
    told()
    forget(order)
    there.answers = 200
    sending.send_due(now=clock.now() + timedelta(hours=1))
    assert [each["data"]["buyer"] for each in there.taken] == [{"name": "", "email": ""}]


def test_nobody_reads_in_their_own_data_what_others_were_told(client, hall, concert, there):
    endpoints.add(organiser=hall, url=there.url, kinds=[], by=None, now=clock.now())
    order = sold(concert, "dana@example.com")
    told()
    kept = client.get(f"{order.get_absolute_url()}data.json").json()["kept"]
    assert kept and "message" not in {each["record"] for each in kept}
