"""F26: capacity lowered below what is sold and held. Refused, also while buyers buy; I1 holds throughout.

There is no overbooking: whoever has room for more raises the capacity, which the trail keeps with who did it."""

import pytest

from events import inventory, publication
from events.models import Quota, TicketType
from registrations import checkout
from registrations.models import Hold
from tests import cast
from tests.races.rush import at_once, violated, without_constraint
from ticketing.lib import clock
from trail.models import Change

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def seat(concert):
    return cast.ticket_type(concert, capacity=10)


def buying(seat, quantity=1):
    def hold():
        fresh = TicketType.objects.select_related("event").get(pk=seat.pk)
        return checkout.hold(event=fresh.event, picks=[checkout.Pick(ticket_type=fresh, quantity=quantity)], now=clock.now())

    return hold


def lowering(quota, capacity):
    return lambda: inventory.set_capacity(quota=Quota.objects.get(pk=quota.pk), capacity=capacity)


def test_it_is_refused_at_the_field_with_a_way_out(client, alice, concert, seat):
    cast.ordered(seat, 3)
    cast.held(seat, 2)
    quota = seat.quotas.get()
    client.force_login(alice)
    path = f"/manage/events/{concert.slug}/quotas/{quota.pk}/"
    answer = client.post(path, {"name": quota.name, "capacity": "4"})
    assert answer.status_code == 422 and "5 are sold or held" in answer.text
    quota.refresh_from_db()
    assert (quota.capacity, quota.claimed) == (10, 5)
    assert client.post(path, {"name": quota.name, "capacity": "5"}).status_code == 302
    quota.refresh_from_db()
    assert quota.capacity == 5 and violated() == {}


def test_the_type_page_refuses_it_too(client, alice, concert):
    client.force_login(alice)
    form = {"name": "Seat", "pricing": "free", "capacity": "10", "min_per_order": "1", "max_per_order": "5"}
    client.post(f"/manage/events/{concert.slug}/tickets/new/", form)
    seat = TicketType.objects.select_related("event").get(name="Seat")
    cast.ordered(seat, 3)
    answer = client.post(f"/manage/events/{concert.slug}/tickets/{seat.pk}/", form | {"capacity": "2"})
    assert answer.status_code == 422 and "3 are sold or held" in answer.text


def test_more_room_is_on_sale_at_once_and_on_the_trail(concert, seat):
    quota = seat.quotas.get()
    cast.held(seat, 10)
    with pytest.raises(inventory.SoldOut):
        cast.held(seat)
    publication.save_quota(event=concert, quota=quota, capacity=12)
    cast.held(seat, 2)
    assert Change.objects.get(act="capacity_changed").changed == {"capacity": [10, 12]} and violated() == {}


def test_while_buyers_buy_either_the_sale_or_the_lower_capacity_wins(concert):
    for capacity in (0, 1, 2, 3, 2, 1):
        seat = cast.ticket_type(concert, capacity=4)
        quota = seat.quotas.get()
        answers = at_once([buying(seat), lowering(quota, capacity), buying(seat), buying(seat, 2), lowering(quota, capacity)])
        quota.refresh_from_db()
        held = sum(line.quantity for each in answers if isinstance(each, Hold) for line in each.lines.all())
        assert held == quota.claimed <= quota.capacity
        refused = [each for each in answers[1::3] if isinstance(each, inventory.BelowClaimed)]
        assert quota.capacity == (4 if len(refused) == 2 else capacity)
    assert violated() == {}


def test_control_a_capacity_that_is_compared_first_and_written_then_is_undercut(concert, seat, monkeypatch):
    quota = seat.quotas.get()
    before = Quota.objects.get(pk=quota.pk)
    with without_constraint(Quota, "quota_never_oversold"):
        at_once([buying(seat, 5)])  # between the organiser's look and the write
        assert before.claimed <= 2
        Quota.objects.filter(pk=quota.pk).update(capacity=2)
        assert "I1" in violated()
