"""The bill from the meters' own door: counted by a process, written to Redis, rolled up, priced. And fees from the ledger."""

from datetime import timedelta
from decimal import Decimal

import pytest

from operations.costs import fees
from operations.costs.month import month
from operations.meters import live, rollup
from payments import ledger
from payments.models import Payment
from tests import cast
from ticketing.lib import clock, meters

pytestmark = pytest.mark.django_db


@pytest.fixture
def nothing_metered():
    store = live.connect()
    for name in store.scan_iter(meters.key("*")):
        store.delete(name)
    meters.forget()
    yield
    meters.forget()


def request(*, event, number):
    usage = meters.begin()
    meters.about(event=event.pk, organiser=event.organiser_id)
    sum(range(20_000))  # something to use CPU with
    meters.statement("SELECT 1", 0, 1_000_000)
    if number % 3 == 0:
        meters.add("mails")
    meters.end(usage, kind="page", name="registrations:review", outcome="ok", bytes_out=14_000)


def test_traffic_over_forty_events_adds_up_to_the_cent(nothing_metered, hall):
    events = [cast.event(organiser=hall) for _ in range(40)]
    for number, event in enumerate(events):
        for _ in range(number + 1):
            request(event=event, number=number)
    for _ in range(25):  # pages of no event
        meters.end(meters.begin(), kind="page", name="events:event-list", outcome="ok", bytes_out=9_000)
    assert meters.Writer(role="web").flush()
    now = clock.now() + timedelta(minutes=1)
    rollup.roll_up_minutes(now=now)
    rollup.roll_up_hours(now=now)
    for book in ("machines", "aws-us-east-1"):
        found = month(now=now + timedelta(days=1) if now.day == 1 else now, book_key=book)
        split = found.bill.allocation
        assert found.used.total.count == 40 * 41 // 2 + 25 and len(split.per_event) == 40
        assert {pk: used.count for pk, used in found.used.of_events.items()} == {event.pk: n + 1 for n, event in enumerate(events)}
        assert found.used.shared.count == 25
        assert sum(split.per_event.values()) + split.shared + split.idle == split.total == round(found.bill.total * 100)


def paid(kind, number):
    now = clock.now()
    order = cast.ordered(kind, email=f"dana{number}@example.com")
    keys = {"idempotency_key": f"key{number}", "provider_id": f"id{number}"}
    payment = Payment.objects.create(
        order=order, gateway="practice", amount_minor=order.total_minor, currency=order.currency, opened_at=now, **keys
    )
    ledger.payment_received(payment=payment, amount_minor=payment.amount_minor, currency="EUR", claimed=True, now=now)
    Payment.objects.filter(pk=payment.pk).update(succeeded_at=now)
    return payment


def test_what_was_really_kept_stands_beside_the_schedule(concert):
    kind, now = cast.ticket_type(concert, price_minor=10_000), clock.now()
    first, _ = paid(kind, 1), paid(kind, 2)
    span = {"since": now - timedelta(hours=1), "until": now + timedelta(hours=1)}
    (before,) = fees.fee_lines(**span)
    assert (before.payments, before.by_schedule, before.actual) == (2, Decimal("3.50"), None)
    ledger.fee_taken(payment=first, fee_minor=290, currency="EUR", now=now)
    (after,) = fees.fee_lines(**span)
    assert (after.actual, after.actual_payments) == (Decimal("2.90"), 1)
