"""The event's payments for finance: what they sum to, the list, the file."""

import pytest

from payments import fees, refunds, settlement, sums
from payments.models import Payment
from registrations import fulfilment
from registrations.models import Order
from tests import cast
from tests.payments import till
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold(kind):
    """Two paid, one of them with €4.00 given back, and one that was declined."""
    orders = [cast.ordered(kind) for _ in range(3)]
    for order, act in zip(orders, ("pay", "pay", "decline"), strict=True):
        till.act(order, act)
    fees.take_fees(now=clock.now())
    refunds.refund_order(order=orders[0], amount_minor=400, now=clock.now())
    settlement.send_refunds(now=clock.now())
    return orders


def test_the_totals_are_to_the_cent_and_leave_out_what_did_not_succeed(sold, kind):
    (total,) = sums.totals(event=kind.event)
    assert (total.paid_minor, total.fees_minor, total.given_minor, total.left_minor) == (3000, 96, 400, 2504)


def test_the_list_shows_totals_states_and_a_link_to_each_order(sold, kind, client, alice):
    client.force_login(alice)
    page = till.text(client.get(f"/manage/events/{kind.event.slug}/payments/"))
    assert "€30.00" in page and "€25.04" in page and "declined" in page
    assert all(f"/orders/{order.code}/" in page for order in sold)


def test_older_payments_are_a_page_further(sold, kind, client, alice, monkeypatch):
    monkeypatch.setattr("payments.views_manage.PAGE", 2)
    client.force_login(alice)
    path = f"/manage/events/{kind.event.slug}/payments/"
    oldest = Payment.objects.earliest("pk").order.code
    assert f"/orders/{oldest}/" not in till.text(client.get(path))
    older = till.text(client.get(path, {"before": Payment.objects.order_by("-pk")[1].pk}))
    assert f"/orders/{oldest}/" in older and "Older payments" not in older


def test_the_file_has_every_payment_once(sold, kind, client, alice):
    client.force_login(alice)
    lines = b"".join(client.get(f"/manage/events/{kind.event.slug}/payments.csv")).decode("utf-8-sig").splitlines()
    assert len(lines) == 4 and lines[1].split(",")[4:9] == ["15.00", "0.48", "4.00", "EUR", "Paid"]


@pytest.mark.parametrize("path", ["payments/", "payments.csv"])
def test_the_gate_and_strangers_do_not_see_it(sold, kind, client, bob, charlie, path):
    for user in (bob, charlie):
        client.force_login(user)
        assert client.get(f"/manage/events/{kind.event.slug}/{path}").status_code == 404


def test_the_mail_of_a_paid_order_links_to_its_invoice(sold, mailoutbox, settings, client):
    settings.PDF_IN_MAIL, settings.OUTBOX_TRANSPORT = False, "django.core.mail.backends.locmem.EmailBackend"
    order = Order.objects.get(pk=sold[0].pk)
    fulfilment.fulfil(order_id=order.pk, now=clock.now())
    link = next(line for line in mailoutbox[0].body.splitlines() if line.startswith("Invoice: ")).removeprefix("Invoice: ")
    reply = client.get(till.path_of(link), follow=True)
    assert reply.headers["Content-Type"] == "application/pdf"


def test_the_page_that_cancels_an_event_leads_to_everybodys_money(kind, client, alice):
    client.force_login(alice)
    page = till.text(client.get(f"/manage/events/{kind.event.slug}/cancellation/"))
    path = f"/manage/events/{kind.event.slug}/payments/everybody/"
    assert path in page and client.get(path).status_code == 200


def test_a_payment_that_the_provider_will_never_open_is_given_up_and_its_places_go_back(kind, pass_time, monkeypatch, settings):
    settings.PRACTICE_AWAY = True
    order = cast.ordered(kind)
    till.start(order)
    settings.PRACTICE_AWAY = False
    refused = lambda *_, **__: (_ for _ in ()).throw(settlement.PaymentRefused("The amount is too small."))  # noqa: E731
    monkeypatch.setattr("payments.practice.gateway.PracticeGateway.open_session", refused)
    pass_time(minutes=16)
    till.sweep()
    payment = Payment.objects.get()
    assert payment.failed_at and payment.failure == "The amount is too small." and till.claimed(kind) == 0
    till.assert_audit_is_clean()
