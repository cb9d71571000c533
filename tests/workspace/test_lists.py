"""The organiser's lists: search by the index, pages by key, exports without formulas; not yours is 404."""

import pytest
from django.db import connection
from django.test import Client

from registrations import search
from registrations.models import Order, Ticket
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(alice):
    client = Client()
    client.force_login(alice)
    return client


@pytest.mark.parametrize("page", ["orders/", "attendees/", "orders.csv", "attendees.csv", "orders/{code}/"])
def test_another_organisers_lists_are_404(concert, charlie, desk, page, django_assert_max_num_queries):
    order = cast.ordered(cast.ticket_type(concert), 2)
    url = f"/manage/events/{concert.slug}/{page.format(code=order.code)}"
    stranger = Client()
    stranger.force_login(charlie)
    assert stranger.get(url).status_code == 404
    with django_assert_max_num_queries(12):
        answer = desk.get(url)
    assert answer.status_code == 200


def test_search_finds_prefixes_of_names_addresses_and_codes(desk, concert):
    kind = cast.ticket_type(concert)
    order = cast.ordered(kind, email="dana.smith@example.com")
    other = cast.ordered(kind, email="zoe@elsewhere.org")
    Order.objects.filter(pk=other.pk).update(buyer_name="Zoë O'Brien")
    for text in ("dan", "dana.smith@exa", order.code, order.code.lower()):
        page = desk.get(f"/manage/events/{concert.slug}/orders/", {"q": text}).content.decode()
        assert order.code in page and other.code not in page, text
    for text in ("o'br", "zoë"):
        assert other.code in desk.get(f"/manage/events/{concert.slug}/orders/", {"q": text}).content.decode()
    assert "Guest 1" in desk.get(f"/manage/events/{concert.slug}/attendees/", {"q": "gue"}).content.decode()
    for text in ("'", "\\", "& | !", ":*", "x\x00y", "('", "@'"):
        assert desk.get(f"/manage/events/{concert.slug}/orders/", {"q": text}).status_code == 200


@pytest.mark.parametrize(
    ("rows", "find", "index"), [(Order, search.search_orders, "order_search"), (Ticket, search.search_tickets, "ticket_search")]
)
def test_search_can_use_its_index(concert, rows, find, index):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert index in find(rows.objects.all(), text="dana smith").explain()


def test_pages_show_each_order_once(desk, concert, monkeypatch):
    monkeypatch.setattr("workspace.views_lists.PAGE", 2)
    kind = cast.ticket_type(concert)
    codes = {cast.ordered(kind).code for _ in range(5)}
    url, seen = f"/manage/events/{concert.slug}/orders/", []
    after = ""
    while True:
        answer = desk.get(url + after)
        seen += [order.code for order in answer.context["orders"]]
        if not answer.context["more"]:
            break
        after = "?" + answer.context["more"]
    assert len(seen) == 5 and set(seen) == codes


def test_exports_run_no_formula(desk, concert):
    order = cast.ordered(cast.ticket_type(concert))
    Order.objects.filter(pk=order.pk).update(buyer_name="=cmd|' /C calc'!A0")
    text = b"".join(desk.get(f"/manage/events/{concert.slug}/orders.csv").streaming_content).decode()
    assert ",'=cmd" in text or "\"'=cmd" in text
    assert ",=cmd" not in text


def test_an_order_is_cancelled_by_managers_only(desk, concert, bob):
    order = cast.ordered(cast.ticket_type(concert))
    url = f"/manage/events/{concert.slug}/orders/{order.code}/cancellation/"
    gate = Client()
    gate.force_login(bob)
    assert gate.post(url).status_code == 404
    order.refresh_from_db()
    assert order.cancelled_at is None
    assert desk.post(url).status_code == 303
    order.refresh_from_db()
    assert order.cancelled_at
