"""Reports of money agree with the orders, to the cent: prices, discounts, taxes, fees, payouts, refunds."""

import csv
import io
from decimal import Decimal

import pytest

from payments import refunds, settlement
from payments.journal import Payout, PayoutLine
from payments.models import Payment
from registrations import cancellation
from registrations.models import WaitingEntry
from registrations.staff_orders import StaffLine, place_staff_order
from tests import cast
from tests.payments import till
from ticketing.lib import clock
from workspace.filters import Filter
from workspace.sheets import SHEETS

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, alice):
    client.force_login(alice)
    return client


def report(desk, event, what):
    reply = desk.post(f"/manage/events/{event.slug}/exports/new/", {"what": what, "format": "csv"})
    return list(csv.DictReader(io.StringIO(b"".join(reply.streaming_content).decode("utf-8-sig"))))


def total(rows, *columns):
    return sum(Decimal(row[column]) for row in rows for column in columns)


@pytest.mark.parametrize("on_top", [False, True])
def test_taxes_and_fees_sum_to_what_buyers_pay(desk, hall, on_top):
    event = cast.event(organiser=hall, tax_on_top=on_top, fee_country="DE")
    kinds = [cast.ticket_type(event, price_minor=price, tax_rate=rate) for price, rate in ((1999, 19), (1050, 7), (500, 0))]
    orders = [cast.ordered(kind, 3) for kind in kinds]
    for order in orders:
        till.act(order, "pay")
    cancelled = cast.ordered(kinds[0])
    till.act(cancelled, "pay")
    cancellation.cancel_order(order=cancelled, now=clock.now())
    rows = report(desk, event, "taxes")
    assert {row["On"] for row in rows} == {"Tickets", "Booking fees"}
    assert {row["Per cent"] for row in rows if row["On"] == "Tickets"} == {"19", "7", "0"}
    assert total(rows, "Gross") == Decimal(sum(order.total_minor for order in orders)) / 100
    assert total(rows, "Net", "Tax") == total(rows, "Gross")
    sales = report(desk, event, "sales")
    assert total(sales, "Tax") == total([row for row in rows if row["On"] == "Tickets"], "Tax")
    assert sum(int(row["Tickets"]) for row in sales) == 9


def test_a_payment_tells_its_fee_its_payout_and_what_went_back(desk, concert):
    kind, now = cast.ticket_type(concert, price_minor=2000), clock.now()
    order, waiting = cast.ordered(kind), cast.ordered(kind)
    for each in (order, waiting):
        till.act(each, "pay")
    payment = Payment.objects.get(order=order)
    refunds.refund_order(order=order, amount_minor=500, now=now)
    settlement.send_refunds(now=now)
    Payment.objects.filter(pk=payment.pk).update(fee_minor=53)
    Payment.objects.filter(order=waiting).update(fee_minor=None)
    payout = Payout.objects.create(gateway="practice", provider_id="po_1", currency="EUR", amount_minor=1447, paid_at=now)
    PayoutLine.objects.create(payout=payout, kind="payment", provider_id="p", payment=payment, gross_minor=2000, fee_minor=53)
    PayoutLine.objects.create(payout=payout, kind="refund", provider_id="r", payment=payment, gross_minor=-500, fee_minor=0)
    rows = {row["Order"]: row for row in report(desk, concert, "payments")}
    paid = rows[order.code]
    columns = ("Amount", "Given back", "Kept", "Provider's fee", "Net", "Payout")
    assert [paid[column] for column in columns] == ["20.00", "5.00", "15.00", "0.53", "14.47", "po_1"]
    assert (rows[waiting.code]["Provider's fee"], rows[waiting.code]["Net"], rows[waiting.code]["Payout"]) == ("", "", "")
    (row,) = report(desk, concert, "payouts")
    assert [row[column] for column in ("Payout", "Payments and refunds", "Gross", "Fees", "Net")] == ["po_1", "2", "15.00", "0.53", "14.47"]


@pytest.mark.parametrize("what", list(SHEETS))
def test_every_sheet_has_a_name_for_each_of_its_columns(concert, what):
    kind, now = cast.ticket_type(concert, price_minor=2000), clock.now()
    order = cast.ordered(kind, 2)
    till.act(order, "pay")
    refunds.refund_order(order=order, amount_minor=500, now=now)
    payment = Payment.objects.get(order=order)
    payout = Payout.objects.create(gateway="practice", provider_id="po_1", currency="EUR", amount_minor=1947, paid_at=now)
    PayoutLine.objects.create(payout=payout, kind="payment", provider_id="p", payment=payment, gross_minor=2000, fee_minor=53)
    place_staff_order(
        event=concert,
        lines=[StaffLine(ticket_type=kind, price_minor=0, attendees=[{}])],
        buyer_name="Press",
        buyer_email="",
        kind="comp",
        made_by=None,
        now=now,
    )
    WaitingEntry.objects.create(event=concert, token="w" * 22, ticket_type=kind, email="erin@example.com", quantity=1, joined_at=now)
    head, rows = SHEETS[what].table(event=concert, wanted=Filter())
    assert {len(row) for row in rows} == {len(head)}
