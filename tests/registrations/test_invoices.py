"""Invoices and credit notes: numbered without gaps, never changed, and summing to what was paid and given back."""

import io
import random
from decimal import Decimal

import pikepdf
import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from registrations import fulfilment, invoices
from registrations.models import Invoice, InvoiceCounter, Order
from tests import cast
from tests.payments import till
from ticketing.lib import clock

pytestmark = pytest.mark.django_db
REAL = pytest.mark.django_db(transaction=True)


def paid(kind, quantity=1):
    order = cast.ordered(kind, quantity)
    till.act(order, "pay")
    return loaded(order)


def loaded(order):
    return Order.objects.select_related("event__organiser").get(pk=order.pk)


@pytest.fixture
def kind(hall):
    event = cast.event(organiser=hall, fee_country="DE")
    return cast.ticket_type(event, price_minor=1500, tax_rate=Decimal(19), name="Standard")


def sums(order):
    """What the order's documents say was kept, and the tax of it."""
    rows = Invoice.objects.filter(order=order)
    sign = {"invoice": 1, "credit_note": -1}
    return sum(sign[row.kind] * row.total_minor for row in rows), sum(sign[row.kind] * row.tax_minor for row in rows)


def test_a_paid_order_has_an_invoice_over_exactly_what_was_paid(kind):
    order = paid(kind, 2)
    fulfilment.fulfil(order_id=order.pk, now=clock.now())
    invoice = Invoice.objects.get()
    assert (invoice.number, invoice.label, invoice.total_minor) == (1, "00001", order.total_minor)
    tickets, fee = invoice.facts["lines"]
    assert (tickets["name"], tickets["quantity"], tickets["net_minor"], tickets["tax_minor"]) == ("Standard", 2, 2521, 479)
    assert (fee["name"], fee["net_minor"], fee["tax_minor"]) == ("Booking fee", order.fee_minor, order.fee_tax_minor)


def test_an_order_without_price_or_without_payment_has_none(kind, hall):
    assert invoices.issue(order=loaded(cast.ordered(kind)), now=clock.now()) is None
    free = cast.ordered(cast.ticket_type(cast.event(organiser=hall)))
    assert invoices.issue(order=loaded(free), now=clock.now()) is None


def test_the_numbers_of_each_organiser_have_no_gaps_and_a_prefix(kind, hall):
    other = cast.ticket_type(cast.event(organiser=cast.organiser("elsewhere")), price_minor=100)
    hall.invoice_prefix = "HE-"
    hall.save()
    made = [invoices.issue(order=paid(each), now=clock.now()) for each in (kind, other, kind, kind)]
    assert [row.label for row in made] == ["HE-00001", "00001", "HE-00002", "HE-00003"]
    assert invoices.issue(order=loaded(made[0].order), now=clock.now()).pk == made[0].pk  # asked again, the same


def test_a_number_that_was_not_used_is_given_to_the_next(kind, monkeypatch):
    order = paid(kind)
    with pytest.raises(RuntimeError), transaction.atomic():
        invoices.issue(order=order, now=clock.now())
        raise RuntimeError
    assert invoices.issue(order=order, now=clock.now()).number == 1


@REAL
def test_documents_made_at_once_have_one_number_each_without_gaps(kind):
    orders = [paid(kind) for _ in range(5)]
    answers = till.at_once(10, lambda n: invoices.issue(order=loaded(orders[n % 5]), now=clock.now()))
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert sorted(Invoice.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5]


@REAL
def test_control_without_the_lock_two_documents_would_want_one_number(kind, monkeypatch):
    orders = [paid(kind) for _ in range(4)]
    InvoiceCounter.objects.create(organiser=kind.event.organiser)
    import threading

    read = threading.Barrier(4, timeout=20)

    def unlocked(organiser, more):
        last = InvoiceCounter.objects.get(organiser=organiser).last
        read.wait()
        return last + more

    monkeypatch.setattr(invoices, "_count", unlocked)
    answers = till.at_once(4, lambda n: invoices.issue(order=orders[n], now=clock.now()))
    assert sum(isinstance(answer, IntegrityError) for answer in answers) == 3


@pytest.mark.parametrize("statement", ["UPDATE registrations_invoice SET net_minor = 1", "DELETE FROM registrations_invoice"])
def test_a_document_is_never_changed(kind, statement):
    invoices.issue(order=paid(kind), now=clock.now())
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_credit_notes_in_whatever_parts_sum_to_the_invoice_line_by_line(hall):
    for seed in range(20):
        chance = random.Random(seed)
        event = cast.event(organiser=hall, tax_on_top=chance.random() < 0.5, fee_country=chance.choice(["", "DE"]))
        kind = cast.ticket_type(event, price_minor=chance.randint(100, 9999), tax_rate=Decimal(chance.choice(["0", "7", "19", "8.875"])))
        order = paid(kind, chance.randint(1, 5))
        invoice = invoices.issue(order=order, now=clock.now())
        left, part = order.total_minor, 0
        while left:
            amount = chance.randint(1, left)
            part += 1
            invoices.credit(order=order, key=f"part:{seed}:{part}", amount_minor=amount, now=clock.now())
            left -= amount
        assert sums(order) == (0, 0)
        assert invoices.left_to_credit(invoice=invoice) == [0] * len(invoice.facts["lines"])


def test_more_than_the_invoice_can_not_be_credited_and_the_same_key_is_credited_once(kind):
    order = paid(kind)
    first = invoices.credit(order=order, key="x", amount_minor=1000, now=clock.now())
    assert invoices.credit(order=order, key="x", amount_minor=1000, now=clock.now()).pk == first.pk
    with pytest.raises(invoices.NothingToCredit):
        invoices.credit(order=order, key="y", amount_minor=order.total_minor, now=clock.now())
    assert sums(order)[0] == order.total_minor - 1000


def test_the_buyer_and_the_organiser_get_the_pdf_and_nobody_else(kind, alice, bob, charlie):
    order = paid(kind)
    client, address = Client(), order.get_absolute_url()
    first = client.get(f"{address}invoices/0.pdf")
    assert first.status_code == 302 and first.url == f"{address}invoices/1.pdf"
    pdf = client.get(first.url)
    assert pdf.headers["Content-Type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(pdf.content)) as document:
        assert len(document.pages) == 1 and str(document.docinfo["/Title"]) == "Invoice 00001"
    assert pdf.content == client.get(first.url).content
    assert "Invoice 00001" in client.get(address).content.decode()
    assert client.get(f"{address}invoices/2.pdf").status_code == 404
    desk = f"/manage/events/{kind.event.slug}/invoices/"
    for stranger in (bob, charlie):
        client.force_login(stranger)
        assert client.get(desk).status_code == client.get(desk + "1.pdf").status_code == 404
    client.force_login(alice)
    assert "00001" in client.get(desk).content.decode()
    assert client.get(desk + "1.pdf").content == pdf.content


def test_the_list_is_exported_with_formulas_made_harmless(kind, alice):
    order = cast.ordered(kind)
    Order.objects.filter(pk=order.pk).update(buyer_name="=cmd()")
    till.act(order, "pay")
    invoices.issue(order=loaded(order), now=clock.now())
    invoices.credit(order=loaded(order), key="x", amount_minor=500, now=clock.now())
    client = Client()
    client.force_login(alice)
    rows = b"".join(client.get(f"/manage/events/{kind.event.slug}/invoices.csv")).decode()
    assert "'=cmd()" in rows and "Credit note" in rows and "-5.00" in rows


def test_the_senders_facts_are_set_by_those_who_look_after_money_and_stand_on_later_invoices_only(kind, hall, alice, bob):
    first = invoices.issue(order=paid(kind), now=clock.now())
    client, address = Client(), f"/manage/{hall.slug}/invoice-details/"
    client.force_login(bob)
    assert client.get(address).status_code == 404
    client.force_login(alice)
    typed = {
        "legal_name": "Alice's Hall gGmbH",
        "address": "Market 1",
        "country": "de",
        "vat_id": "de 136 695 976",
        "invoice_prefix": "AH-",
    }
    assert client.post(address, typed | {"vat_id": "DE136695977"}).status_code == 422
    assert client.post(address, typed).status_code == 302
    second = invoices.issue(order=paid(kind), now=clock.now())
    assert (first.label, second.label) == ("00001", "AH-00002")
    assert (first.facts["seller"]["vat_id"], second.facts["seller"]["vat_id"]) == ("", "DE136695976")
