"""When the dates of a series are: rules on the clock at the venue, over both changes of the clocks."""

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest

from events import repetition
from events.repetition import Rule, planned

BERLIN = "Europe/Berlin"


def rule(**fields):
    return Rule(**({"frequency": "week", "first": date(2027, 3, 1), "last": date(2027, 4, 11), "at": [time(19, 30)]} | fields))


def local(plan, zone=BERLIN):
    return [f"{moment.astimezone(ZoneInfo(zone)):%a %d.%m. %H:%M}" for moment in plan.moments]


def test_weekdays_at_several_times_but_not_on_exceptions():
    plan = planned(rules=[rule(weekdays=[4, 5], at=[time(15), time(20)], last=date(2027, 3, 14), without=[date(2027, 3, 6)])], zone=BERLIN)
    assert local(plan) == [
        "Fri 05.03. 15:00", "Fri 05.03. 20:00", "Fri 12.03. 15:00", "Fri 12.03. 20:00", "Sat 13.03. 15:00", "Sat 13.03. 20:00",
    ]  # fmt: skip


def test_every_other_day():
    plan = planned(rules=[rule(frequency="day", every=2, last=date(2027, 3, 6), weekdays=[1])], zone=BERLIN)
    assert [moment.day for moment in plan.moments] == [1, 3, 5]


def test_half_past_seven_stays_half_past_seven_when_the_clocks_change():
    plan = planned(rules=[rule(weekdays=[5])], zone=BERLIN)
    assert {text[-5:] for text in local(plan)} == {"19:30"}
    assert {moment.hour for moment in plan.moments} == {18, 17}


def test_an_hour_that_the_clocks_jump_over_is_left_out_and_told():
    plan = planned(rules=[rule(frequency="day", first=date(2027, 3, 27), last=date(2027, 3, 29), at=[time(2, 30)])], zone=BERLIN)
    assert len(plan.moments) == 2 and [f"{each:%d.%m.}" for each in plan.skipped] == ["28.03."]


def test_rules_together_give_each_date_once():
    assert len(planned(rules=[rule(weekdays=[4]), rule(weekdays=[4, 5])], zone=BERLIN).moments) == 12


def test_a_rule_is_the_same_after_it_was_kept():
    one = rule(weekdays=[0, 6], every=2, without=[date(2027, 3, 7)], at=[time(9), time(21, 15)])
    assert Rule.from_json(one.as_json()) == one
    assert one.sentence == ("Every 2 weeks on Monday and Sunday at 09:00 and 21:15, from 1 March 2027 to 11 April 2027, but not on 1 day")


def test_too_many_dates_are_refused():
    with pytest.raises(repetition.TooManyDates):
        planned(rules=[rule(frequency="day", last=date(2046, 1, 1), at=[time(hour) for hour in range(24)])], zone=BERLIN)
