"""Vouchers that reserve places: set aside when made, used with the code, back on sale when it ends."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from events import promotions, reserving
from events.inventory import SoldOut
from events.models import Promotion
from operations.audit import audit
from registrations import cancellation, checkout, expiry
from registrations.models import Order
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def seat(concert):
    return cast.ticket_type(concert, capacity=6, name="Seat")


@pytest.fixture(autouse=True)
def clean(db):
    yield
    assert [finding.violated for finding in audit() if finding.invariant.name in ("I1", "I5") and finding.violated] == []


def state(voucher, seat):
    voucher.refresh_from_db()
    return voucher.reserved, voucher.reserved_free, seat.quotas.get().claimed


def test_they_are_not_on_sale_for_others(concert, seat):
    voucher = cast.code(concert, reserves=seat, places=4)
    assert state(voucher, seat) == (4, 4, 4)
    cast.held(seat, 2)
    with pytest.raises(SoldOut):
        cast.held(seat, 1)
    assert cast.held(seat, 3, code="SUMMER").reserved == 3
    assert state(voucher, seat) == (4, 1, 6)


def test_what_the_voucher_lacks_comes_from_the_rest(concert, seat):
    voucher = cast.code(concert, reserves=seat, places=2)
    hold = cast.held(seat, 3, code="SUMMER")
    assert (hold.reserved, state(voucher, seat)) == (2, (2, 0, 3))
    checkout.release_hold(hold=hold, now=clock.now())
    assert state(voucher, seat) == (2, 2, 2)


def test_more_than_is_free_cant_be_reserved(concert, seat):
    cast.held(seat, 3)
    with pytest.raises(SoldOut):
        cast.code(concert, reserves=seat, places=4)


def test_used_places_come_back_to_the_voucher_with_a_cancelled_order(concert, seat):
    voucher, now = cast.code(concert, reserves=seat, places=2), clock.now()
    order = checkout.place_order(hold=cast.held(seat, 2, now=now, code="SUMMER"), now=now)
    assert (order.reserved, state(voucher, seat)) == (2, (2, 0, 2))
    cancellation.cancel_order(order=order, now=now)
    assert state(voucher, seat) == (2, 2, 2)


def test_a_withdrawn_voucher_puts_its_places_on_sale_now_and_those_that_come_back_later(client, alice, concert, seat):
    voucher, now = cast.code(concert, reserves=seat, places=4), clock.now()
    hold = cast.held(seat, 1, now=now, code="SUMMER")
    client.force_login(alice)
    client.post(f"/manage/events/{concert.slug}/codes/{voucher.pk}/archive/")
    assert state(voucher, seat) == (1, 0, 1)
    checkout.release_hold(hold=hold, now=now)
    assert state(voucher, seat) == (1, 1, 1)
    assert reserving.put_ended_on_sale(now=now) == 1 and reserving.put_ended_on_sale(now=now) == 0
    assert state(voucher, seat) == (0, 0, 0)


def test_when_its_time_is_over_the_sweep_puts_them_on_sale(concert, seat):
    now = clock.now()
    voucher = cast.code(concert, reserves=seat, places=4, ends_at=now + timedelta(hours=1))
    assert reserving.put_ended_on_sale(now=now) == 0
    assert reserving.put_ended_on_sale(now=now + timedelta(hours=1)) == 4
    assert state(voucher, seat) == (0, 0, 0)


def test_money_that_comes_late_takes_the_reserved_place_again_or_is_given_back(concert):
    seat, now = cast.ticket_type(concert, capacity=1, price_minor=2000), clock.now()
    voucher = cast.code(concert, reserves=seat, places=1)
    order = checkout.place_order(hold=cast.held(seat, now=now, code="SUMMER"), now=now)
    later = now + timedelta(hours=2)
    expiry.expire_holds(now=later)
    rival = cast.held(seat, now=later, code="SUMMER")
    assert not checkout.confirm_order(order=order, now=later)
    checkout.release_hold(hold=rival, now=later)
    assert checkout.confirm_order(order=order, now=later) and state(voucher, seat) == (1, 0, 1)
    Order.objects.filter(pk=order.pk).update(hold=None)  # no payment here; I3 is not this test's


def test_changing_the_choice_keeps_the_buyers_own_places(concert, seat):
    voucher = cast.code(concert, reserves=seat, places=3)
    first = cast.held(seat, 3, code="SUMMER")
    cast.held(seat, 3)  # everything else
    second = cast.held(seat, 2, code="SUMMER", replacing=first.token)
    assert (second.reserved, state(voucher, seat)) == (2, (3, 1, 6))


def test_the_organiser_reserves_more_or_fewer_but_not_fewer_than_are_used(client, alice, concert, seat):
    client.force_login(alice)
    base = f"/manage/events/{concert.slug}/codes/"
    assert client.post(base + "new/", {"code": "press", "reserves": seat.pk}).status_code == 422
    assert client.post(base + "new/", {"code": "press", "reserves": seat.pk, "reserved": "3"}).status_code == 302
    voucher = Promotion.objects.get()
    cast.held(seat, 2, code="PRESS")
    fewer = client.post(f"{base}{voucher.pk}/", {"code": "press", "reserves": seat.pk, "reserved": "1"})
    assert fewer.status_code == 422 and "2 of the reserved places are used" in fewer.text
    other = cast.ticket_type(concert)
    assert client.post(f"{base}{voucher.pk}/", {"code": "press", "reserves": other.pk, "reserved": "3"}).status_code == 422
    too_many = client.post(f"{base}{voucher.pk}/", {"code": "press", "reserves": seat.pk, "reserved": "7"})
    assert too_many.status_code == 422 and "not enough tickets left" in too_many.text and state(voucher, seat) == (3, 1, 3)
    assert client.post(f"{base}{voucher.pk}/", {"code": "press", "reserves": seat.pk, "reserved": "5"}).status_code == 302
    assert state(voucher, seat) == (5, 3, 5)
    assert "5 of Seat reserved, 3 not used yet" in client.get(base).text


def test_the_page_of_the_code_shows_what_is_set_aside_when_all_else_is_sold_out(client, concert, seat):
    cast.code(concert, "PRESS", reserves=seat, places=2)
    cast.held(seat, 4)
    assert "Sold out" in client.get(concert.get_absolute_url()).text
    for _ in range(2):  # the second answer comes from memory, which knows nothing of codes
        assert client.post(f"/events/{concert.slug}/holds/", {f"quantity-{seat.pk}": 1}).status_code == 409
    assert "2 left" in client.get(f"/events/{concert.slug}/code/?code=press").text
    assert client.post(f"/events/{concert.slug}/holds/", {f"quantity-{seat.pk}": 1, "code": "press"}).status_code == 303


def test_control_the_audit_finds_reserved_places_that_nobody_claimed(concert, seat):
    voucher = cast.code(concert, reserves=seat, places=2)
    seat.quotas.update(claimed=0)
    with pytest.raises(SystemExit):
        call_command("audit")
    Promotion.objects.filter(pk=voucher.pk).update(reserved=0, reserved_free=0)
    promotions.archive(promotion=voucher, now=clock.now())
