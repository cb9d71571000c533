"""Badges of every size carry the name whole and a code that gates read."""

import pypdfium2
import pytest
import zxingcpp

from registrations import cancellation, codes
from registrations.models import Ticket
from scanning.badges import SIZES
from tests import cast
from tests.scanning.phone import Phone
from ticketing.lib import clock, tokens

pytestmark = pytest.mark.django_db
NAMES = ("Dana Ōta", "Maximiliane Alexandra von Schwarzenberg-Sondershausen", "<b>Bob</b> & 名前")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_a_badge_has_the_name_and_a_code_that_enters(concert, size, name):
    ticket = cast.ordered(cast.ticket_type(concert)).tickets.get()
    Ticket.objects.filter(pk=ticket.pk).update(attendee_name=name)
    reply = Phone(concert).open().get(f"badges/{tokens.serial_text(ticket.serial)}.pdf?size={size}")
    assert reply.status_code == 200 and reply.headers["Content-Type"] == "application/pdf"
    document = pypdfium2.PdfDocument(reply.content)
    assert len(document) == 1
    width, height = (round(side / 72 * 25.4) for side in document[0].get_size())
    assert (width, height) == (SIZES[size].width, SIZES[size].height)
    text = "".join(document[0].get_textpage().get_text_range().replace("\ufffe", "").split())  # without hyphens at a line's end
    assert "".join(name.split()).replace("-", "") in text.replace("-", "")
    assert zxingcpp.read_barcodes(document[0].render(scale=300 / 72).to_pil())[0].text == codes.code_of(ticket)


def test_no_badge_for_a_ticket_that_does_not_enter(concert, hall):
    ticket = cast.ordered(cast.ticket_type(concert)).tickets.get()
    elsewhere = cast.ordered(cast.ticket_type(cast.event(organiser=hall))).tickets.get()
    phone = Phone(concert).open()
    cancellation.void_ticket(ticket=ticket, reason="lost", now=clock.now())
    for serial, size in ((ticket.serial, "a6"), (elsewhere.serial, "a6"), (1, "a6"), (ticket.serial, "a0")):
        assert phone.get(f"badges/{tokens.serial_text(serial)}.pdf?size={size}").status_code == 404


def test_a_link_prints_a_badge_for_two_minutes_and_without_a_header(client, concert, monkeypatch):
    ticket = cast.ordered(cast.ticket_type(concert)).tickets.get()
    phone, asked = Phone(concert).open(), {"serial": tokens.serial_text(ticket.serial), "size": "62x100"}
    url = phone.post("badges", asked).json()["url"]
    reply = client.get(url)
    assert reply.status_code == 200 and reply.headers["Content-Type"] == "application/pdf"
    assert (reply.headers["X-Frame-Options"], "no-store" in reply.headers["Cache-Control"]) == ("SAMEORIGIN", True)
    assert client.get(f"{url[:-2]}x/").status_code == 404
    monkeypatch.setattr("scanning.badges.LINK_SECONDS", -1)
    assert client.get(url).status_code == 404
    assert phone.post("badges", asked | {"size": "a0"}).status_code == 404
    assert phone.post("badges", asked | {"serial": "no serial"}).status_code == 404
    cancellation.void_ticket(ticket=ticket, reason="lost", now=clock.now())
    assert phone.post("badges", asked).status_code == 404
