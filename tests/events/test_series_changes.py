"""A price step, discount, code or question of one date, given to later ones or to all; what was sold there stays."""

from datetime import timedelta

import pytest

from events import discounts, promotions, questions, series, series_changes, series_work, terms, tier_steps, waiting_terms
from events.models import Discount, Event, PriceTier, Promotion, Question, TicketType
from operations.audit import audit
from tests import cast
from tests.events.conftest import weekly
from tests.events.test_series import dates, kind_at
from ticketing.lib import clock

pytestmark = pytest.mark.django_db
UNLIMITED = {"max_uses": None, "budget_minor": None, "starts_at": None, "ends_at": None}


@pytest.fixture
def first(hall):
    """A date with two types and nothing else."""
    start = (clock.now() + timedelta(days=10)).replace(second=0, microsecond=0)
    event = cast.event(organiser=hall, starts_at=start, ends_at=start + timedelta(hours=2), time_zone="Europe/Berlin")
    cast.ticket_type(event, name="Seat", price_minor=1500, capacity=50)
    cast.ticket_type(event, name="Child", price_minor=500, capacity=50)
    return event


def told(event, part, was="", scope=series.ALL):
    series.spread_part(event=event, part=part, was=was, scope=scope, by=None, now=clock.now())
    series_work.do_due(now=clock.now())


def step(event, *, tier=None, was="", scope=series.ALL, **fields):
    kind, tier = kind_at(event), tier or PriceTier()
    asked = {"name": "Early", "price_minor": 900, "quantity": 5, "ends_at": event.starts_at - timedelta(days=3), "position": 0} | fields
    saved = tier_steps.save(kind=kind, tier=tier, fields=asked, now=clock.now())
    told(event, saved, was, scope)
    return saved


def ladder(event):
    return [(tier.name, tier.price_minor, tier.quantity) for tier in kind_at(event).tiers.filter(archived_at=None)]


def test_a_new_price_step_comes_to_this_and_later_dates(weeks):
    events = dates(weeks)
    step(events[1], scope=series.LATER)
    assert [ladder(event) for event in events] == [[], *([[("Early", 900, 5)]] * 3)]
    assert [kind_at(event).tiered for event in events] == [False, True, True, True]
    assert kind_at(events[3]).tiers.get().ends_at == events[3].starts_at - timedelta(days=3)
    assert not kind_at(events[3], "Child").tiers.exists()
    cast.ordered(kind_at(events[3]), 2)
    assert kind_at(events[3]).tiers.get().claimed == 2 and not any(finding.violated for finding in audit())


def test_a_changed_step_is_found_by_the_name_it_had_and_keeps_what_was_sold(weeks):
    events = dates(weeks)
    saved = step(events[0])
    cast.ordered(kind_at(events[2]), 3)
    step(events[0], tier=saved, was="Early", name="First come", price_minor=1000, quantity=10)
    assert {tuple(ladder(event)) for event in events} == {(("First come", 1000, 10),)}
    assert [kind_at(event).tiers.get().claimed for event in events] == [0, 0, 3, 0]


def test_a_step_of_fewer_tickets_than_a_date_sold_stays_as_it_is_there(weeks):
    events = dates(weeks)
    saved = step(events[0])
    cast.ordered(kind_at(events[2]), 3)
    step(events[0], tier=saved, was="Early", quantity=2)
    assert [ladder(event)[0][2] for event in events] == [2, 2, 5, 2]
    assert "at 1 it stays" in weeks_outcome(weeks)


def weeks_outcome(weeks):
    from events.models import SeriesWork

    return SeriesWork.objects.filter(series=weeks).latest("id").outcome


def test_a_step_that_begins_to_count_takes_the_place_of_one_that_did_not(weeks):
    events = dates(weeks)
    saved = step(events[0], quantity=None)
    step(events[0], tier=saved, was="Early", quantity=7)
    assert {tuple(ladder(event)) for event in events} == {(("Early", 900, 7),)}
    assert all(kind_at(event).tiers.count() == 2 for event in events)


def test_a_step_that_ends_ends_at_the_others_too(weeks):
    events = dates(weeks)
    saved = step(events[0])
    tier_steps.archive(tier=saved, now=clock.now())
    saved.refresh_from_db()
    told(events[0], saved, "Early")
    assert [ladder(event) for event in events] == [[]] * 4 and not TicketType.objects.filter(tiered=True).exists()


def test_a_discount_is_made_changed_and_ended_at_many_dates(weeks):
    events = dates(weeks)
    fields = {"name": "Group", "from_tickets": 4, "percent": 10, "amount_minor": 0, "starts_at": None, "ends_at": None}
    made = discounts.save(event=events[1], discount=Discount(), fields=fields, kinds=[kind_at(events[1])])
    told(events[1], made, scope=series.LATER)
    assert [event.discounted for event in dates(weeks)] == [False, True, True, True]
    assert events[3].discounts.get().ticket_types.get() == kind_at(events[3])
    changed = fields | {"name": "Friends", "percent": 20}
    discounts.save(event=events[1], discount=made, fields=changed, kinds=[kind_at(events[1]), kind_at(events[1], "Child")])
    told(events[1], made, "Group")
    assert list(Discount.objects.values_list("name", "percent")) == [("Friends", 20)] * 4
    assert events[0].discounts.get().ticket_types.count() == events[3].discounts.get().ticket_types.count() == 2
    discounts.archive(discount=made, now=clock.now())
    made.refresh_from_db()
    told(events[1], made, "Friends")
    assert not Event.objects.filter(discounted=True).exists() and not Discount.objects.filter(archived_at=None).exists()


def test_a_code_keeps_its_uses_and_a_limit_below_them_stays_away(weeks):
    events = dates(weeks)
    made = promotions.save(event=events[0], promotion=Promotion(), fields={"code": "SUN", "percent": 10} | UNLIMITED, kinds=[])
    told(events[0], made)
    Promotion.objects.filter(event=events[2]).update(uses=3)
    promotions.save(event=events[0], promotion=made, fields={"code": "SUN", "percent": 50} | UNLIMITED | {"max_uses": 2}, kinds=[])
    made.refresh_from_db()
    told(events[0], made, "SUN")
    found = Promotion.objects.order_by("event__starts_at").values_list("percent", "max_uses", "uses")
    assert list(found) == [(50, 2, 0), (50, 2, 0), (10, None, 3), (50, 2, 0)]


def test_a_code_that_was_withdrawn_at_a_date_stays_withdrawn(weeks):
    events = dates(weeks)
    gone = promotions.save(event=events[2], promotion=Promotion(), fields={"code": "SUN", "percent": 5} | UNLIMITED, kinds=[])
    promotions.archive(promotion=gone, now=clock.now())
    made = promotions.save(event=events[0], promotion=Promotion(), fields={"code": "SUN", "percent": 10} | UNLIMITED, kinds=[])
    told(events[0], made)
    assert sorted(Promotion.objects.filter(archived_at=None).values_list("event", flat=True)) == [e.pk for e in events if e != events[2]]


def test_what_is_for_a_type_that_a_date_does_not_have_is_not_made_for_all_types_there(weeks):
    events = dates(weeks)
    box = cast.ticket_type(events[0], name="Box", price_minor=9000)
    made = promotions.save(event=events[0], promotion=Promotion(), fields={"code": "BOX", "percent": 10} | UNLIMITED, kinds=[box])
    told(events[0], made)
    assert Promotion.objects.get().event == events[0]


def test_a_question_with_its_condition_comes_to_each_date_and_goes(weeks):
    events = dates(weeks)
    stay = questions.save(event=events[0], question=Question(), fields={"label": "Do you stay?", "kind": "yes_no"}, kinds=[])
    told(events[0], stay)
    waits = {"label": "How long?", "kind": "number", "shown_if": stay, "shown_if_answers": ["yes"]}
    nights = questions.save(event=events[0], question=Question(), fields=waits, kinds=[kind_at(events[0])])
    told(events[0], nights)
    for event in events:
        asked = {question.label: question for question in event.questions.all()}
        assert asked["How long?"].shown_if == asked["Do you stay?"] and asked["How long?"].ticket_types.get() == kind_at(event)
    was = series_changes.name_of(nights)
    questions.save(event=events[0], question=nights, fields=waits | {"label": "How many nights?"}, kinds=[])
    told(events[0], nights, was)
    assert not Question.objects.filter(label="How long?").exists() and not events[3].questions.last().ticket_types.exists()
    questions.archive(question=stay, now=clock.now())
    stay.refresh_from_db()
    told(events[0], stay, stay.label)
    assert not Question.objects.filter(label="Do you stay?", archived_at=None).exists()
    assert not Question.objects.filter(shown_if__isnull=False).exists()


def test_the_rules_for_buyers_and_the_waiting_list_come_to_all_dates(weeks):
    events = dates(weeks)
    terms.save(event=events[0], fields={"transfers": False, "cancel_until_hours": 48})
    waiting_terms.set_terms(event=events[0], offer_hours=6, takes_entries=True, offers_itself=False, now=clock.now())
    for _ in range(2):  # the second time the rows are there
        series.spread_terms(event=events[0], scope=series.ALL, by=None, now=clock.now())
    series.spread_waiting(event=events[0], scope=series.LATER, by=None, now=clock.now())
    series_work.do_due(now=clock.now())
    assert {terms.row_of(event=event).cancel_until_hours for event in events} == {48}
    assert all(event.offer_hours == 6 and event.waiting_paused_at for event in dates(weeks))


def test_the_forms_of_a_date_ask_for_which_dates_and_those_of_an_event_do_not(client, alice, hall, weeks):
    client.force_login(alice)
    alone = cast.event(organiser=hall)
    seat = cast.ticket_type(alone, name="Seat", price_minor=1000)
    first = dates(weeks)[0]
    paths = ["tickets/{}/prices/new/", "discounts/new/", "codes/new/", "questions/new/", "terms/", "waiting/"]
    for path in paths:
        here = client.get(f"/manage/events/{first.slug}/{path.format(kind_at(first).pk)}").content.decode()
        there = client.get(f"/manage/events/{alone.slug}/{path.format(seat.pk)}").content.decode()
        assert "This and all later dates" in here and "This and all later dates" not in there, path
    typed = {"name": "Early", "price": "9", "quantity": "5", "scope": "all"}
    assert client.post(f"/manage/events/{first.slug}/tickets/{kind_at(first).pk}/prices/new/", typed).status_code == 302
    series_work.do_due(now=clock.now())
    assert PriceTier.objects.filter(price_minor=900).count() == 4
    step_there = kind_at(first).tiers.get()
    assert client.post(f"/manage/events/{first.slug}/tickets/{kind_at(first).pk}/prices/{step_there.pk}/archive/", {"scope": "later"})
    series_work.do_due(now=clock.now())
    assert not PriceTier.objects.filter(archived_at=None).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_the_page_of_a_date_that_is_kept_in_the_cache_shows_the_change_at_once(client, settings, first, monkeypatch, guarded):
    """Without the guard (the control) it would show the old price for as long as pages are kept."""
    settings.PAGE_CACHE_ENABLED = True
    made = series.make_series(event=first, rule=weekly(first), by=None, now=clock.now())
    series_work.do_due(now=clock.now())
    last = dates(made)[3]
    for kept in (False, True):
        answer = client.get(last.get_absolute_url())
        assert (answer.headers.get("X-Cache") == "hit") is kept and "€9.00" not in answer.content.decode()
    if not guarded:
        monkeypatch.setattr("events.series_work.changed_dates", lambda slugs: None)
    step(first)
    assert ("€9.00" in client.get(last.get_absolute_url()).content.decode()) is guarded
