"""What Dana is shown is what she pays: taxes, the fee where she bears it, and her company's facts."""

from decimal import Decimal

import pytest
from django.test import Client

from events.models import Event, TicketType
from registrations import checkout
from registrations.models import Hold, Order
from tests import cast
from ticketing.lib import clock, tax_ids

pytestmark = pytest.mark.django_db
AMERICAN = {"currency": "USD", "fee_country": "US", "tax_name": "Sales tax", "tax_on_top": True, "country": "US"}


def text(response):
    return response.content.decode()


@pytest.fixture
def american(hall):
    return cast.ticket_type(cast.event(organiser=hall, **AMERICAN), price_minor=2500, tax_rate=Decimal("8.875"))


def test_tax_on_top_and_the_fee_are_in_the_total_from_the_first_page_to_the_order(american):
    page = text(Client().get(american.event.get_absolute_url()))
    assert "$25.00" in page and "+ $3.44 sales tax and fee" in page  # 2.22 tax, 1.12 fee, 0.10 tax on the fee
    hold = cast.held(american, 2)
    summary = text(Client().get(f"/checkout/{hold.token}/"))
    order = checkout.place_order(hold=hold, now=clock.now())
    # 50.00 + 4.44 tax; fee n with 2.9 % of (54.44 + n + tax on n) + 0.30 = n: 1.94, tax on it 0.17
    assert (order.fee_minor, order.fee_tax_minor, order.lines.get().tax_minor) == (194, 17, 444)
    assert order.total_minor == 5655
    for shown in ("Booking fee", "$1.94", "Sales tax 8.875 %", "$4.61", "$56.55"):
        assert shown in summary
    assert "Pay $56.55" in text(Client().get(f"/checkout/{hold.token}/review/", follow=True)) or order.total_minor == 5655
    assert "$56.55" in text(Client().get(order.get_absolute_url()))


def test_tax_that_is_in_the_price_is_told_and_adds_nothing(hall):
    kind = cast.ticket_type(cast.event(organiser=hall), price_minor=1500, tax_rate=Decimal(19))
    hold = cast.held(kind)
    page = text(Client().get(f"/checkout/{hold.token}/"))
    assert "including VAT 19 %" in page and "€2.39" in page and "€15.00" in page
    assert checkout.place_order(hold=hold, now=clock.now()).total_minor == 1500


def test_the_order_costs_what_was_shown_also_when_rates_change_meanwhile(american):
    hold = cast.held(american, 2)
    Event.objects.update(fee_country="", tax_on_top=False)
    TicketType.objects.update(tax_rate=0)
    fresh = Hold.objects.select_related("event").get(pk=hold.pk)
    assert checkout.place_order(hold=fresh, now=clock.now()).total_minor == 5655


def test_a_free_order_has_no_fee_and_no_tax(hall):
    kind = cast.ticket_type(cast.event(organiser=hall, **AMERICAN), tax_rate=Decimal("8.875"))
    order = cast.ordered(kind, 2)
    assert order.total_minor == order.fee_minor == 0 and order.confirmed_at


def test_companies_give_their_facts_for_the_invoice_and_others_are_not_asked(american):
    hold = cast.held(american)
    client, address = Client(), f"/checkout/{hold.token}/"
    assert '<details class="card"><summary>Invoice to a company' in text(client.get(address))
    typed = {"buyer_name": "Dana", "buyer_email": "dana@example.com", "company": "Dana & Co", "address": "Market 1, Berlin"}
    wrong = client.post(address, typed | {"vat_id": "DE136695977"})
    assert wrong.status_code == 422 and "Check its digits" in text(wrong) and "Dana &amp; Co" in text(wrong)
    assert client.post(address, typed | {"vat_id": "de 136 695 976"}).status_code == 303
    review = text(client.get(address + "review/"))
    assert "Dana &amp; Co" in review and "Market 1, Berlin" in review
    client.post(address + "order/")
    assert Order.objects.get().billing == {"company": "Dana & Co", "address": "Market 1, Berlin", "vat_id": "de 136 695 976"}


@pytest.mark.parametrize(
    ("typed", "tidy"), [("de 136 695 976", "DE136695976"), ("", ""), ("GB 980 7806 84", "GB980780684"), ("12-3456789", "123456789")]
)
def test_tax_numbers_are_tidied(typed, tidy):
    assert tax_ids.tidy(typed) == tidy


@pytest.mark.parametrize("typed", ["DE136695977", "GB980780685", "X" * 21, "27AAPFU0939F1ZW"])
def test_a_tax_number_that_can_not_be_right_is_refused(typed):
    with pytest.raises(tax_ids.BadTaxId):
        tax_ids.tidy(typed)
