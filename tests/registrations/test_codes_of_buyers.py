"""Promo codes, access codes and vouchers: what they take off, what they open, and that no limit is exceeded."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events import promotions, publication
from events.models import Promotion
from operations.audit import audit
from registrations import cancellation, checkout, expiry
from registrations.models import Hold, Order
from tests import cast
from ticketing.lib import clock
from workspace.filters import Filter
from workspace.sheets import SHEETS

pytestmark = pytest.mark.django_db
UNLIMITED = {"max_uses": None, "budget_minor": None, "starts_at": None, "ends_at": None}


def promo(event, code="SUMMER", kinds=(), **fields):
    return promotions.save(event=event, promotion=Promotion(), fields={"code": code} | UNLIMITED | fields, kinds=kinds)


def counted(promotion):
    promotion.refresh_from_db()
    return promotion.uses, promotion.given_minor


@pytest.fixture
def seat(concert):
    return cast.ticket_type(concert, price_minor=1999)


@pytest.fixture(autouse=True)
def clean(db):
    """Every test ends in a world whose uses are its holds and orders."""
    yield
    assert [finding.violated for finding in audit() if finding.invariant.name in ("I1", "I5") and finding.violated] == []


def post(client, event, kind, quantity=1, **fields):
    return client.post(f"/events/{event.slug}/holds/", {f"quantity-{kind.pk}": quantity} | fields)


def test_a_percentage_is_rounded_half_up_for_each_ticket(concert, seat):
    promo(concert, percent=50)
    hold = cast.held(seat, 3, code="summer")
    assert [(line.price_minor, line.discount_minor) for line in hold.lines.all()] == [(999, 1000)]


def test_an_amount_takes_off_no_more_than_the_price(concert, seat):
    promotion = promo(concert, amount_minor=5000)
    order = checkout.place_order(hold=cast.held(seat, 2, code="SUMMER"), now=clock.now())
    assert (order.total_minor, order.confirmed_at is None, order.promotion_id) == (0, False, promotion.pk)
    assert counted(promotion) == (1, 3998)


def test_the_total_shows_it_from_the_first_screen_on(client, concert, seat):
    promo(concert, percent=20)
    page = client.get(f"/events/{concert.slug}/code/", {"code": " sum mer ", f"quantity-{seat.pk}": "2"})
    assert page.status_code == 200
    assert "€15.99" in page.text and 'value="2"' in page.text and "20 % off" in page.text
    details = client.post(f"/events/{concert.slug}/holds/", {f"quantity-{seat.pk}": 2, "code": "summer"}, follow=True)
    assert "€31.98" in details.text


def test_a_link_with_a_code_leads_to_its_prices(client, concert, seat):
    promo(concert, percent=20)
    page = client.get(f"/events/{concert.slug}/?code=summer", follow=True)
    assert page.redirect_chain and "€15.99" in page.text


def test_the_public_page_asks_for_a_code_only_where_there_is_one(client, hall, concert, seat):
    without = cast.event(organiser=hall)
    cast.ticket_type(without)
    assert 'name="code"' not in client.get(without.get_absolute_url()).text
    promo(concert, percent=20)
    first, second = client.get(concert.get_absolute_url()), client.get(concert.get_absolute_url())
    assert 'name="code"' in first.text and first.content == second.content and "SUMMER" not in first.text


def test_a_wrong_code_says_so_and_keeps_what_was_typed(client, concert, seat):
    promo(concert, "SECRET", percent=20)
    answer = post(client, concert, seat, 2, code="secre")
    assert answer.status_code == 422
    assert "not known" in answer.text and "SECRET" not in answer.text
    assert 'value="SECRE"' in answer.text and 'value="2"' in answer.text and 'href="#code"' in answer.text
    assert not Hold.objects.exists()


def test_a_code_of_another_event_is_not_known_here(hall, concert, seat):
    promo(cast.event(organiser=hall), percent=20)
    with pytest.raises(checkout.Refused, match="not known"):
        cast.held(seat, code="SUMMER")


@pytest.mark.parametrize("window", [{"starts_at": timedelta(hours=1)}, {"ends_at": timedelta(0)}])
def test_outside_its_time_it_is_refused(concert, seat, window):
    now = clock.now()
    promo(concert, percent=20, **{name: now + off for name, off in window.items()})
    with pytest.raises(checkout.Refused) as refused:
        cast.held(seat, now=now, code="SUMMER")
    assert refused.value.code == "bad_code"


def test_it_is_for_the_chosen_types_only(concert, seat):
    other = cast.ticket_type(concert, price_minor=1000)
    promo(concert, percent=50, kinds=[other])
    with pytest.raises(checkout.Refused) as refused:
        cast.held(seat, code="SUMMER")
    assert refused.value.code == "code_for_others"


def test_a_hidden_type_is_sold_only_with_the_code_that_unlocks_it(client, concert, seat):
    press = cast.ticket_type(concert, hidden=True, name="Press bench")
    promo(concert, "SUMMER", percent=20)
    promo(concert, "PRESS", unlocks_hidden=True, kinds=[press])
    for code in ("", "SUMMER"):
        assert "Press bench" not in post(client, concert, press, code=code).text
    assert not Hold.objects.exists()
    assert "Press bench" in client.get(f"/events/{concert.slug}/code/?code=press").text
    assert post(client, concert, press, code="press").status_code == 303


def test_a_voucher_is_used_once_and_comes_back_with_the_hold(concert, seat):
    voucher, now = promo(concert, percent=100, max_uses=1), clock.now()
    hold = cast.held(seat, now=now, code="SUMMER")
    with pytest.raises(checkout.Refused) as refused:
        cast.held(seat, now=now, code="SUMMER")
    assert refused.value.code == "code_used_up" and counted(voucher) == (1, 1999)
    checkout.release_hold(hold=hold, now=now)
    assert counted(voucher) == (0, 0)
    cast.held(seat, now=now, code="SUMMER")
    expiry.expire_holds(now=now + timedelta(hours=2))
    assert counted(voucher) == (0, 0)


def test_it_comes_back_with_a_cancelled_order_once(concert, seat):
    voucher, now = promo(concert, percent=100, max_uses=1), clock.now()
    order = checkout.place_order(hold=cast.held(seat, now=now, code="SUMMER"), now=now)
    assert cancellation.cancel_order(order=order, now=now) and not cancellation.cancel_order(order=order, now=now)
    assert counted(voucher) == (0, 0)


def test_changing_the_choice_keeps_the_buyers_own_voucher(concert, seat):
    voucher = promo(concert, percent=100, max_uses=1)
    first = cast.held(seat, code="SUMMER")
    cast.held(seat, 2, code="SUMMER", replacing=first.token)
    assert counted(voucher) == (1, 3998)


def test_the_budget_is_not_exceeded(concert, seat):
    promotion = promo(concert, amount_minor=1000, budget_minor=2500)
    cast.held(seat, 2, code="SUMMER")
    with pytest.raises(checkout.Refused):
        cast.held(seat, code="SUMMER")
    assert counted(promotion) == (1, 2000)


def test_money_that_comes_late_takes_its_use_again_or_is_given_back(concert, seat):
    voucher, now = promo(concert, percent=50, max_uses=1), clock.now()
    order = checkout.place_order(hold=cast.held(seat, now=now, code="SUMMER"), now=now)
    later = now + timedelta(hours=2)
    expiry.expire_holds(now=later)
    rival = cast.held(seat, now=later, code="SUMMER", email="charlie@example.com")
    assert not checkout.confirm_order(order=order, now=later)
    checkout.release_hold(hold=rival, now=later)
    assert checkout.confirm_order(order=order, now=later) and counted(voucher) == (1, 1000)
    Order.objects.filter(pk=order.pk).update(hold=None)  # no payment here; I3 is not this test's


def test_without_a_code_a_hold_costs_no_statement_more(concert, seat):
    def statements(**options):
        with CaptureQueriesContext(connection) as seen:
            checkout.hold(event=concert, picks=[checkout.Pick(ticket_type=seat, quantity=1)], now=clock.now(), **options)
        return [query["sql"] for query in seen if "SAVEPOINT" not in query["sql"]]

    promo(concert, percent=20)
    cast.held(seat)
    plain, with_code = statements(), statements(code="SUMMER")
    assert not [sql for sql in plain if "events_promotion" in sql]
    assert len(with_code) == len(plain) + 2


def test_a_limit_below_what_is_used_is_refused_at_the_field(client, alice, concert, seat):
    promotion = promo(concert, amount_minor=1000)
    for _ in range(2):
        cast.held(seat, code="SUMMER")
    client.force_login(alice)
    path = f"/manage/events/{concert.slug}/codes/{promotion.pk}/"
    form = {"code": "SUMMER", "amount": "10"}
    answer = client.post(path, form | {"max_uses": "1"})
    assert answer.status_code == 422 and "2 are used already" in answer.text
    answer = client.post(path, form | {"budget": "19.99"})
    assert answer.status_code == 422 and "larger budget" in answer.text
    assert client.post(path, form | {"max_uses": "2", "budget": "20"}).status_code == 302


def test_the_organiser_makes_lists_and_withdraws_codes_and_nobody_else(client, alice, charlie, concert, seat):
    base = f"/manage/events/{concert.slug}/codes/"
    client.force_login(charlie)
    assert client.get(base).status_code == 404
    client.force_login(alice)
    assert client.post(base + "new/", {"code": "early bird", "percent": "10"}).status_code == 302
    assert "EARLYBIRD" in client.get(base).text
    assert client.post(base + "new/", {"code": "earlybird", "percent": "10"}).status_code == 422
    assert client.post(base + "new/", {"code": "nothing"}).status_code == 422
    client.post(f"{base}{Promotion.objects.get().pk}/archive/")
    with pytest.raises(checkout.Refused):
        cast.held(seat, code="EARLYBIRD")


def test_a_copy_of_the_event_has_the_codes_unused(concert, seat):
    promo(concert, percent=20, max_uses=5, kinds=[seat])
    cast.held(seat, code="SUMMER")
    copied = publication.copy_event(event=concert).promotions.get()
    assert (copied.code, copied.uses, copied.max_uses) == ("SUMMER", 0, 5)
    assert [kind.event_id for kind in copied.ticket_types.all()] == [copied.event_id]


def test_the_code_is_named_to_the_buyer_to_the_organiser_and_in_exports(client, alice, concert, seat):
    promo(concert, percent=100)
    order = checkout.place_order(hold=cast.held(seat, code="SUMMER"), now=clock.now())
    assert "with the code SUMMER" in client.get(order.get_absolute_url()).text
    client.force_login(alice)
    assert "<dt>Code</dt><dd>SUMMER" in client.get(f"/manage/events/{concert.slug}/orders/{order.code}/").text
    head, rows = SHEETS["orders"].table(event=concert, wanted=Filter())
    assert next(rows)[head.index("Code")] == "SUMMER"


def test_control_the_audit_finds_a_use_that_nobody_has(concert, seat):
    promotion = promo(concert, percent=20)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_promotion SET uses = uses + 1")
    with pytest.raises(SystemExit):
        call_command("audit")
    Promotion.objects.filter(pk=promotion.pk).delete()
