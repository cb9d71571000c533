"""What an event still lacks before it is published, said so that the organiser can mend it."""

import pytest

from events import publication
from events.models import TicketType
from tests import cast
from ticketing.lib import clock
from workspace.checklist import checklist

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(hall):
    return cast.event(organiser=hall, published=False)


def missing(event):
    return publication.missing_for_publication(event=event, now=clock.now())


def advised(event, label):
    return [check.done for check in checklist(event=event, now=clock.now()) if check.label.startswith(label)]


def test_a_type_without_capacity_is_named(draft):
    cast.ticket_type(draft)
    TicketType.objects.create(event=draft, name="Balcony", pricing="free")
    assert missing(draft) == ["The ticket type Balcony has no capacity: give it one, or archive it."]


def test_addons_alone_are_nothing_to_sell(draft):
    cast.ticket_type(draft, is_addon=True)
    assert missing(draft) == ["Add a ticket type with capacity that is no add-on."]


def test_an_addon_of_types_that_are_not_sold_is_named(draft):
    seat, gone = cast.ticket_type(draft), cast.ticket_type(draft, archived_at=clock.now())
    cup = cast.ticket_type(draft, name="Cup", is_addon=True)
    assert missing(draft) == []
    cup.base_types.add(gone)
    assert missing(draft) == ["The ticket type Cup is an add-on of types that are not sold: choose others."]
    cup.base_types.add(seat)
    assert missing(draft) == []


def test_prices_that_fall_are_pointed_out(draft):
    seat = cast.ticket_type(draft, price_minor=2000)
    assert advised(draft, "Price steps") == []
    cast.tier(seat, 1500, quantity=5)
    assert advised(draft, "Price steps") == [True]
    cast.tier(seat, 1000, quantity=5)
    assert advised(draft, "Price steps") == [False]
