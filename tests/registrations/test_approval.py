"""Requests: nothing is paid or issued before the organiser says yes, once; places are kept or not, as the type says."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from events import inventory
from events.models import Event
from operations.audit import audit
from outbox.models import Mail
from payments import settlement
from payments.gateway import Status
from payments.models import PracticeSession
from payments.practice import book
from registrations import allowance, approval, cancellation, checkout, expiry
from registrations.models import Order, Ticket
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


def asked(event, *, approval="keep", price_minor=0, capacity=10, quantity=1, **options):
    kind = cast.ticket_type(event, approval=approval, price_minor=price_minor, capacity=capacity)
    return checkout.place_order(hold=cast.held(kind, quantity, **options), now=clock.now())


def fresh(order):
    return Order.objects.select_related("hold", "event").get(pk=order.pk)


def claimed(order):
    return order.lines.get().ticket_type.quotas.get().claimed


def pay(order, now):
    payment = settlement.open_payment(order=fresh(order), now=now)
    book.decide(row=PracticeSession.objects.get(token=payment.provider_id), status=Status.SUCCEEDED, now=now)
    settlement.settle(payment=payment, now=now)


def sound():
    assert [finding.invariant.name for finding in audit() if finding.violated] == []


@pytest.mark.parametrize("price_minor", [0, 1500])
@pytest.mark.parametrize(("mode", "kept"), [("keep", 1), ("free", 0)])
def test_a_request_is_neither_paid_nor_issued(concert, mode, kept, price_minor):
    order = asked(concert, approval=mode, price_minor=price_minor)
    assert fresh(order).state == "asked" and claimed(order) == kept
    assert not Ticket.objects.exists()
    with pytest.raises(checkout.HoldEnded):
        settlement.open_payment(order=fresh(order), now=clock.now())
    assert Mail.objects.filter(kind="request_received").count() == 1
    assert expiry.expire_holds(now=clock.now() + timedelta(days=2)) == 0
    sound()


@pytest.mark.parametrize("mode", ["keep", "free"])
def test_approved_and_free_of_charge_it_has_its_tickets(concert, mode):
    order = asked(concert, approval=mode, quantity=2)
    approval.approve(order=order, now=clock.now())
    assert fresh(order).state == "confirmed" and order.tickets.count() == 2 and claimed(order) == 2
    sound()


@pytest.mark.parametrize("mode", ["keep", "free"])
def test_approved_and_priced_it_is_paid_within_the_hours(concert, mode):
    order, now = asked(concert, approval=mode, price_minor=1500), clock.now()
    approval.approve(order=order, now=now)
    order = fresh(order)
    assert order.state == "waiting" and claimed(order) == 1
    assert order.hold.expires_at == now + timedelta(hours=concert.offer_hours)
    assert Mail.objects.filter(kind="request_approved").count() == 1
    pay(order, now + timedelta(hours=5))
    assert fresh(order).state == "confirmed" and order.tickets.count() == 1
    sound()


@pytest.mark.parametrize("mode", ["keep", "free"])
def test_approved_and_not_paid_its_places_go_back(concert, mode):
    order, now = asked(concert, approval=mode, price_minor=1500), clock.now()
    approval.approve(order=order, now=now)
    expiry.expire_holds(now=now + timedelta(hours=concert.offer_hours, seconds=1))
    assert fresh(order).state == "expired" and claimed(order) == 0
    sound()


@pytest.mark.parametrize("mode", ["keep", "free"])
def test_declined_its_places_go_back_and_it_can_not_be_approved_any_more(concert, mode):
    order, now = asked(concert, approval=mode), clock.now()
    approval.decline(order=order, now=now)
    expiry.expire_holds(now=now)
    assert fresh(order).state == "declined" and claimed(order) == 0
    assert Mail.objects.filter(kind="request_declined").count() == 1 and not Mail.objects.filter(kind="order_cancelled").exists()
    for verb in (approval.approve, approval.decline):
        with pytest.raises(checkout.Refused, match="decided"):
            verb(order=order, now=now)
    sound()


def test_places_that_were_not_kept_may_be_gone(concert):
    order = asked(concert, approval="free", capacity=1)
    kind = order.lines.get().ticket_type
    checkout.place_order(hold=cast.held(kind, email="frank@example.com"), now=clock.now())
    approval.approve(order=Order.objects.get(buyer_email="frank@example.com"), now=clock.now())
    with pytest.raises(approval.NoPlaces):
        approval.approve(order=order, now=clock.now())
    assert fresh(order).state == "asked"
    sound()


def test_the_database_confirms_no_request_that_was_not_approved(concert):
    order = asked(concert)
    with pytest.raises(IntegrityError), transaction.atomic():
        checkout.confirm_order(order=order, now=clock.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(approved_at=clock.now(), declined_at=clock.now(), cancelled_at=clock.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(requested_at=None, approved_at=clock.now())


def test_a_type_without_approval_is_confirmed_at_once(concert):
    assert asked(concert, approval="").confirmed_at


@pytest.mark.parametrize("mode", ["keep", "free"])
def test_what_nobody_decided_ends_with_the_event(concert, mode):
    Event.objects.update(max_per_buyer=2)
    concert.refresh_from_db()
    order, after = asked(concert, approval=mode), concert.ends_at + timedelta(seconds=1)
    expiry.expire_holds(now=after)
    approval.expire_requests(now=after)
    assert fresh(order).state == "expired" and claimed(order) == 0


def test_a_buyer_or_the_organiser_cancels_a_request(concert):
    order = asked(concert)
    assert cancellation.cancel_order(order=order, now=clock.now())
    expiry.expire_holds(now=clock.now())
    assert fresh(order).state == "cancelled" and claimed(order) == 0
    sound()


def test_one_limit_per_buyer_counts_requests_too_and_gives_them_back(concert):
    Event.objects.update(max_per_buyer=1)
    concert.refresh_from_db()
    order = asked(concert)
    with pytest.raises(allowance.TooManyForBuyer):
        asked(concert)
    approval.decline(order=order, now=clock.now())
    assert asked(concert)


def test_bulk_decisions_through_the_page(client, alice, concert):
    kind = cast.ticket_type(concert, approval="free", capacity=2)
    orders = [checkout.place_order(hold=cast.held(kind, email=f"{n}@example.com"), now=clock.now()) for n in range(4)]
    client.force_login(alice)
    url = f"/manage/events/{concert.slug}/requests/"
    assert all(order.code in client.get(url).content.decode() for order in orders)
    answer = client.post(f"{url}decisions/", {"decision": "approve", "code": [order.code for order in orders[:3]]}, follow=True)
    assert [fresh(order).state for order in orders] == ["confirmed", "confirmed", "asked", "asked"]
    page = answer.content.decode()
    assert "2 requests approved" in page and "not enough places left" in page
    client.post(f"{url}decisions/", {"decision": "decline", "code": [order.code for order in orders[2:]]})
    assert [fresh(order).state for order in orders[2:]] == ["declined", "declined"]
    assert inventory.free_places(ticket_types=[kind]) == {kind.pk: 0}
    sound()


def test_the_buyers_pages_tell_each_state(client, concert):
    kind = cast.ticket_type(concert, approval="keep", price_minor=1500)
    hold = cast.held(kind)
    assert "Send the request" in client.get(f"/checkout/{hold.token}/review/").content.decode()
    answer = client.post(f"/checkout/{hold.token}/order/")
    order = Order.objects.get()
    assert answer.url == order.get_absolute_url()
    assert "with the organiser" in client.get(answer.url).content.decode()
    assert client.get(f"{answer.url}payment/").url == order.get_absolute_url()
    approval.approve(order=order, now=clock.now())
    page = client.get(answer.url).content.decode()
    assert "Pay €15.00" in page and "data-expires-at" in page
    pay(order, clock.now())
    assert "Your tickets for" in client.get(answer.url).content.decode()
