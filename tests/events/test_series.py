"""A series: many dates under one set-up, each an event of its own; changed one by one, from a date on, or all."""

from datetime import date, time, timedelta

import pytest

from events import inventory, promotions, publication, repetition, series, series_work, times
from events.models import Category, Discount, Event, EventSeries, PriceTier, Promotion, Question, SeriesWork, TicketType
from operations.audit import audit
from tests import cast
from tests.events.conftest import weekly
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def first(hall):
    """A concert at a whole minute, with a priced and a free type and a code."""
    start = (clock.now() + timedelta(days=10)).replace(second=0, microsecond=0)
    event = cast.event(organiser=hall, starts_at=start, ends_at=start + timedelta(hours=2), time_zone="Europe/Berlin")
    paid = cast.ticket_type(event, name="Seat", price_minor=1500, capacity=50, sale_ends_at=start - timedelta(hours=1))
    room = paid.quotas.get()
    cast.ticket_type(event, name="Child", quota=room)
    fields = {"code": "EARLY", "percent": 10, "max_uses": 5, "budget_minor": None}
    promotions.save(event=event, promotion=Promotion(), fields=fields, kinds=[paid])
    seats = Category.objects.create(event=event, name="Seats")
    TicketType.objects.filter(pk=paid.pk).update(category=seats, tiered=True)
    PriceTier.objects.create(ticket_type=paid, name="Early", price_minor=900, quantity=5, ends_at=start - timedelta(days=3))
    chair = cast.ticket_type(event, name="Cushion", price_minor=200, is_addon=True)
    chair.base_types.set([paid])
    discount = Discount.objects.create(event=event, name="Group", from_tickets=4, percent=10)
    discount.ticket_types.set([paid])
    Event.objects.filter(pk=event.pk).update(discounted=True)
    event.refresh_from_db()
    size = Question.objects.create(event=event, label="Do you need a seat?", kind="yes_no")
    which = Question.objects.create(event=event, label="Which?", shown_if=size, shown_if_answers=["yes"], position=1)
    which.ticket_types.set([paid])
    return event


def dates(of):
    return list(Event.objects.filter(series=of).order_by("starts_at"))


def changed(event, scope, **fields):
    before = series.snapshot(event=event)
    publication.update_event(event=event, fields=fields)
    series.spread_details(event=event, before=before, scope=scope, by=None, now=clock.now())
    series_work.do_due(now=clock.now())


def kind_at(event, name="Seat"):
    return TicketType.objects.get(event=event, name=name)


def test_each_date_is_an_event_of_its_own_with_the_same_set_up(first, weeks):
    events = dates(weeks)
    assert len(events) == 4 and events[0] == first and len({event.slug for event in events}) == 4
    for event in events[1:]:
        assert event.published_at and event.ends_at - event.starts_at == timedelta(hours=2)
        assert [kind.name for kind in event.ticket_types.all()] == ["Seat", "Child", "Cushion"]
        seat, child, cushion = event.ticket_types.all()
        assert seat.quotas.get() == child.quotas.get() != cushion.quotas.get() and seat.quotas.get().capacity == 50
        assert seat.quotas.get().event == event and seat.category.event == event and not child.category
        assert seat.tiered and seat.tiers.get().ends_at == event.starts_at - timedelta(days=3) and not child.tiered
        assert cushion.base_types.get() == seat
        assert event.discounted and event.discounts.get().ticket_types.get() == seat
        assert kind_at(event).sale_ends_at == event.starts_at - timedelta(hours=1)
        assert event.promotions.get().ticket_types.get() == kind_at(event)
        needs, which = event.questions.all()
        assert which.shown_if == needs and which.ticket_types.get() == kind_at(event)
    cast.ordered(kind_at(events[2], "Child"), 3)
    assert [kind_at(event).quotas.get().claimed for event in events] == [0, 0, 3, 0]
    assert not any(finding.violated for finding in audit())


def test_dates_are_made_once_however_often_the_work_is_done(weeks):
    SeriesWork.objects.update(finished_at=None, taken_until=None)
    series_work.do_due(now=clock.now())
    assert len(dates(weeks)) == 4
    assert TicketType.objects.count() == 12 and PriceTier.objects.count() == 4


def test_work_whose_worker_died_is_taken_over(first):
    made = series.make_series(event=first, rule=weekly(first), by=None, now=clock.now())
    now = clock.now()
    SeriesWork.objects.update(taken_until=now + timedelta(minutes=1))
    assert series_work.do_due(now=now) == 0
    assert series_work.do_due(now=now + timedelta(minutes=2)) == 1
    assert len(dates(made)) == 4


def test_more_dates_are_added_and_those_there_stay(first, weeks):
    later = weekly(first, first=first.local_start.date() + timedelta(weeks=2), last=first.local_start.date() + timedelta(weeks=5))
    series.add_rule(series=weeks, rule=later, by=None, now=clock.now())
    series_work.do_due(now=clock.now())
    assert len(dates(weeks)) == 6


def test_one_date_is_edited_and_cancelled_alone(weeks):
    events = dates(weeks)
    publication.update_event(event=events[1], fields={"name": "With a guest"})
    publication.cancel(event=events[2], now=clock.now())
    assert [event.name for event in dates(weeks)].count("With a guest") == 1
    assert [bool(event.cancelled_at) for event in dates(weeks)] == [False, False, True, False]


def test_this_and_later_dates_are_edited(weeks):
    events = dates(weeks)
    changed(events[2], series.LATER, venue_name="The Cellar", summary=events[2].summary)
    assert [event.venue_name for event in dates(weeks)] == ["Town Hall", "Town Hall", "The Cellar", "The Cellar"]
    weeks.refresh_from_db()
    assert weeks.name == events[0].name


def test_all_dates_are_edited_but_not_those_that_are_cancelled_or_over(weeks):
    events = dates(weeks)
    publication.cancel(event=events[3], now=clock.now())
    long_ago = clock.now() - timedelta(days=3)
    Event.objects.filter(pk=events[0].pk).update(starts_at=long_ago, ends_at=long_ago)
    design = events[1].design_version
    changed(events[2], series.ALL, name="New name", city="Potsdam")
    assert [event.city for event in dates(weeks)] == ["Berlin", "Potsdam", "Potsdam", "Berlin"]
    assert Event.objects.get(pk=events[1].pk).design_version == design + 1
    assert EventSeries.objects.get().name == "New name"


def test_another_hour_for_all_is_that_hour_on_the_clock_of_each_date(hall):
    start = times.to_utc(
        clock.now().replace(tzinfo=None, month=10, day=1, hour=20, minute=0, second=0, microsecond=0, year=2027), "Europe/Berlin"
    )
    event = cast.event(organiser=hall, starts_at=start, ends_at=start + timedelta(hours=2))
    cast.ticket_type(event)
    made = series.make_series(event=event, rule=weekly(event, 8), by=None, now=clock.now())
    series_work.do_due(now=clock.now())
    earlier = start - timedelta(minutes=90)
    changed(event, series.ALL, starts_at=earlier, ends_at=earlier + timedelta(hours=3))
    assert {f"{each.local_start:%H:%M}–{each.local_end:%H:%M}" for each in dates(made)} == {"18:30–21:30"}
    assert len({each.starts_at.hour for each in dates(made)}) == 2  # the clocks changed in between
    SeriesWork.objects.update(finished_at=None, taken_until=None)
    series_work.do_due(now=clock.now())
    assert {f"{each.local_start:%H:%M}" for each in dates(made)} == {"18:30"}


@pytest.mark.parametrize(("scope", "prices"), [(series.LATER, [1500, 1500, 1900, 1900]), (series.ALL, [1900] * 4)])
def test_a_ticket_type_is_changed_at_many_dates(weeks, scope, prices):
    events = dates(weeks)
    kind = kind_at(events[2])
    kind.price_minor = 1900
    publication.save_ticket_type(event=events[2], kind=kind, quotas=list(kind.quotas.all()), own_capacity=None)
    series.spread_types(event=events[2], kinds=[kind], scope=scope, by=None, now=clock.now())
    series_work.do_due(now=clock.now())
    assert [kind_at(event).price_minor for event in events] == prices
    assert [kind_at(event, "Child").price_minor for event in events] == [0] * 4
    assert [kind_at(event).sale_ends_at for event in events] == [event.starts_at - timedelta(hours=1) for event in events]


def test_a_new_type_and_capacity_come_to_all_dates_and_an_old_one_goes(weeks):
    events = dates(weeks)
    kind = TicketType(event=events[1], name="Box", price_minor=4000, pricing="fixed")
    publication.save_ticket_type(event=events[1], kind=kind, quotas=[], own_capacity=6)
    old = kind_at(events[1], "Child")
    publication.archive_ticket_type(kind=old, now=clock.now())
    series.spread_types(event=events[1], kinds=[kind, TicketType.objects.get(pk=old.pk)], scope=series.ALL, by=None, now=clock.now())
    series_work.do_due(now=clock.now())
    for event in events:
        assert kind_at(event, "Box").quotas.get().capacity == 6
        assert kind_at(event, "Child").archived_at
    again = kind_at(events[0], "Box")  # and from another date back to the one where it was made first
    again.price_minor = 4500
    publication.save_ticket_type(event=events[0], kind=again, quotas=list(again.quotas.all()), own_capacity=None)
    series.spread_types(event=events[0], kinds=[again], scope=series.ALL, by=None, now=clock.now())
    series_work.do_due(now=clock.now())
    assert {kind_at(event, "Box").price_minor for event in events} == {4500}
    assert TicketType.objects.filter(name="Box").count() == 4


def test_a_capacity_below_what_a_date_sold_stays_as_it_is_there(weeks):
    events = dates(weeks)
    cast.ordered(kind_at(events[3], "Child"), 9)
    kind = kind_at(events[0])
    inventory.set_capacity(quota=kind.quotas.get(), capacity=5)
    series.spread_types(event=events[0], kinds=[kind], scope=series.ALL, by=None, now=clock.now())
    series_work.do_due(now=clock.now())
    assert [kind_at(event).quotas.get().capacity for event in events] == [5, 5, 5, 50]
    assert "1 capacities stay" in SeriesWork.objects.latest("id").outcome


def test_publication_is_for_all_dates(hall):
    event = cast.event(organiser=hall, published=False)
    cast.ticket_type(event)
    made = series.make_series(event=event, rule=weekly(event), by=None, now=clock.now())
    series_work.do_due(now=clock.now())
    assert not Event.objects.public().exists()
    series.publish(series=made, by=None, now=clock.now())
    series_work.do_due(now=clock.now())
    assert Event.objects.public().count() == 5  # the concert starts between two minutes, so it is a date beside the rule's
    series.unpublish(series=made, by=None, now=clock.now())
    series_work.do_due(now=clock.now())
    assert not Event.objects.public().exists()


def test_what_can_not_be_repeated_is_refused(first, weeks):
    with pytest.raises(series.NotForSeries):
        series.make_series(event=first, rule=weekly(first), by=None, now=clock.now())
    hourly = weekly(first, frequency="day", last=date(2047, 1, 1), at=[time(hour) for hour in range(24)])
    with pytest.raises(repetition.TooManyDates):
        series.add_rule(series=weeks, rule=hourly, by=None, now=clock.now())


def test_a_copy_of_a_date_belongs_to_no_series(weeks):
    assert publication.copy_event(event=dates(weeks)[1]).series_id is None
