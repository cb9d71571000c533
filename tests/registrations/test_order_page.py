"""What the buyer does with the order's link: the PDF, the calendar, another name."""

import pytest
from django.test import Client

from registrations import cancellation, fulfilment
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


def test_the_pdf_is_drawn_anew_when_the_copy_is_lost(concert):
    order = cast.ordered(cast.ticket_type(concert))
    url = order.get_absolute_url() + "tickets.pdf"
    first = Client().get(url)
    assert first.content[:5] == b"%PDF-"
    from django.core.files.storage import default_storage

    default_storage.delete(fulfilment.pdf_name(order=order))
    assert Client().get(url).content[:5] == b"%PDF-"


def test_another_name_makes_another_pdf_and_keeps_the_code(concert):
    order = cast.ordered(cast.ticket_type(concert))
    before = order.tickets.get()
    url = f"{order.get_absolute_url()}tickets/1/"
    assert Client().post(url, {"name": ""}).status_code == 422
    assert Client().post(url, {"name": "Eve"}).status_code == 303
    after = order.tickets.get()
    assert (after.attendee_name, after.serial) == ("Eve", before.serial)
    name = fulfilment.pdf_name(order=order)
    order.refresh_from_db()
    assert fulfilment.pdf_name(order=order) != name


def test_a_cancelled_order_shows_no_code_and_takes_no_name(concert):
    order = cast.ordered(cast.ticket_type(concert))
    cancellation.cancel_order(order=order, now=clock.now())
    page = Client().get(order.get_absolute_url())
    assert b"<svg xmlns" not in page.content and b"cancelled" in page.content
    assert Client().post(f"{order.get_absolute_url()}tickets/1/", {"name": "Eve"}).status_code == 422
    assert order.tickets.get().attendee_name == "Guest 1"


def test_the_calendar_file_has_the_link(concert):
    order = cast.ordered(cast.ticket_type(concert))
    answer = Client().get(order.get_absolute_url() + "calendar.ics")
    assert order.secret.encode() in answer.content.replace(b"\r\n ", b"")


@pytest.mark.parametrize("paid", [True, False])
def test_an_order_that_waits_or_ran_out_says_what_to_do(concert, paid):
    from datetime import timedelta

    from registrations import expiry

    order = cast.ordered(cast.ticket_type(concert, price_minor=1500))
    if paid:
        assert "Pay €15.00" in Client().get(order.get_absolute_url()).content.decode()
        return
    expiry.expire_holds(now=clock.now() + timedelta(hours=1))
    dana = Client()
    assert b"ran out" in dana.get(order.get_absolute_url()).content
    fresh = dana.post(order.get_absolute_url() + "renewal/").url
    assert b'value="dana@example.com"' in dana.get(fresh).content
