"""The waiting list: who waits comes before who looks, offers go in order, run out, and are never made twice."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from events import inventory, publication, waiting_terms
from events.inventory import SoldOut
from events.models import Event, Quota
from operations.audit import audit
from outbox.models import Mail
from registrations import cancellation, checkout, expiry, waiting, waiting_offers
from registrations.models import Hold, Order, WaitingEntry
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def full(concert):
    """A concert of two places, both sold to Dana in two orders."""
    kind = cast.ticket_type(concert, capacity=2)
    kind.orders = [cast.ordered(kind), cast.ordered(kind)]
    return kind


def joined(kind, name, quantity=1, *, takes_fewer=True):
    return waiting.join(kind=kind, email=f"{name}@example.com", quantity=quantity, takes_fewer=takes_fewer, now=clock.now())


def offered():
    """Whose turn it is, in the order in which they were asked."""
    return [
        entry.email.split("@")[0] for entry in WaitingEntry.objects.filter(hold__released_at=None).exclude(hold=None).order_by("hold_id")
    ]


def sound():
    assert [finding.invariant.name for finding in audit() if finding.violated] == []


def test_a_place_that_comes_free_is_offered_to_who_waited_longest(full):
    for name in ("erin", "frank"):
        joined(full, name)
    assert waiting_offers.offer_due(now=clock.now()) == 0
    cancellation.cancel_order(order=full.orders[0], now=clock.now())
    assert waiting_offers.offer_due(now=clock.now()) == 1
    assert offered() == ["erin"]
    assert Mail.objects.filter(kind="waiting_offer", to="erin@example.com").count() == 1
    assert waiting_offers.offer_due(now=clock.now()) == 0
    sound()


def test_who_waits_comes_before_who_looks(full):
    joined(full, "erin")
    cancellation.cancel_order(order=full.orders[0], now=clock.now())
    with pytest.raises(SoldOut):
        cast.held(full)
    assert inventory.free_places(ticket_types=[full]) == {full.pk: 0}
    waiting.leave(entry=WaitingEntry.objects.get(), now=clock.now())
    assert cast.held(full)
    sound()


def test_control_without_the_count_the_place_goes_to_who_looks(full):
    joined(full, "erin")
    Quota.objects.update(queued=0)
    cancellation.cancel_order(order=full.orders[0], now=clock.now())
    assert cast.held(full)
    assert [finding.invariant.name for finding in audit() if finding.violated] == ["I7"]


def test_an_offer_that_is_not_taken_goes_to_who_is_next(full):
    first, second = joined(full, "erin"), joined(full, "frank")
    now = clock.now()
    cancellation.cancel_order(order=full.orders[0], now=now)
    waiting_offers.offer_due(now=now)
    later = now + timedelta(hours=full.event.offer_hours, seconds=1)
    assert expiry.expire_holds(now=later - timedelta(seconds=2)) == 0
    expiry.expire_holds(now=later)
    assert waiting_offers.offer_due(now=later) == 1
    assert [WaitingEntry.objects.select_related("hold").get(pk=entry.pk).state for entry in (first, second)] == ["missed", "offered"]


def test_the_offer_is_bought_like_any_hold_and_counted_as_from_the_list(full):
    joined(full, "erin")
    now = clock.now()
    cancellation.cancel_order(order=full.orders[0], now=now)
    waiting_offers.offer_due(now=now)
    entry = WaitingEntry.objects.select_related("hold__event").get()
    checkout.save_details(hold=entry.hold, buyer_name="Erin", buyer_email=entry.email, attendees=[])
    order = checkout.place_order(hold=entry.hold, now=now + timedelta(hours=5))
    assert order.confirmed_at and order.tickets.count() == 1
    assert Order.objects.get(pk=order.pk).hold.source == "waiting-list"
    assert WaitingEntry.objects.select_related("hold").get().state == "bought"
    sound()


def test_more_capacity_is_offered_in_order_and_the_rest_is_on_sale(full):
    for name in ("erin", "frank"):
        joined(full, name)
    inventory.set_capacity(quota=full.quotas.get(), capacity=5)
    assert waiting_offers.offer_due(now=clock.now()) == 2
    assert offered() == ["erin", "frank"]
    assert inventory.free_places(ticket_types=[full]) == {full.pk: 1}
    assert cast.held(full)
    sound()


def test_who_wants_more_than_is_free_keeps_their_place_and_who_takes_fewer_is_asked(full):
    joined(full, "erin", 2, takes_fewer=False)
    joined(full, "frank", 2)
    cancellation.cancel_order(order=full.orders[0], now=clock.now())
    waiting_offers.offer_due(now=clock.now())
    assert offered() == ["frank"]
    assert WaitingEntry.objects.get(email="frank@example.com").hold.lines.get().quantity == 1
    cancellation.cancel_order(order=full.orders[1], now=clock.now())
    assert waiting_offers.offer_due(now=clock.now()) == 0  # erin wants two
    inventory.set_capacity(quota=full.quotas.get(), capacity=3)
    waiting_offers.offer_due(now=clock.now())
    assert offered() == ["frank", "erin"]
    sound()


def test_one_address_waits_once_for_a_type(full):
    joined(full, "erin")
    with pytest.raises(waiting.AlreadyWaiting):
        waiting.join(kind=full, email="Erin@example.com", quantity=1, takes_fewer=True, now=clock.now())
    assert WaitingEntry.objects.count() == 1
    sound()


def test_an_entry_is_offered_tickets_once(full):
    joined(full, "erin")
    now = clock.now()
    cancellation.cancel_order(order=full.orders[0], now=now)
    waiting_offers.offer_due(now=now)
    cancellation.cancel_order(order=full.orders[1], now=now)
    with pytest.raises(checkout.Refused, match="already"):
        waiting_offers.offer_now(entry=WaitingEntry.objects.select_related("event", "ticket_type__event").get(), now=now)
    assert Hold.objects.filter(source="waiting-list").count() == 1
    sound()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda kind: inventory.set_capacity(quota=kind.quotas.get(), capacity=3), "not_sold_out"),
        (lambda kind: Event.objects.update(waiting_closed_at=clock.now()), "waiting_closed"),
        (lambda kind: Event.objects.update(cancelled_at=clock.now()), "not_on_sale"),
        (lambda kind: Event.objects.update(starts_at=kind.event.created_at, ends_at=kind.event.created_at), "not_on_sale"),
    ],
)
def test_nobody_joins_for_nothing(full, change, code):
    change(full)
    full.event.refresh_from_db()
    with pytest.raises(checkout.Refused) as refused:
        joined(full, "erin")
    assert refused.value.code == code


def test_a_paused_list_keeps_its_places_until_the_organiser_offers_them(full):
    entry = joined(full, "erin")
    waiting_terms.set_terms(event=full.event, offer_hours=48, takes_entries=True, offers_itself=False, now=clock.now())
    now = clock.now()
    cancellation.cancel_order(order=full.orders[0], now=now)
    assert waiting_offers.offer_due(now=now) == 0
    with pytest.raises(SoldOut):
        cast.held(full)
    entry.event.refresh_from_db()
    waiting_offers.offer_now(entry=entry, now=now)
    assert WaitingEntry.objects.get().hold.expires_at == now + timedelta(hours=48)


def test_the_organiser_changes_the_order(full):
    entries = {name: joined(full, name) for name in ("erin", "frank", "grace", "heidi")}

    def order():
        return "".join(entry.email[0] for entry in WaitingEntry.objects.waiting())

    for name, to, after in [
        ("grace", "first", "gefh"),
        ("grace", "down", "egfh"),
        ("heidi", "up", "eghf"),
        ("erin", "last", "ghfe"),
        ("grace", "up", "ghfe"),
        ("erin", "down", "ghfe"),
    ]:
        waiting.move(entry=entries[name], to=to, now=clock.now())
        assert order() == after, (name, to)
    joined(full, "ivan")
    assert order() == "ghfei"
    waiting.remove(entry=entries["heidi"], now=clock.now())
    assert order() == "gfei"
    sound()


def test_nobody_waits_for_a_type_that_is_not_sold_any_more(full):
    other = cast.ticket_type(full.event, quota=full.quotas.get())
    joined(full, "erin")
    publication.archive_ticket_type(kind=full, now=clock.now())
    cancellation.cancel_order(order=full.orders[0], now=clock.now())
    waiting_offers.offer_due(now=clock.now())
    assert WaitingEntry.objects.get().state == "over"
    assert cast.held(other)
    sound()


def test_a_count_that_went_wrong_is_put_right_from_the_rows(full):
    joined(full, "erin")
    Quota.objects.update(queued=7)
    waiting_offers.offer_due(now=clock.now())
    assert list(Quota.objects.values_list("queued", flat=True)) == [1]


def test_the_database_refuses_an_offer_to_who_has_left(full):
    entry = joined(full, "erin")
    waiting.leave(entry=entry, now=clock.now())
    with pytest.raises(IntegrityError):
        WaitingEntry.objects.filter(pk=entry.pk).update(hold=full.orders[0].hold, offered_at=clock.now())


def test_an_offer_gets_no_more_minutes_instead_of_its_hours(full):
    joined(full, "erin")
    now = clock.now()
    cancellation.cancel_order(order=full.orders[0], now=now)
    waiting_offers.offer_due(now=now)
    hold = WaitingEntry.objects.get().hold
    assert not checkout.extend_hold(hold=hold, now=now)
    assert Hold.objects.get(pk=hold.pk).expires_at == hold.expires_at
