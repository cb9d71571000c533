"""The buyer cancels by the organiser's terms: the fee is shown before, and nothing else happens than was shown."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from events import terms
from payments import buyer_cancellation, settlement
from payments.models import Refund
from registrations import codes, fulfilment, transfer
from registrations.checkout import Refused
from registrations.models import Invoice, Order
from scanning import redemption
from scanning.gates import gates_of
from tests import cast
from tests.payments import till
from ticketing.lib import clock
from trail.models import Change

pytestmark = pytest.mark.django_db


def paid(kind, quantity=2):
    order = cast.ordered(kind, quantity)
    payment = settlement.open_payment(order=order, now=clock.now())
    till.provider_says(payment, "succeeded")
    settlement.settle(payment=payment, now=clock.now())
    fulfilment.fulfil(order_id=order.pk, now=clock.now())
    return Order.objects.select_related("event__organiser").get(pk=order.pk)


@pytest.fixture
def order(concert):
    terms.save(event=concert, fields={"cancel_until_hours": 48, "cancel_fee_minor": 200, "cancel_fee_percent": Decimal("10")})
    return paid(cast.ticket_type(concert, price_minor=2500))


def test_the_whole_order_gives_back_what_is_left_after_the_fee(order):
    found = buyer_cancellation.quote(order=order, positions=[1, 2], now=clock.now())
    assert (found.worth_minor, found.fee_minor, found.refund_minor) == (5000, 2 * (200 + 250), 4100)
    buyer_cancellation.cancel(order=order, positions=[1, 2], shown_minor=4100, now=clock.now())
    order.refresh_from_db()
    assert order.state == "cancelled" and Refund.objects.get().amount_minor == 4100
    settlement.send_refunds(now=clock.now())
    assert Invoice.objects.get(kind="credit_note").total_minor == 4100
    quota = order.event.quotas.get()
    assert quota.claimed == 0


def test_one_of_two_tickets_leaves_the_other_valid(order):
    buyer_cancellation.cancel(order=order, positions=[2], shown_minor=2050, now=clock.now())
    order.refresh_from_db()
    assert order.state == "confirmed"
    assert list(order.tickets.filter(voided_at=None).values_list("position", flat=True)) == [1]


def test_nothing_happens_when_the_sum_is_another_than_was_shown(order):
    terms.save(event=order.event, fields={"cancel_fee_minor": 500})
    with pytest.raises(Refused, match="changed"):
        buyer_cancellation.cancel(order=order, positions=[1, 2], shown_minor=4100, now=clock.now())
    assert not Refund.objects.exists() and order.tickets.filter(voided_at=None).count() == 2


def test_the_second_of_two_equal_posts_does_nothing(order):
    buyer_cancellation.cancel(order=order, positions=[1, 2], shown_minor=4100, now=clock.now())
    with pytest.raises(Refused):
        buyer_cancellation.cancel(order=order, positions=[1, 2], shown_minor=4100, now=clock.now())
    assert Refund.objects.count() == 1


def test_a_used_ticket_cannot_be_cancelled(order):
    gate = gates_of(event=order.event)[0]
    redemption.redeem(gate=gate, presented=codes.code_of(order.tickets.get(position=1)), now=clock.now())
    assert [ticket.position for ticket in buyer_cancellation.cancellable(order=order, now=clock.now())] == [2]
    with pytest.raises(Refused):
        buyer_cancellation.quote(order=order, positions=[1, 2], now=clock.now())


def test_a_ticket_that_was_handed_on_is_not_the_buyers_to_cancel(order):
    ticket = order.tickets.select_related("order__event").get(position=1)
    transfer.transfer_ticket(ticket=ticket, name="Erin", email="erin@example.com", now=clock.now())
    with pytest.raises(Refused):
        buyer_cancellation.quote(order=order, positions=[1], now=clock.now())
    buyer_cancellation.cancel(order=order, positions=[2], shown_minor=2050, now=clock.now())
    order.refresh_from_db()
    assert order.state == "confirmed" and order.tickets.filter(voided_at=None).count() == 1


def test_it_is_too_late_after_the_time_and_never_without_terms(order, concert):
    with pytest.raises(Refused, match="over"):
        buyer_cancellation.cancellable(order=order, now=concert.starts_at - timedelta(hours=47))
    terms.save(event=concert, fields={"cancel_until_hours": None})
    with pytest.raises(Refused, match="over"):
        buyer_cancellation.cancellable(order=order, now=clock.now())


@pytest.mark.parametrize(("fixed", "percent", "kept"), [(0, 0, 0), (9_000, 0, 5000), (0, 100, 5000), (0, Decimal("0.03"), 2)])
def test_the_fee_is_at_most_the_ticket(order, fixed, percent, kept):
    terms.save(event=order.event, fields={"cancel_fee_minor": fixed, "cancel_fee_percent": percent})
    found = buyer_cancellation.quote(order=order, positions=[1, 2], now=clock.now())
    assert (found.fee_minor, found.refund_minor) == (kept, 5000 - kept)
    buyer_cancellation.cancel(order=order, positions=[1, 2], shown_minor=5000 - kept, now=clock.now())
    assert sum(Refund.objects.values_list("amount_minor", flat=True)) == 5000 - kept


def test_the_booking_fee_goes_back_or_stays_as_the_terms_say(hall):
    event = cast.event(organiser=hall, fee_country="DE")
    terms.save(event=event, fields={"cancel_until_hours": 1})
    order = paid(cast.ticket_type(event, price_minor=2500))
    assert buyer_cancellation.quote(order=order, positions=[1, 2], now=clock.now()).refund_minor == order.total_minor > 5000
    terms.save(event=event, fields={"gives_booking_fee_back": False})
    assert buyer_cancellation.quote(order=order, positions=[1, 2], now=clock.now()).refund_minor == 5000


def test_a_free_order_is_cancelled_without_money(concert):
    terms.save(event=concert, fields={"cancel_until_hours": 0, "cancel_fee_minor": 200})
    order = Order.objects.select_related("event__organiser").get(pk=cast.ordered(cast.ticket_type(concert), 2).pk)
    buyer_cancellation.cancel(order=order, positions=[1, 2], shown_minor=0, now=clock.now())
    order.refresh_from_db()
    assert order.state == "cancelled"


def test_the_page_shows_the_fee_first_and_does_it_when_agreed(order):
    dana, url = Client(), f"{order.get_absolute_url()}cancellation/"
    assert "10 %" in dana.get(f"{order.get_absolute_url()}changes/").content.decode()
    assert dana.get(url).status_code == 200
    shown = dana.post(url, {"tickets": ["1", "2"]})
    assert "€9.00" in shown.content.decode() and not Refund.objects.exists()
    assert dana.post(url, {"tickets": ["1", "2"], "confirmed": "5000"}).status_code == 422
    assert dana.post(url, {"tickets": []}).status_code == 422
    assert dana.post(url, {"tickets": ["1", "2"], "confirmed": "4100"}).status_code == 302
    assert "This order is cancelled" in dana.get(order.get_absolute_url()).content.decode()
    change = Change.objects.get(act="cancelled_by_buyer")
    assert change.actor == "The buyer" and "€9.00 kept" in change.words


def test_the_receipt_tells_of_payment_and_refund(order):
    dana, url = Client(), f"{order.get_absolute_url()}receipt/"
    assert "€50.00" in dana.get(url).content.decode()
    buyer_cancellation.cancel(order=order, positions=[1, 2], shown_minor=4100, now=clock.now())
    page = dana.get(url).content.decode()
    assert "−€41.00" in page and "€9.00" in page


def test_a_free_order_has_no_receipt(concert):
    assert Client().get(f"{cast.ordered(cast.ticket_type(concert)).get_absolute_url()}receipt/").status_code == 404


def test_the_organiser_sets_the_terms(client, alice, concert):
    client.force_login(alice)
    url = f"/manage/events/{concert.slug}/terms/"
    assert client.get(url).status_code == 200
    wrong = {"cancel_until_hours": "24", "cancel_fee": "1,999"}
    assert client.post(url, wrong).status_code == 422
    assert client.post(url, {"transfers": "on", "cancel_until_hours": "24", "cancel_fee": "1,99"}).status_code == 302
    found = terms.terms_of(event=concert)
    assert found.transfers and found.cancel_fee_minor == 199 and found.cancel_until == concert.starts_at - timedelta(hours=24)
    assert Change.objects.get(act="terms_changed").changed["cancel_fee_minor"] == [0, 199]


def test_a_copy_of_the_event_has_the_same_terms(order):
    from events.publication import copy_event

    assert terms.row_of(event=copy_event(event=order.event)).cancel_fee_minor == 200
