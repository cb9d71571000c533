"""Price steps by date and by number: exact at the boundary, kept once shown, given back with the tickets."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events import publication, tiers
from events.models import PriceTier
from operations.audit import audit
from registrations import cancellation, checkout, expiry
from registrations.models import Order
from registrations.staff_orders import StaffLine, place_staff_order
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def seat(concert):
    return cast.ticket_type(concert, price_minor=3000, name="Seat")


@pytest.fixture(autouse=True)
def clean(db):
    """Every test ends in a world whose steps are its holds and orders."""
    yield
    assert [finding.violated for finding in audit() if finding.invariant.name in ("I1", "I5", "I6") and finding.violated] == []


def prices(hold):
    return [(line.quantity, line.price_minor) for line in hold.lines.all()]


def claimed(tier):
    tier.refresh_from_db()
    return tier.claimed


def test_the_first_tickets_are_cheaper_and_the_next_cost_the_types_own_price(concert, seat):
    early = cast.tier(seat, 2000, quantity=3)
    assert prices(cast.held(seat, 2)) == [(2, 2000)]
    assert prices(cast.held(seat, 2)) == [(1, 2000), (1, 3000)]
    assert prices(cast.held(seat, 2)) == [(2, 3000)]
    assert claimed(early) == 3


def test_steps_follow_each_other(seat):
    cast.tier(seat, 1000, name="First", quantity=1)
    cast.tier(seat, 2000, name="Second", quantity=1)
    assert prices(cast.held(seat, 3)) == [(1, 1000), (1, 2000), (1, 3000)]


def test_a_step_ends_at_its_time_by_the_clock_of_the_hold(concert, seat):
    now = clock.now()
    cast.tier(seat, 2000, ends_at=now + timedelta(days=1))
    assert prices(cast.held(seat, now=now + timedelta(days=1, seconds=-1))) == [(1, 2000)]
    assert prices(cast.held(seat, now=now + timedelta(days=1))) == [(1, 3000)]


def test_whoever_holds_keeps_the_price_that_was_shown(seat):
    now = clock.now()
    cast.tier(seat, 2000, ends_at=now + timedelta(minutes=1))
    hold = cast.held(seat, now=now)
    order = checkout.place_order(hold=hold, now=now + timedelta(minutes=5))
    assert order.total_minor == 2000


def test_everybody_has_the_name_that_was_typed_also_across_the_boundary(seat):
    cast.tier(seat, 0, quantity=1)
    seat.price_minor = 0
    seat.save()
    order = cast.ordered(seat, 3)
    assert sorted(ticket.attendee_name for ticket in order.tickets.all()) == ["Guest 1", "Guest 2", "Guest 3"]
    assert [(line.quantity, len(line.attendees)) for line in order.lines.all()] == [(1, 1), (2, 2)]


def test_tickets_that_come_back_are_cheap_again(seat):
    early, now = cast.tier(seat, 2000, quantity=2), clock.now()
    released = cast.held(seat, 2, now=now)
    checkout.release_hold(hold=released, now=now)
    assert claimed(early) == 0
    cast.held(seat, 1, now=now)
    expiry.expire_holds(now=now + timedelta(hours=2))
    assert claimed(early) == 0
    order = cast.ordered(seat, 2, now=now)
    checkout.confirm_order(order=order, now=now)
    assert claimed(early) == 2
    cancellation.cancel_order(order=order, now=now)
    assert claimed(early) == 0


def test_changing_the_choice_keeps_the_buyers_own_place_on_the_step(seat):
    early = cast.tier(seat, 2000, quantity=2)
    first = cast.held(seat, 2)
    second = cast.held(seat, 1, replacing=first.token)
    assert (prices(second), claimed(early)) == ([(1, 2000)], 1)


def test_the_same_tickets_again_are_one_choice_at_todays_prices(seat):
    early, now = cast.tier(seat, 2000, quantity=1), clock.now()
    ended = cast.held(seat, 3, now=now)
    later = now + timedelta(hours=2)
    expiry.expire_holds(now=later)
    again = checkout.hold_again(hold=ended, now=later)
    assert (prices(again), claimed(early)) == ([(1, 2000), (2, 3000)], 1)


def test_money_that_comes_late_takes_its_step_again_or_is_given_back(seat):
    early, now = cast.tier(seat, 2000, quantity=2), clock.now()
    order = cast.ordered(seat, 2, now=now)
    later = now + timedelta(hours=2)
    expiry.expire_holds(now=later)
    rival = cast.held(seat, 1, now=later)
    assert not checkout.confirm_order(order=order, now=later)
    checkout.release_hold(hold=rival, now=later)
    assert checkout.confirm_order(order=order, now=later) and claimed(early) == 2
    Order.objects.filter(pk=order.pk).update(hold=None)  # no payment here; I3 is not this test's


def test_a_code_takes_off_the_price_of_the_step(concert, seat):
    cast.tier(seat, 2000, quantity=1)
    cast.code(concert, percent=50)
    assert prices(cast.held(seat, 2, code="SUMMER")) == [(1, 1000), (1, 1500)]


def test_the_page_says_what_it_costs_now_and_then(client, concert, seat):
    cache.clear()  # the list may be another test's
    cast.tier(seat, 2000, name="Early bird", quantity=5)
    page = client.get(concert.get_absolute_url())
    assert "€20" in page.text and "Early bird" in page.text and "5 left at this price" in page.text and "then €30" in page.text
    assert "From €20" in client.get("/").text
    details = client.post(f"/events/{concert.slug}/holds/", {f"quantity-{seat.pk}": 6}, follow=True)
    assert "5 × Seat" in details.text and "1 × Seat" in details.text and "€130" in details.text


def test_without_steps_a_hold_costs_no_statement_more(concert, seat):
    def statements():
        with CaptureQueriesContext(connection) as seen:
            checkout.hold(event=concert, picks=[checkout.Pick(ticket_type=seat, quantity=1)], now=clock.now())
        return [query["sql"] for query in seen if "SAVEPOINT" not in query["sql"]]

    before = statements()
    assert len(before) == 4 and not [sql for sql in before if "pricetier" in sql or "events_discount" in sql]
    cast.tier(seat, 2000, quantity=50)
    with_step = statements()
    assert len(with_step) == len(before) + 3


def test_the_organiser_writes_steps_and_nobody_else(client, alice, charlie, concert, seat):
    base = f"/manage/events/{concert.slug}/tickets/{seat.pk}/prices/"
    client.force_login(charlie)
    assert client.get(base).status_code == 404 and client.post(base + "new/", {}).status_code == 404
    client.force_login(alice)
    assert client.post(base + "new/", {"name": "Early bird", "price": "20"}).status_code == 422
    assert client.post(base + "new/", {"name": "Early bird", "price": "20", "quantity": "10"}).status_code == 302
    tier = PriceTier.objects.get()
    assert "Sells now" in client.get(base).text
    seat.refresh_from_db()
    cast.held(seat, 4)
    fewer = client.post(f"{base}{tier.pk}/", {"name": "Early bird", "price": "20", "quantity": "3"})
    assert fewer.status_code == 422 and "sold or held at this price already" in fewer.text
    assert client.post(f"{base}{tier.pk}/", {"name": "Early bird", "price": "21", "quantity": "4"}).status_code == 302
    client.post(f"{base}{tier.pk}/archive/")
    seat.refresh_from_db()
    assert not seat.tiered and prices(cast.held(seat)) == [(1, 3000)]


def test_a_step_that_begins_to_count_counts_from_now(client, alice, concert, seat):
    tier = cast.tier(seat, 2000, ends_at=clock.now() + timedelta(days=3))
    cast.held(seat, 5)
    client.force_login(alice)
    client.post(
        f"/manage/events/{concert.slug}/tickets/{seat.pk}/prices/{tier.pk}/", {"name": "Early bird", "price": "20", "quantity": "2"}
    )
    assert PriceTier.objects.get(archived_at=None).claimed == 0
    assert prices(cast.held(seat, 3)) == [(2, 2000), (1, 3000)]


def test_a_door_sale_costs_what_the_page_says_and_a_comp_nothing(concert, alice, seat):
    early = cast.tier(seat, 2000, quantity=1)

    def make(kind, price):
        line = StaffLine(ticket_type=seat, price_minor=price, attendees=[{"name": "A"}, {"name": "B"}])
        fields = {"buyer_name": "Dana", "buyer_email": "", "made_by": alice, "paid_by": "cash"}
        return place_staff_order(event=concert, lines=[line], kind=kind, now=clock.now(), **fields)

    assert make("comp", 0).total_minor == 0 and claimed(early) == 0
    sold = make("door", None)
    assert (sold.total_minor, claimed(early)) == (5000, 1)
    assert [ticket.attendee_name for ticket in sold.tickets.all()] == ["A", "B"]


def test_a_copy_of_the_event_has_the_steps_with_nothing_sold(concert, seat):
    cast.tier(seat, 2000, quantity=5)
    cast.held(seat, 2)
    copied = publication.copy_event(event=concert).ticket_types.get()
    assert copied.tiered and [(tier.price_minor, tier.quantity, tier.claimed) for tier in copied.tiers.all()] == [(2000, 5, 0)]


def test_a_type_that_became_free_has_no_steps(seat):
    cast.tier(seat, 2000, quantity=5)
    seat.pricing, seat.price_minor = "free", 0
    assert not tiers.has_steps(kind=seat) and tiers.ladders(kinds=[seat]) == {}


def test_control_the_audit_finds_a_ticket_at_a_step_that_nobody_has(seat):
    tier = cast.tier(seat, 2000, quantity=5)
    PriceTier.objects.filter(pk=tier.pk).update(claimed=1)
    with pytest.raises(SystemExit):
        call_command("audit")
    PriceTier.objects.filter(pk=tier.pk).update(claimed=0)
