"""Every page of the desk takes at most twelve queries, however many types, orders, tickets, codes and jobs there are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registrations.models import Order
from tests import cast
from tests.payments import till
from tests.registrations.test_questions import question
from ticketing.lib import clock
from workspace import exporting, messaging, sealing
from workspace.filters import Filter

pytestmark = pytest.mark.django_db
MOST = 12
PAGES = [
    "",
    "figures/",
    "history/",
    "orders/",
    "orders/?q=gue&state=confirmed&made=online",
    "orders/new/",
    "orders/{code}/",
    "orders/{code}/answers/",
    "questions/",
    "questions/new/",
    "questions/{question}/",
    "attendees/",
    "attendees/?answer={question}:yes",
    "attendees/?q=gue&state=valid&entered=no",
    "exports/",
    "imports/new/",
    "jobs/{job}/",
    "messages/",
    "messages/new/?to=attendees",
    "messages/{message}/",
    "messages/outbox/",
    "payments/",
]


def sell_more(event, by):
    """Another type, with orders, a payment, a job and a message."""
    asked = question(event, "Do you stay?", kind="yes_no")
    kind, paid = cast.ticket_type(event), cast.ticket_type(event, price_minor=1000)
    for number in range(3):
        cast.ordered(kind, 2, email=f"dana{number}@example.com")
    order = cast.ordered(paid, 2)
    till.act(order, "pay")
    now = clock.now()
    job = exporting.ask(event=event, what="attendees", wanted=Filter(), form="csv", by=by, now=now)
    message = messaging.draft(event=event, audience={"to": "buyers"}, by=by, now=now, subject="Doors", body="At seven.")
    return {"code": order.code, "job": job.pk, "message": message.pk, "question": asked.pk}


@pytest.fixture
def desk(client, alice):
    client.force_login(alice)
    return client


def spent(desk, path):
    with CaptureQueriesContext(connection) as queries:
        assert desk.get(path).status_code == 200, path
    return len(queries), "\n".join(query["sql"][:150] for query in queries.captured_queries)


@pytest.fixture
def large(concert, alice):
    for _ in range(4):
        names = sell_more(concert, alice)
    sealing.seal_all(now=clock.now())
    return names


@pytest.mark.parametrize("path", PAGES)
def test_a_page_takes_at_most_twelve_queries(desk, concert, large, path):
    count, statements = spent(desk, f"/manage/events/{concert.slug}/{path.format(**large)}")
    assert count <= MOST, statements


def test_all_events_of_an_organiser_take_at_most_twelve_queries(desk, hall, large):
    for _ in range(5):
        cast.ordered(cast.ticket_type(cast.event(organiser=hall)))
    count, statements = spent(desk, "/manage/")
    assert count <= MOST, statements


def test_a_query_for_each_row_would_be_found(desk, concert, large, monkeypatch):
    """The control: the list without its join asks for the order of each ticket."""
    from workspace import views_lists

    plain = views_lists.Filter.tickets
    monkeypatch.setattr(views_lists.QuerySet, "select_related", lambda rows, *names: rows)
    assert plain is views_lists.Filter.tickets and Order.objects.exists()
    count, _ = spent(desk, f"/manage/events/{concert.slug}/attendees/")
    assert count > MOST
