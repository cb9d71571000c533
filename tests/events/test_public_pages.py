"""Public pages: truthful, the same for everybody, and changed at once when the event changes."""

from decimal import Decimal

import pytest

from events import publication, terms
from registrations.access import hold_for_link
from registrations.models import Order
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_cache():
    from django.core.cache import cache

    cache.clear()


def test_an_edit_is_seen_by_the_next_visitor_though_the_page_is_cached(client, concert):
    cast.ticket_type(concert, price_minor=1500)
    first = client.get(concert.get_absolute_url())
    assert client.get(concert.get_absolute_url()).headers["X-Cache"] == "hit"
    assert "€15.00" in first.content.decode()
    publication.update_event(event=concert, fields={"name": "Another name"})
    assert "Another name" in client.get(concert.get_absolute_url()).content.decode()
    assert "Another name" in client.get("/").content.decode()


def test_pages_are_the_same_bytes_for_a_member_and_a_stranger_and_set_no_cookie(client, concert, alice, settings):
    settings.PAGE_CACHE_ENABLED = False
    cast.ticket_type(concert)
    stranger = client.get(concert.get_absolute_url())
    assert not stranger.cookies
    client.force_login(alice)
    assert client.get(concert.get_absolute_url()).content == stranger.content


def test_a_draft_is_not_there_and_a_cancelled_event_says_so(client, hall):
    draft = cast.event(organiser=hall, published=False)
    assert client.get(draft.get_absolute_url()).status_code == 404
    event = cast.event(organiser=hall)
    publication.cancel(event=event, now=clock.now())
    assert "cancelled" in client.get(event.get_absolute_url()).content.decode()


def test_the_list_takes_as_many_queries_for_ten_events_as_for_one(client, hall, django_assert_num_queries):
    for _ in range(10):
        cast.ticket_type(cast.event(organiser=hall))
    with django_assert_num_queries(3):  # events, their prices, the places to choose from
        assert client.get("/").status_code == 200


def test_sold_out_is_said(client, concert):
    kind = cast.ticket_type(concert, capacity=1)
    cast.ordered(kind)
    assert Order.objects.count() == 1
    assert "Sold out" in client.get(concert.get_absolute_url()).content.decode()


def test_the_list_is_searched_by_the_beginnings_of_words(client, hall):
    cast.event(organiser=hall, name="Winterreise", city="Wien")
    cast.event(organiser=hall, name="Summer dance", city="Graz")
    found = client.get("/?q=winter").content.decode()
    assert "Winterreise" in found
    assert "Summer dance" not in found
    assert "Summer dance" in client.get("/?place=Graz").content.decode()
    assert "No event matches" in client.get("/?q=nothing+like+it").content.decode()
    assert client.get("/?q=%27%3A%26%7C!()&page=abc&when=x").status_code == 200


def test_scripts_in_descriptions_do_not_survive(client, hall):
    event = cast.event(organiser=hall, description="Hello <script>alert(1)</script> [x](javascript:alert(1)) **bold**")
    page = client.get(event.get_absolute_url()).content.decode()
    assert "<strong>bold</strong>" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_the_calendar_file_is_read_by_another_program(client, concert):
    from icalendar import Calendar

    entry = Calendar.from_ical(client.get(f"/events/{concert.slug}/calendar.ics").content).walk("VEVENT")[0]
    assert entry["summary"] == concert.name
    assert entry.decoded("dtstart").replace(microsecond=0) == concert.starts_at.replace(microsecond=0)


def test_the_page_says_how_buyers_may_cancel_and_the_checkout_says_it_again_before_they_pay(client, concert):
    kind = cast.ticket_type(concert, price_minor=2500)
    held = cast.held(kind)
    pages = (concert.get_absolute_url(), f"/checkout/{held.token}/review/")
    for page in pages:
        told = client.get(page).content.decode()
        assert "Tickets can't be cancelled or given back." in told and "hand them on to somebody else until" in told
    terms.save(event=concert, fields={"cancel_until_hours": 48, "cancel_fee_minor": 200, "cancel_fee_percent": Decimal("7.50")})
    for page in pages:
        told = client.get(page).content.decode()
        assert "You can cancel until" in told and "€2.00 + 7.5 %." in told and "can't be cancelled" not in told
    assert "Sie können bis" in client.get(pages[1], headers={"Accept-Language": "de"}).content.decode()


def test_what_comes_with_the_hold_makes_the_same_terms_as_the_row_itself(concert):
    held = cast.held(cast.ticket_type(concert))
    assert hold_for_link(token=held.token)[0].terms is None
    assert terms.told(event=concert, stored=None) == terms.terms_of(event=concert)
    terms.save(event=concert, fields={"cancel_until_hours": 48, "cancel_fee_percent": Decimal("7.50"), "transfers": False})
    assert terms.told(event=concert, stored=hold_for_link(token=held.token)[0].terms) == terms.terms_of(event=concert)
