"""Check-in lists' rules agree with the published vectors, which the scanner's script follows too."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scanning import rules
from scanning.models import Verdict
from tests.scanning import rule_vectors

BY_NAME = [pytest.param(vector, id=vector["name"]) for vector in rule_vectors.VECTORS]


@pytest.mark.parametrize("vector", BY_NAME)
def test_the_rule_judges_as_written_by_hand(vector):
    said = [step["verdict"] for step in rule_vectors.followed(vector)["steps"]]
    assert said == [step["verdict"] for step in vector["steps"]]


def test_the_published_file_is_up_to_date():
    assert rule_vectors.FILE.read_text() == rule_vectors.as_text(), "run: python -m tests.scanning.rule_vectors"


def test_the_vectors_show_every_verdict_of_a_rule():
    steps = [step for vector in json.loads(rule_vectors.FILE.read_text())["vectors"] for step in vector["steps"]]
    assert {step["verdict"] for step in steps} == {"admitted", "already_admitted", "wrong_list", "wrong_time", "exited", "not_inside"}


@pytest.mark.parametrize(
    ("guard", "broken"),
    [
        ("the venue's clock", lambda rule, *, at, zone: (at.date() - rules.FIRST_DAY).days if rule.per_day else 0),
        ("wall clock, not 24 hours", lambda rule, *, at, zone: ((at - rule.day_starts).astimezone(zone).date() - rules.FIRST_DAY).days if rule.per_day else 0),
    ],
)  # fmt: skip
def test_control_a_day_reckoned_wrongly_is_noticed(guard, broken, monkeypatch):
    monkeypatch.setattr(rules.Rule, "period", broken)
    wrong = [vector["name"] for vector in rule_vectors.VECTORS if rule_vectors.followed(vector)["steps"] != _written(vector)]
    assert wrong, guard


def _written(vector):
    """The published steps."""
    published = json.loads(rule_vectors.FILE.read_text())["vectors"]
    return next(each["steps"] for each in published if each["name"] == vector["name"])


def test_a_rule_is_written_and_read_back_the_same():
    window = rules.Window(opens_at=datetime(2027, 6, 12, 16, tzinfo=UTC), types=frozenset({1}))
    rule = rules.Rule(per_day=True, entries=None, exits=True, day_starts=timedelta(hours=5, minutes=30), windows=(window,))
    assert rules.parse(json.loads(json.dumps(rules.written(rule)))) == rule
    assert rules.parse({}) == rules.ONCE


@pytest.mark.parametrize(
    "nonsense",
    [
        {"per": "week"},
        {"entries": 0},
        {"entries": 251},
        {"entries": True},
        {"entries": "2"},
        {"day_starts": "24:00"},
        {"day_starts": "noon"},
        {"windows": [{"from": "tomorrow"}]},
        {"windows": [{"from": "2027-06-12T18:00:00Z", "until": "2027-06-12T18:00:00Z"}]},
        {"windows": 5},
    ],
)
def test_a_rule_that_says_nothing_is_refused(nonsense):
    with pytest.raises(rules.BadRule):
        rules.parse(nonsense)


def test_an_exit_never_counts_as_an_entry():
    rule = rules.Rule(entries=2, exits=True)
    judged = rules.judge(rule=rule, types=None, type_id=1, state=rules.State(entries=1, inside=True), direction="out", at=datetime.now(UTC))
    assert (judged.verdict, judged.state) == (Verdict.EXITED, rules.State(entries=1, inside=False))


def test_periods_fit_their_column_for_a_hundred_years():
    assert rules.Rule(per_day=True).period(at=datetime(2127, 1, 1, tzinfo=UTC), zone=ZoneInfo("UTC")) < 65_536
