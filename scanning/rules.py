"""A check-in list's rule: pure, and the same on the phone (static/js/gate; docs/gate-protocol.md §4).

What a ticket did so far is a State; a rule judges the next movement. Vectors for both sides:
docs/gate-rule-vectors.json.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scanning.models import Verdict

FIRST_DAY = date(2000, 1, 1)
MOST_ENTRIES = 250  # a state holds the number in one byte
PER_EVENT = 0


class BadRule(ValueError):
    """The rule as it was typed says nothing that can be judged."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A stretch of time in which entry is open, for some types or, with none named, for all."""

    opens_at: datetime | None = None
    closes_at: datetime | None = None
    types: frozenset[int] = frozenset()

    def holds(self, *, at: datetime, type_id: int) -> bool:
        return (
            (self.opens_at is None or self.opens_at <= at)
            and (self.closes_at is None or at < self.closes_at)
            and (not self.types or type_id in self.types)
        )


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`entries`: how many in a period, None for any number. `exits`: people are scanned out too."""

    per_day: bool = False
    entries: int | None = 1
    exits: bool = False
    day_starts: timedelta = timedelta(0)
    windows: tuple[Window, ...] = ()
    all_out_at: timedelta | None = None  # the server lets everybody out then, by the venue's clock; phones see it in the states

    def period(self, *, at: datetime, zone: ZoneInfo) -> int:
        """0 for the whole event; otherwise the venue's day, by its own wall clock (right over DST)."""
        if not self.per_day:
            return PER_EVENT
        wall = at.astimezone(zone).replace(tzinfo=None)
        return ((wall - self.day_starts).date() - FIRST_DAY).days


@dataclass(frozen=True, kw_only=True)
class State:
    """What happened in one period."""

    entries: int = 0
    inside: bool = False


@dataclass(frozen=True, kw_only=True)
class Judgement:
    verdict: str
    state: State


ONCE = Rule()
NOTHING_YET = State()


def judge(*, rule: Rule, types: Collection[int] | None, type_id: int, state: State, direction: str, at: datetime) -> Judgement:
    """The verdict on a movement ("in" or "out") and the state after it. `types`: None accepts all."""
    refusal = barred(rule=rule, types=types, type_id=type_id, direction=direction, at=at)
    if refusal is not None:
        return Judgement(verdict=refusal, state=state)
    if direction == "out":
        return Judgement(verdict=Verdict.EXITED if state.inside else Verdict.NOT_INSIDE, state=replace(state, inside=False))
    if (rule.exits and state.inside) or (rule.entries is not None and state.entries >= rule.entries):
        return Judgement(verdict=Verdict.ALREADY_ADMITTED, state=state)
    return Judgement(verdict=Verdict.ADMITTED, state=State(entries=state.entries + 1, inside=rule.exits))


def barred(*, rule: Rule, types: Collection[int] | None, type_id: int, direction: str, at: datetime) -> str | None:
    """Why this type has nothing to do here at this time, whatever it did so far; or None."""
    if types is not None and type_id not in types:
        return Verdict.WRONG_LIST
    if direction == "in" and rule.windows and not any(window.holds(at=at, type_id=type_id) for window in rule.windows):
        return Verdict.WRONG_TIME
    return None


def parse(written: Mapping[str, Any]) -> Rule:
    """The rule that this JSON says. BadRule when it says none. {} is one entry per event."""
    try:
        entries = written.get("entries", 1)
        per = written.get("per", "event")
        if per not in ("event", "day") or not (entries is None or (type(entries) is int and 1 <= entries <= MOST_ENTRIES)):
            raise BadRule(f"Choose an event or a day, and 1 to {MOST_ENTRIES} entries or no limit.")
        return Rule(
            per_day=per == "day",
            entries=entries,
            exits=bool(written.get("exits", False)),
            day_starts=_wall_clock(written.get("day_starts") or "00:00"),
            windows=tuple(_window(each) for each in written.get("windows") or ()),
            all_out_at=_wall_clock(written["all_out_at"]) if written.get("all_out_at") else None,
        )
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise error if isinstance(error, BadRule) else BadRule("The rule can't be read.") from error


def written(rule: Rule) -> dict[str, Any]:
    """The rule as JSON, for the row and for the phone."""
    all_out = {} if rule.all_out_at is None else {"all_out_at": clock_text(rule.all_out_at)}
    return all_out | {
        "per": "day" if rule.per_day else "event",
        "entries": rule.entries,
        "exits": rule.exits,
        "day_starts": clock_text(rule.day_starts),
        "windows": [
            {"from": _moment(window.opens_at), "until": _moment(window.closes_at)}
            | ({"types": sorted(window.types)} if window.types else {})
            for window in rule.windows
        ],
    }


def clock_text(offset: timedelta) -> str:
    """5 h 30 min after midnight → "05:30"."""
    return "{:02}:{:02}".format(*divmod(int(offset.total_seconds()) // 60, 60))


def _window(each: Mapping[str, Any]) -> Window:
    opens_at, closes_at = (datetime.fromisoformat(each[end]).astimezone(UTC) if each.get(end) else None for end in ("from", "until"))
    if opens_at and closes_at and opens_at >= closes_at:
        raise BadRule("A window opens before it closes.")
    return Window(opens_at=opens_at, closes_at=closes_at, types=frozenset(int(kind) for kind in each.get("types") or ()))


def _wall_clock(text: str) -> timedelta:
    hours, _, minutes = text.partition(":")
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if not timedelta(0) <= offset < timedelta(days=1):
        raise BadRule("A day starts between 00:00 and 23:59.")
    return offset


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
