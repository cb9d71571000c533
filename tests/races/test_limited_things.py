"""Quotas, price steps, codes, budgets, reserved places, limits per buyer and add-ons under parallel buyers:
never exceeded, whatever the buyers do. And each guard switched off, to see it fail."""

import contextlib
import threading
from dataclasses import dataclass

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import inventory, promotions, reserving, tiers
from events.models import PriceTier, Promotion, Quota, TicketType
from registrations import cancellation, checkout
from registrations.models import BuyerAllowance, Hold, Order
from tests import cast
from tests.races.rush import at_once, violated, without_constraint
from ticketing.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Buyer:
    """What one of them does: picks, perhaps with the code, perhaps twice, and then orders, cancels or lets go."""

    seats: int
    cups: int
    with_code: bool
    picks_twice: bool
    then: str


BUYERS = st.builds(
    Buyer,
    seats=st.integers(1, 3),
    cups=st.integers(0, 2),
    with_code=st.booleans(),
    picks_twice=st.booleans(),
    then=st.sampled_from(["holds", "orders", "pays", "cancels", "lets go"]),
)
WORLDS = st.fixed_dictionaries(
    {
        "capacity": st.integers(2, 8),
        "cheap": st.integers(1, 4),
        "uses": st.integers(1, 3),
        "budget": st.integers(500, 3000),
        "reserved": st.integers(0, 2),
        "per_buyer": st.integers(2, 4),
        "per_ticket": st.integers(1, 2),
    }
)


def act(event, buyer, number):
    event = type(event).objects.get(pk=event.pk)
    seat, cup = (TicketType.objects.select_related("event").get(event=event, name=name) for name in ("Seat", "Cup"))
    picks = [checkout.Pick(ticket_type=seat, quantity=buyer.seats)]
    picks += [checkout.Pick(ticket_type=cup, quantity=buyer.cups)] if buyer.cups else []
    now, hold = clock.now(), None
    for _ in range(1 + buyer.picks_twice):
        replacing = hold.token if hold else None
        hold = checkout.hold(event=event, picks=picks, now=now, code="SUMMER" if buyer.with_code else "", replacing=replacing)
    checkout.save_details(hold=hold, buyer_name="Dana", buyer_email=f"dana{number % 2}@example.com", attendees=[])
    if buyer.then == "lets go":
        return checkout.release_hold(hold=hold, now=now)
    if buyer.then == "holds":
        return hold.pk
    order = checkout.place_order(hold=hold, now=now)
    if buyer.then in ("pays", "cancels"):
        checkout.confirm_order(order=order, now=now)
    if buyer.then == "cancels":
        cancellation.cancel_order(order=order, now=now)
    return order.code


def limits_hold(event, world):
    """Each limit, counted from the rows and not from the counters."""
    running = list(Hold.objects.filter(event=event, released_at=None, converted_at=None))
    running += list(Order.objects.filter(event=event, confirmed_at__isnull=False, cancelled_at=None))
    lines = [(each, line) for each in running for line in each.lines.select_related("ticket_type")]
    seats = [(each, line) for each, line in lines if line.ticket_type.name == "Seat"]
    assert sum(line.quantity for _, line in seats) <= world["capacity"]
    assert sum(line.quantity for _, line in seats if line.tier_id) <= world["cheap"]
    with_code = [each for each in running if each.promotion_id]
    assert len(with_code) <= world["uses"]
    assert sum(line.quantity * line.discount_minor for each, line in lines if each.promotion_id) <= world["budget"]
    assert sum(each.reserved for each in running) <= world["reserved"]
    for each in running:
        bought = {line.ticket_type.name: 0 for _, line in lines}
        for own, line in lines:
            if own is each:
                bought[line.ticket_type.name] += line.quantity
        assert bought.get("Cup", 0) <= world["per_ticket"] * bought["Seat"]
    assert all(row.claimed <= world["per_buyer"] for row in BuyerAllowance.objects.filter(event=event))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(world=WORLDS, buyers=st.lists(BUYERS, min_size=4, max_size=6))
def test_no_limit_is_exceeded_whatever_parallel_buyers_do(hall, world, buyers):
    event = cast.event(organiser=hall, max_per_buyer=world["per_buyer"])
    seat = cast.ticket_type(event, name="Seat", capacity=world["capacity"], price_minor=1000)
    cast.ticket_type(event, name="Cup", price_minor=100, is_addon=True, most_per_ticket=world["per_ticket"])
    cast.tier(seat, 500, quantity=world["cheap"])
    reserving_options = {"reserves": seat, "places": world["reserved"]} if world["reserved"] else {}
    cast.code(event, percent=50, max_uses=world["uses"], budget_minor=world["budget"], kinds=[seat], **reserving_options)
    answers = at_once([lambda buyer=buyer, number=number: act(event, buyer, number) for number, buyer in enumerate(buyers)])
    expected = (checkout.Refused, inventory.SoldOut, checkout.HoldEnded)
    unexpected = [
        each
        for each in answers
        if isinstance(each, Exception) and not isinstance(each, expected) and each.__class__.__name__ != "TooManyForBuyer"
    ]
    assert unexpected == []  # above all no deadlock
    limits_hold(event, world)
    assert violated() == {}


# The last of each thing, wanted by all in the same moment: exactly one has it; without its guard several have.
RUSH = 6


def take(kind, code=""):
    def hold():
        fresh = TicketType.objects.select_related("event").get(pk=kind.pk)
        return checkout.hold(event=fresh.event, picks=[checkout.Pick(ticket_type=fresh, quantity=1)], now=clock.now(), code=code)

    return hold


@pytest.fixture
def seat(concert):
    return cast.ticket_type(concert, capacity=50, price_minor=1000)


def holds_with(answers, has):
    return sum(1 for each in answers if isinstance(each, Hold) and has(each))


def cheap(hold):
    return hold.lines.filter(tier__isnull=False).exists()


def test_the_last_ticket_at_a_price_goes_to_one_and_the_others_pay_the_next(seat):
    tier = cast.tier(seat, 500, quantity=1)
    answers = at_once([take(seat)] * RUSH)
    tier.refresh_from_db()
    assert (holds_with(answers, bool), holds_with(answers, cheap), tier.claimed) == (RUSH, 1, 1)
    assert violated() == {}


@pytest.mark.parametrize("limit", [{"max_uses": 1}, {"budget_minor": 250}])
def test_the_last_use_of_a_code_goes_to_one(concert, seat, limit):
    cast.code(concert, percent=20, **limit)
    answers = at_once([take(seat, "SUMMER")] * RUSH)
    assert holds_with(answers, bool) == 1 and violated() == {}
    assert {each.code for each in answers if isinstance(each, Exception)} == {"code_used_up"}


def test_the_last_reserved_place_goes_to_one(concert):
    full = cast.ticket_type(concert, capacity=1)
    cast.code(concert, reserves=full, places=1)
    answers = at_once([take(full, "SUMMER")] * RUSH)
    assert holds_with(answers, bool) == 1 and violated() == {}


def test_reserving_and_buying_the_last_places_is_settled_once(concert):
    for number in range(5):
        full = cast.ticket_type(concert, capacity=2)
        code = cast.code(concert, f"CODE{number}")
        at_once([lambda code=code, full=full: reserving.reserve(promotion=code, kind=full, places=2), take(full), take(full), take(full)])
        assert full.quotas.get().claimed <= 2 and violated() == {}


def test_a_voucher_that_ends_while_it_is_used_loses_no_place(concert):
    for number in range(5):
        full, now = cast.ticket_type(concert, capacity=3), clock.now()
        code = cast.code(concert, f"CODE{number}", reserves=full, places=3)

        def end(code=code, now=now):
            promotions.archive(promotion=Promotion.objects.select_related("event").get(pk=code.pk), now=now)
            return reserving.put_ended_on_sale(now=now)

        at_once([take(full, code.code), end, take(full, code.code), end, take(full)])
        assert violated() == {}


# The guards switched off.


def all_have_read():
    """Waits until every buyer has looked, so that all of them write what they saw."""
    barrier = threading.Barrier(RUSH, timeout=10)

    def wait():
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait()

    return wait


def test_control_a_step_that_is_read_without_its_lock_sells_too_many(seat, monkeypatch):
    cast.tier(seat, 500, quantity=1)
    wait = all_have_read()

    def claim(*, counts):
        PriceTier.objects.filter(pk__in=counts).update(claimed=1)

    monkeypatch.setattr(tiers, "_refresh", lambda steps, counted: wait())
    monkeypatch.setattr(tiers, "claim", claim)
    answers = at_once([take(seat)] * RUSH)
    assert holds_with(answers, cheap) > 1 and "I6" in violated()


@pytest.mark.parametrize(
    ("limit", "constraint"), [({"max_uses": 1}, "promotion_uses_limited"), ({"budget_minor": 250}, "promotion_budget_limited")]
)
def test_control_a_code_that_is_read_first_and_written_then_is_used_too_often(concert, seat, monkeypatch, limit, constraint):
    cast.code(concert, percent=20, **limit)
    wait = all_have_read()

    def claim(*, promotion_id, given_minor):
        row = Promotion.objects.get(pk=promotion_id)
        wait()
        if row.uses >= (row.max_uses or 99) or row.given_minor + given_minor > (row.budget_minor or 9999):
            raise promotions.UsedUp()
        Promotion.objects.filter(pk=promotion_id).update(uses=row.uses + 1, given_minor=row.given_minor + given_minor)

    monkeypatch.setattr(promotions, "claim", claim)
    with without_constraint(Promotion, constraint):
        answers = at_once([take(seat, "SUMMER")] * RUSH)
        assert holds_with(answers, bool) > 1 and "I5" in violated()


def test_control_reserved_places_that_are_read_without_their_lock_are_given_twice(concert, monkeypatch):
    full = cast.ticket_type(concert, capacity=1)
    cast.code(concert, reserves=full, places=1)
    wait = all_have_read()

    def take_without_lock(*, promotion_id, at_most):
        with connection.cursor() as cursor:
            cursor.execute("SELECT reserved_free FROM events_promotion WHERE id = %s", [promotion_id])
            places = min(at_most, cursor.fetchone()[0])
        wait()
        Promotion.objects.filter(pk=promotion_id).update(reserved_free=0)
        return places

    monkeypatch.setattr(reserving, "take", take_without_lock)
    monkeypatch.setattr(promotions, "claim", lambda **_: None)  # its row lock would keep them apart
    answers = at_once([take(full, "SUMMER")] * RUSH)
    assert holds_with(answers, lambda hold: hold.reserved) > 1 and violated().keys() >= {"I1", "I5"}


def test_control_a_quota_that_is_read_first_and_written_then_is_oversold(concert, monkeypatch):
    full = cast.ticket_type(concert, capacity=1)
    wait = all_have_read()

    def claim(*, needs, durable=False):
        quotas = list(Quota.objects.filter(pk__in=needs))
        wait()
        for quota in quotas:
            if quota.free < needs[quota.pk]:
                raise inventory.SoldOut(quota.pk)
            Quota.objects.filter(pk=quota.pk).update(claimed=quota.claimed + needs[quota.pk])

    monkeypatch.setattr(inventory, "claim", claim)
    answers = at_once([take(full)] * RUSH)
    assert holds_with(answers, bool) > 1 and "I1" in violated()


def test_control_an_addon_that_is_not_checked_is_sold_alone(concert, monkeypatch):
    from events import addons

    cup = cast.ticket_type(concert, is_addon=True, most_per_ticket=1)
    with pytest.raises(checkout.Refused):
        take(cup)()
    monkeypatch.setattr(addons, "check", lambda **_: None)
    assert take(cup)().pk
