"""The buyer's way through the pages, with its double clicks, back buttons and late answers."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from registrations.models import Hold, Order, Ticket
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana():
    return Client()


def choose(client, kind, quantity=1, headers=None, **more):
    return client.post(f"/events/{kind.event.slug}/holds/", {f"quantity-{kind.pk}": quantity} | more, headers=headers)


def typed(**more):
    return {"buyer_name": "Dana", "buyer_email": "dana@example.com", "attendee-1-name": "", "attendee-1-email": ""} | more


def run_out(now=None):
    Hold.objects.update(expires_at=(now or clock.now()) - timedelta(seconds=1))


def test_a_free_ticket_from_choice_to_order_page(dana, concert, django_assert_max_num_queries):
    kind = cast.ticket_type(concert)
    cast.ordered(kind)  # the event's key exists, the clock is measured
    with django_assert_max_num_queries(8):
        page = choose(dana, kind, 2).url
    assert "csrftoken" not in dana.cookies
    with django_assert_max_num_queries(3):
        assert dana.get(page).status_code == 200
    with django_assert_max_num_queries(4):
        review = dana.post(page, typed(**{"attendee-2-name": "Eve"})).url
    with django_assert_max_num_queries(3):
        assert b"Get tickets" in dana.get(review).content
    with django_assert_max_num_queries(12):
        order_page = dana.post(page + "order/").url
    with django_assert_max_num_queries(4):
        answer = dana.get(order_page)
    assert answer.content.count(b"<svg xmlns") == 2
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "sessionid" not in dana.cookies
    assert [t.attendee_name for t in Order.objects.latest("pk").tickets.all()] == ["Dana", "Eve"]


def test_where_dana_came_from_stays_with_her_tickets(dana, concert):
    kind = cast.ticket_type(concert)
    page = f"https://testserver/events/{concert.slug}/"
    choose(dana, kind, headers={"Referer": page + "?src=Poster%20in%20Mitte"})
    assert Hold.objects.get().source == "poster-in-mitte"
    choose(dana, kind, 2, headers={"Referer": page})  # she chose anew: the same visit
    choose(Client(), kind, headers={"Referer": page + "?utm_source=letter"})
    choose(Client(), kind)
    assert list(Hold.objects.order_by("pk").values_list("source", flat=True)) == ["poster-in-mitte", "poster-in-mitte", "letter", ""]


def test_a_forged_form_of_another_site_is_refused(dana, concert):
    kind = cast.ticket_type(concert)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        assert dana.post(f"/events/{concert.slug}/holds/", {f"quantity-{kind.pk}": 1}, headers=headers).status_code == 403
    assert not Hold.objects.exists()


def test_a_double_click_is_one_hold_and_a_second_thought_another(dana, concert):
    kind = cast.ticket_type(concert)
    assert choose(dana, kind, 2, attempt="a").url == choose(dana, kind, 2, attempt="a").url
    assert choose(dana, kind, 3, attempt="a").url != choose(dana, kind, 2, attempt="a").url
    assert kind.quotas.get().claimed == 2


def test_invalid_details_are_kept_and_named(dana, concert):
    page = choose(dana, cast.ticket_type(concert)).url
    answer = dana.post(page, typed(buyer_email="dana@", **{"attendee-1-name": "Eve"}))
    assert answer.status_code == 422
    assert b'href="#id_buyer_email"' in answer.content
    again = dana.get(page).content
    assert b'value="dana@"' in again and b'value="Eve"' in again
    assert dana.post(page + "order/").status_code == 422
    assert not Order.objects.exists()


def test_ordering_twice_or_going_back_is_one_order(dana, concert):
    page = choose(dana, cast.ticket_type(concert)).url
    dana.post(page, typed())
    first = dana.post(page + "order/").url
    assert dana.post(page + "order/").url == first
    assert dana.get(page).url == first
    assert dana.get(page + "review/").url == first
    assert (Order.objects.count(), Ticket.objects.count()) == (1, 1)


def test_time_runs_out_while_typing_and_nothing_typed_is_lost(dana, concert):
    kind = cast.ticket_type(concert)
    page = choose(dana, kind, 2).url
    run_out()
    answer = dana.post(page, typed(**{"attendee-1-name": "Eve"}))
    assert answer.status_code == 410
    assert b"ran out" in answer.content
    fresh = dana.post(page + "renewal/").url
    assert fresh != page
    assert dana.post(page + "renewal/").url == fresh
    assert b'value="Eve"' in dana.get(fresh).content
    assert kind.quotas.get().claimed == 2
    assert fresh.encode() in dana.get(page).content


def test_renewing_says_when_somebody_else_has_them(dana, concert):
    kind = cast.ticket_type(concert, capacity=1)
    page = choose(dana, kind).url
    run_out()
    from registrations import expiry

    expiry.expire_holds(now=clock.now())
    other = choose(Client(), kind)
    assert other.status_code == 303
    answer = dana.post(page + "renewal/")
    assert answer.status_code == 409
    assert "in other buyers' holds" in answer.content.decode().replace("&#x27;", "'")


def test_two_tabs_the_older_one_leads_to_the_newer(dana, concert):
    kind = cast.ticket_type(concert)
    old = choose(dana, kind, 1).url
    new = choose(dana, kind, 2).url
    answer = dana.post(old, typed())
    assert answer.status_code == 410
    assert new.encode() in answer.content


def test_held_and_sold_out_are_told_apart_and_the_choice_is_kept(dana, concert):
    kind = cast.ticket_type(concert, capacity=2)
    choose(dana, kind, 2)
    late = choose(Client(), kind, 2)
    assert late.status_code == 409
    assert b"they may come back" in late.content and b'value="2"' in late.content
    quick = Client()
    assert choose(quick, kind, 2).status_code == 409
    other = cast.ticket_type(concert, capacity=1)
    cast.ordered(other)
    gone = choose(Client(), other).content
    assert f"{other.name}: sold out.".encode() in gone


def test_a_refusal_is_remembered_without_touching_the_database_row(concert, django_assert_num_queries):
    kind = cast.ticket_type(concert, capacity=1)
    cast.ordered(kind)
    assert choose(Client(), kind).status_code == 409
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert choose(Client(), kind).status_code == 409
    assert not [q for q in seen if "UPDATE" in q["sql"]]


@pytest.mark.parametrize("quantity", ["x", "-1", "99", ""])
def test_a_senseless_quantity_shows_the_choice_again(dana, concert, quantity):
    assert choose(dana, cast.ticket_type(concert), quantity).status_code == 422


def test_more_time_twice_and_no_more(dana, concert):
    page = choose(dana, cast.ticket_type(concert)).url
    for _ in range(3):
        dana.post(page + "extension/")
    assert Hold.objects.get().extensions == 2
    assert b"Give me more time" not in dana.get(page).content


def test_giving_tickets_back_frees_them(dana, concert):
    kind = cast.ticket_type(concert)
    page = choose(dana, kind, 2).url
    dana.post(page + "release/")
    assert kind.quotas.get().claimed == 0
    assert dana.get(page).status_code == 410


def test_the_limit_of_one_buyer_is_said_at_the_field(dana, hall):
    event = cast.event(organiser=hall, max_per_buyer=2)
    kind = cast.ticket_type(event)
    cast.ordered(kind, 2)
    assert choose(dana, kind, 3).status_code == 422
    page = choose(dana, kind, 1).url
    dana.post(page, typed())
    answer = dana.post(page + "order/")
    assert answer.status_code == 422
    assert b'href="#id_buyer_email">One buyer may have 2 tickets' in answer.content


def test_a_placed_order_that_nobody_pays_runs_out(concert):
    from registrations import expiry

    kind = cast.ticket_type(concert, price_minor=1500)
    order = cast.ordered(kind)
    assert expiry.expire_holds(now=clock.now() + timedelta(hours=1)) == 1
    order.refresh_from_db()
    assert order.expired_at
    assert kind.quotas.get().claimed == 0


def test_csrf_protects_the_order(concert):
    strict = Client(enforce_csrf_checks=True)
    page = choose(strict, cast.ticket_type(concert)).url
    assert strict.post(page, typed()).status_code == 403


def test_unknown_links_are_404(dana, concert):
    order = cast.ordered(cast.ticket_type(concert))
    assert dana.get("/checkout/nothing/").status_code == 404
    assert dana.get(f"/orders/{order.code}/wrong/").status_code == 404
    assert dana.get(f"/orders/NOTHING0/{order.secret}/").status_code == 404
    assert dana.get(order.get_absolute_url()).status_code == 200


def test_a_donation_keeps_its_amount(dana, concert):
    kind = cast.ticket_type(concert, pricing="donation", price_minor=200)
    assert choose(dana, kind, 1, **{f"amount-{kind.pk}": "1.00"}).status_code == 422
    assert choose(dana, kind, 1, **{f"amount-{kind.pk}": "ten"}).status_code == 422
    page = choose(dana, kind, 1, **{f"amount-{kind.pk}": "12.50"}).url
    assert "€12.50" in dana.get(page).content.decode()
    assert reverse("registrations:details", args=[Hold.objects.latest("pk").token]) == page


def test_a_paid_order_leads_to_its_payment(dana, concert):
    page = choose(dana, cast.ticket_type(concert, price_minor=4500)).url
    review = dana.post(page, typed()).url
    assert "Pay €45.00" in dana.get(review).content.decode()
    answer = dana.post(page + "order/")
    order = Order.objects.get()
    assert answer.url == reverse("payments:payment-start", args=[order.code, order.secret])
