"""Every page of the desk takes at most twelve queries, however many types, orders, tickets, codes and jobs there are.

The pages are those that the product has addresses for (bench/organiser_pages.py), so a new one is looked at here and
measured by `bench workspace` without being written down anywhere."""

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import path

from bench import one_of_each, organiser_pages
from registrations.models import Order
from tests import cast
from tests.payments import till
from tests.registrations.test_questions import question
from ticketing.lib import clock
from workspace import exporting, messaging, sealing
from workspace.filters import Filter

pytestmark = pytest.mark.django_db
MOST = 12
FILTERED = [
    "orders/?q=gue&state=confirmed&made=online",
    "attendees/?q=gue&state=valid&entered=no",
    "attendees/?answer={questions}:yes",
    "orders/?answer={questions}:yes",
    "messages/new/?to=attendees",
    "waiting/?state=ended",
]


def sell_more(event, by):
    """Another type, with orders, a payment, a job and a message."""
    question(event, "Do you stay?", kind="yes_no")
    kind, paid = cast.ticket_type(event), cast.ticket_type(event, price_minor=1000)
    for number in range(3):
        cast.ordered(kind, 2, email=f"dana{number}@example.com")
    till.act(cast.ordered(paid, 2), "pay")
    now = clock.now()
    exporting.ask(event=event, what="attendees", wanted=Filter(), form="csv", by=by, now=now)
    messaging.draft(event=event, audience={"to": "buyers"}, by=by, now=now, subject="Doors", body="At seven.")


@pytest.fixture
def desk(client, alice):
    client.force_login(alice)
    return client


@pytest.fixture
def things(concert, alice):
    """Much of everything, and one of each to look at."""
    for _ in range(4):
        sell_more(concert, alice)
    sealing.seal_all(now=clock.now())
    return one_of_each.of(concert, by=alice)


def spent(desk, path):
    with CaptureQueriesContext(connection) as queries:
        answer = desk.get(path)
    return answer, len(queries), "\n".join(query["sql"][:150] for query in queries.captured_queries)


def test_every_page_takes_at_most_twelve_queries(desk, concert, hall, things):
    for _ in range(5):
        cast.ordered(cast.ticket_type(cast.event(organiser=hall)))
    routes = organiser_pages.routes()
    paths = {name: organiser_pages.address(route, things=things) for name, route in routes.items()}
    paths |= {each: f"/manage/events/{concert.slug}/{each.format(**things)}" for each in FILTERED}
    pages, troubles = [], []
    for name, where in paths.items():
        answer, count, statements = spent(desk, where)
        pages += [name] * (answer.status_code == 200)
        if answer.status_code not in (200, 302, 405):
            troubles.append(f"{name} answers {answer.status_code}")
        if count > MOST:
            troubles.append(f"{name}: {count} queries\n{statements}")
    assert not troubles, "\n\n".join(troubles)
    assert len(pages) > 50, pages


def test_a_page_whose_address_names_something_new_is_not_forgotten(monkeypatch, things):
    """The control: nobody can add a page that is neither looked at here nor measured."""
    import ticketing.urls

    page = path("manage/events/<slug:slug>/seats/<int:pk>/", lambda request, slug, pk: HttpResponse(), name="seat")
    monkeypatch.setattr(organiser_pages, "get_resolver", lambda: page_of([*ticketing.urls.urlpatterns, page]))
    with pytest.raises(organiser_pages.Unknown, match="seats"):
        [organiser_pages.address(route, things=things) for route in organiser_pages.routes().values()]


def page_of(patterns):
    from django.urls.resolvers import RegexPattern, URLResolver

    return URLResolver(RegexPattern(r"^/"), patterns)


def test_a_query_for_each_row_would_be_found(desk, concert, things, monkeypatch):
    """The control: the list without its join asks for the order of each ticket."""
    from workspace import views_lists

    plain = views_lists.Filter.tickets
    monkeypatch.setattr(views_lists.QuerySet, "select_related", lambda rows, *names: rows)
    assert plain is views_lists.Filter.tickets and Order.objects.exists()
    _, count, _ = spent(desk, f"/manage/events/{concert.slug}/attendees/")
    assert count > MOST
