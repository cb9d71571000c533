"""Codes that change every 30 seconds: what the gate takes, the buyer's page shows and the paper says."""

import io
import json
import re
import time
from datetime import timedelta

import pypdfium2
import pytest
import zxingcpp

from events.models import Event
from registrations import access, codes, documents, rotating
from registrations.models import RotatingCodes
from scanning import setup
from scanning.gates import gates_of
from scanning.models import Entry
from tests import cast
from tests.scanning.phone import Phone
from ticketing.lib import clock, tokens
from trail.models import Change

pytestmark = pytest.mark.django_db
STEP = timedelta(seconds=rotating.STEP_SECONDS)


@pytest.fixture(autouse=True)
def well_within_a_step():
    """A test that begins in one step and ends in the next would see other neighbours."""
    left = rotating.STEP_SECONDS - time.time() % rotating.STEP_SECONDS
    if left < 3:
        time.sleep(left + 0.1)


@pytest.fixture
def order(concert):
    return cast.ordered(cast.ticket_type(concert), 2)


@pytest.fixture
def ticket(order):
    return order.tickets.get(position=1)


@pytest.fixture
def live(concert, order):
    """The live code alone enters."""
    rotating.start(event=concert, static_codes=False, now=clock.now())
    return Phone(concert).open()


def code_at(ticket, at):
    return rotating.live_code(ticket=ticket, sealed_key=RotatingCodes.objects.get(event=ticket.event_id).sealed_key, now=at)


def page(client, order):
    reply = client.get(order.get_absolute_url())
    assert reply.status_code == 200
    return reply, reply.content.decode()


def read_from(pdf):
    return [zxingcpp.read_barcodes(each.render(scale=2).to_pil())[0].text for each in pypdfium2.PdfDocument(io.BytesIO(pdf))]


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_the_code_of_this_step_and_its_neighbours_enters(live, ticket, steps):
    assert live.scan(code_at(ticket, clock.now() + steps * STEP))["verdict"] == "admitted"


@pytest.mark.parametrize("steps", [-3, -2, 2, 1000])
def test_a_code_of_another_time_is_an_old_picture(live, ticket, steps):
    assert live.scan(code_at(ticket, clock.now() + steps * STEP))["verdict"] == "expired_code"
    assert not Entry.objects.exists()


def test_another_tickets_end_does_not_fit(live, order):
    first, second = order.tickets.order_by("position")
    now = clock.now()
    mixed = f"{codes.code_of(first)}.{code_at(second, now).partition('.')[2]}"
    assert live.scan(mixed)["verdict"] == "expired_code"


def test_a_code_without_its_end_enters_only_where_that_is_allowed(live, concert, ticket):
    assert live.scan(codes.code_of(ticket))["verdict"] == "static_code"
    assert live.scan(f"{codes.code_of(ticket)}.")["verdict"] == "static_code"
    rotating.start(event=concert, static_codes=True, now=clock.now())
    assert live.scan(codes.code_of(ticket))["verdict"] == "admitted"


def test_control_an_event_without_changing_codes_takes_the_still_one(concert, ticket):
    assert Phone(concert).open().scan(codes.code_of(ticket))["verdict"] == "admitted"


def test_a_steward_may_still_let_somebody_in_by_hand(live, ticket):
    assert live.scan(tokens.serial_text(ticket.serial))["verdict"] == "static_code"  # typed, the number is as good as a picture
    assert live.scan(tokens.serial_text(ticket.serial), via="hand")["verdict"] == "admitted"


def test_a_scan_made_offline_is_judged_by_the_time_it_was_made_with_the_clock_put_right(live, concert, ticket):
    made_at = clock.now() - timedelta(minutes=20)
    its_clock = made_at - timedelta(minutes=5)  # the phone's clock is five minutes behind, and it knows
    told = live.scanned(code_at(ticket, made_at), at=its_clock, skew_ms=300_000, offline={"verdict": "admitted", "let_in": True})
    result = live.send([told])[0]
    assert (result["verdict"], result["conflict"]) == ("admitted", None)


def test_the_organiser_switches_it_and_the_trail_says_so(client, alice, bob, concert):
    address, rest = f"/gate/{concert.slug}/supervisor/lists/", {"unlisted": "ask"}
    client.force_login(bob)
    assert client.post(address, rest | {"codes": "live"}).status_code == 404  # a steward is no manager
    client.force_login(alice)
    gates_of(event=concert)
    for chosen in ("live", "both", "still"):
        design = Event.objects.get(pk=concert.pk).design_version
        assert client.post(address, rest | {"codes": chosen}).status_code == 302
        assert setup.codes_of(event=concert) == chosen
        assert Event.objects.get(pk=concert.pk).design_version == design + 1
        assert Change.objects.filter(act="codes_changed", actor_id=alice.pk).exists()
    number = Change.objects.filter(act="codes_changed").count()
    client.post(address, rest | {"codes": "still"})
    assert Change.objects.filter(act="codes_changed").count() == number == 3
    assert client.post(address, rest | {"codes": "sometimes"}).status_code == 200


def test_the_buyers_page_shows_the_code_of_now_and_may_be_kept_until_the_event_ends(client, concert, order, ticket, live):
    reply, text = page(client, order)
    told = json.loads(re.search(r'<script id="live-codes" type="application/json">(.*?)</script>', text)[1])
    assert [*told["codes"]] == ["1", "2"]
    secret, step = bytes.fromhex(told["codes"]["1"]["secret"]), told["now_ms"] // 1000 // rotating.STEP_SECONDS
    assert live.scan(f"{told['codes']['1']['code']}.{rotating.suffix_at(secret=secret, step=step)}")["verdict"] == "admitted"
    assert reply.headers["X-Keep-Until"] == concert.ends_at.isoformat()
    assert client.get("/orders/worker.js").headers["Content-Type"].startswith("text/javascript")


def test_other_events_pages_know_nothing_of_it(client, order):
    reply, text = page(client, order)
    assert "X-Keep-Until" not in reply.headers and "live-code" not in text


def test_the_page_of_an_event_without_it_costs_no_more_statements(client, concert, order, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert access.order_for_link(code=order.code, secret=order.secret).rotating_key is None
    rotating.start(event=concert, static_codes=True, now=clock.now())
    with django_assert_num_queries(1):
        assert access.order_for_link(code=order.code, secret=order.secret).rotating_key


def test_paper_leads_to_the_live_code_where_that_alone_enters(concert, order, settings, live):
    order.event.refresh_from_db()
    assert read_from(documents.order_pdf(order=order)) == [settings.SITE_URL + order.get_absolute_url()] * 2
    text = pypdfium2.PdfDocument(documents.order_pdf(order=order))[0].get_textpage().get_text_range()
    assert "This paper does not admit" in text
    rotating.start(event=concert, static_codes=True, now=clock.now())
    assert read_from(documents.order_pdf(order=order)) == [codes.code_of(ticket) for ticket in order.tickets.order_by("position")]


def test_control_with_the_end_not_looked_at_an_old_picture_would_enter(live, ticket, monkeypatch):
    monkeypatch.setattr(rotating, "is_current", lambda **_: True)
    assert live.scan(code_at(ticket, clock.now() - 1000 * STEP))["verdict"] == "admitted"
