"""Hold and order at once, as the API registers: all of it or nothing, by the same rules as in two steps."""

import pytest

from events import publication
from events.inventory import SoldOut
from events.models import Event, Quota
from operations.audit import audit
from registrations import cancellation, checkout, choosing, codes, waiting
from registrations.allowance import TooManyForBuyer
from registrations.models import Hold, Order, SigningKey, Ticket
from registrations.refusals import Refused
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db
DETAILS = {"buyer_name": "Dana", "buyer_email": "dana@example.com", "attendees": [], "billing": None}


def sold(kind, quantity=1, *, attempt=None, code=""):
    picks = [checkout.Pick(ticket_type=kind, quantity=quantity)]
    _, placed = checkout.sell(event=kind.event, picks=picks, details=DETAILS, now=clock.now(), attempt=attempt, code=code, source="api")
    return placed.order


def nothing_is_kept():
    return not Hold.objects.exists() and not Order.objects.exists() and not Ticket.objects.exists()


def is_clean():
    return [finding for finding in audit() if finding.violated] == []


def test_a_free_order_is_confirmed_with_its_tickets_and_its_hold_is_its_own(concert):
    kind = cast.ticket_type(concert, capacity=3)
    order = sold(kind, 2)
    assert order.confirmed_at and order.tickets.count() == 2 and order.hold.converted_at
    assert kind.quotas.get().claimed == 2 and is_clean()


def test_one_that_costs_something_keeps_its_places_until_it_is_paid(concert):
    order = sold(cast.ticket_type(concert, price_minor=1500))
    assert order.confirmed_at is None and order.hold.converted_at is None
    assert order.hold.expires_at > clock.now() and is_clean()


def test_too_few_places_leave_nothing_behind(concert):
    kind = cast.ticket_type(concert, capacity=1)
    with pytest.raises(SoldOut):
        sold(kind, 2)
    assert nothing_is_kept() and kind.quotas.get().claimed == 0


def test_the_same_attempt_again_is_the_same_order(concert):
    kind = cast.ticket_type(concert)
    assert sold(kind, attempt="a").pk == sold(kind, attempt="a").pk
    assert sold(kind, attempt="b").pk != Order.objects.first().pk
    assert kind.quotas.get().claimed == 2 and is_clean()


def test_whoever_waits_comes_first(concert):
    kind = cast.ticket_type(concert, capacity=1)
    order = sold(kind)
    waiting.join(kind=kind, email="erin@example.com", quantity=1, takes_fewer=True, now=clock.now())
    cancellation.cancel_order(order=order, now=clock.now())
    with pytest.raises(SoldOut):
        sold(kind)
    Quota.objects.update(queued=0)  # the control: nobody waits
    assert sold(kind).confirmed_at


def test_nothing_is_sold_of_an_event_that_was_cancelled_meanwhile(concert):
    kind = cast.ticket_type(concert)  # as the caller read it before
    publication.cancel(event=Event.objects.get(pk=concert.pk), now=clock.now())
    with pytest.raises(SoldOut):
        sold(kind)
    assert nothing_is_kept()


def test_a_codes_last_use_is_given_once(concert):
    kind = cast.ticket_type(concert, price_minor=1000)
    cast.code(concert, percent=100, max_uses=1)
    assert sold(kind, code="SUMMER").confirmed_at
    with pytest.raises(Refused):
        sold(kind, code="SUMMER")
    assert kind.quotas.get().claimed == 1 and is_clean()


def test_steps_of_a_price_are_claimed_with_it(concert):
    kind = cast.ticket_type(concert, price_minor=2000)
    cast.tier(kind, 1500, quantity=1)
    assert sold(kind, 2).total_minor == 3500 and is_clean()


def test_what_a_buyer_may_have_in_all_is_counted(hall):
    kind = cast.ticket_type(cast.event(organiser=hall, max_per_buyer=1))
    sold(kind)
    with pytest.raises(TooManyForBuyer):
        sold(kind)
    assert kind.quotas.get().claimed == 1 and Order.objects.count() == 1


def test_types_that_know_their_quotas_need_no_question(concert, django_assert_num_queries):
    kind = cast.ticket_type(concert)
    quota = kind.quotas.get()
    lines = choosing.chosen_lines(event=concert, picks=[checkout.Pick(ticket_type=kind, quantity=2)], promotion=None, now=clock.now())
    with django_assert_num_queries(0):
        pick = checkout.Pick(ticket_type=kind, quantity=2, quota_ids=[quota.pk])
        assert choosing.needs_of(picks=[pick], lines=lines) == {quota.pk: 2}
    with pytest.raises(SoldOut):  # one without a quota would sell without limit
        choosing.needs_of(picks=[checkout.Pick(ticket_type=kind, quantity=2, quota_ids=[])], lines=lines)


def test_a_key_that_may_still_be_taken_back_is_not_remembered(concert):
    now = clock.now()
    first = codes.signing_key_id(event_id=concert.pk, now=now)
    assert codes.signing_key_id(event_id=concert.pk, now=now) == first and concert.pk not in codes._newest
    SigningKey.objects.update(created_at=now - 2 * codes.TAKEN_BACK_WITHIN)
    codes.signing_key_id(event_id=concert.pk, now=now)
    assert concert.pk in codes._newest
    assert codes.signing_key_id(event_id=concert.pk, now=now) == first
    second = codes.add_key(event_id=concert.pk, now=now)
    assert codes.signing_key_id(event_id=concert.pk, now=now) == second  # at once in this process
