"""What a type counts against can't be changed while tickets are claimed: they are given back to what it counts against then."""

import pytest

from events import publication
from events.inventory import NothingToRelease
from events.models import Quota, TicketType
from registrations import cancellation
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold(concert):
    kind = cast.ticket_type(concert)
    return kind, cast.ordered(kind, 2), Quota.objects.create(event=concert, name="Another room", capacity=10)


def save(kind, quotas):
    publication.save_ticket_type(event=kind.event, kind=kind, quotas=quotas, own_capacity=None)


@pytest.mark.parametrize("wanted", ["another", "both", "none"])
def test_other_capacities_are_refused_once_something_is_sold(sold, wanted):
    kind, _, another = sold
    with pytest.raises(publication.CapacitiesInUse, match="make another type"):
        save(kind, {"another": [another], "both": [another, kind.quotas.get()], "none": []}[wanted])
    assert TicketType.objects.get().quotas.get().claimed == 2


def test_all_else_may_be_changed_and_the_same_capacities_given(sold):
    kind, order, _ = sold
    kind.name = "Renamed"
    save(kind, [kind.quotas.get()])
    assert cancellation.cancel_order(order=order, now=clock.now())
    assert kind.quotas.get().claimed == 0
    save(kind, [sold[2]])  # nothing is claimed any more


def test_control_without_the_guard_an_order_could_not_be_cancelled(sold, monkeypatch):
    kind, order, another = sold
    monkeypatch.setattr(publication, "_keep_what_is_claimed", lambda kind, wanted: None)
    save(kind, [another])
    with pytest.raises(NothingToRelease):
        cancellation.cancel_order(order=order, now=clock.now())


def test_the_page_says_why(client, alice, sold):
    kind, _, another = sold
    client.force_login(alice)
    typed = {"name": kind.name, "pricing": "free", "quotas": [another.pk], "min_per_order": 1, "max_per_order": 10, "position": 0}
    page = client.post(f"/manage/events/{kind.event.slug}/tickets/{kind.pk}/", typed)
    assert page.status_code == 422 and "make another type" in page.content.decode()
