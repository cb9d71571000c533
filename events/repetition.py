"""When the dates of a series are: every day or on some weekdays, at one or more times, with exceptions.

Rules speak of the clock on the wall at the venue, so a date at 19:30 stays at 19:30 when the clocks change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from dateutil.rrule import DAILY, WEEKLY, rrule

from events import times

MOST_DATES = 20_000
FREQUENCIES = {"day": DAILY, "week": WEEKLY}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class TooManyDates(Exception):
    """The rule gives more dates than a series may have."""

    code = "too_many_dates"

    def __init__(self) -> None:
        super().__init__(f"That is more than {MOST_DATES:,} dates. Choose an earlier last day.")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`every`: 1, 2, … days or weeks. `weekdays`: 0 is Monday; empty: the first day's. `first`, `last`: both count."""

    frequency: str
    first: date
    last: date
    at: Sequence[time]
    every: int = 1
    weekdays: Sequence[int] = ()
    without: Sequence[date] = field(default_factory=tuple)

    def as_json(self) -> dict[str, Any]:
        return {
            "frequency": self.frequency,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "at": [f"{each:%H:%M}" for each in self.at],
            "every": self.every,
            "weekdays": list(self.weekdays),
            "without": [day.isoformat() for day in self.without],
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Rule":
        return cls(
            frequency=kept["frequency"],
            first=date.fromisoformat(kept["first"]),
            last=date.fromisoformat(kept["last"]),
            at=[time.fromisoformat(text) for text in kept["at"]],
            every=kept["every"],
            weekdays=kept["weekdays"],
            without=[date.fromisoformat(text) for text in kept["without"]],
        )

    def days(self) -> Iterator[date]:
        """Soonest first, without the exceptions."""
        weekdays = list(self.weekdays) if self.weekdays and self.frequency == "week" else None
        begin, end = datetime.combine(self.first, time()), datetime.combine(self.last, time())
        without = set(self.without)
        for moment in rrule(FREQUENCIES[self.frequency], interval=self.every, byweekday=weekdays, dtstart=begin, until=end):
            if moment.date() not in without:
                yield moment.date()

    @property
    def sentence(self) -> str:
        """Such as: every 2 weeks on Friday and Saturday at 19:30, from 4 December 2026 to 26 March 2027."""
        unit = self.frequency if self.every == 1 else f"{self.every} {self.frequency}s"
        names = [WEEKDAYS[number] for number in self.weekdays] if self.frequency == "week" else []
        on = f" on {_joined(names)}" if names else ""
        but = f", but not on {len(self.without)} day{'s' if len(self.without) != 1 else ''}" if self.without else ""
        hours = _joined([f"{each:%H:%M}" for each in self.at])
        return f"Every {unit}{on} at {hours}, from {self.first.day} {self.first:%B %Y} to {self.last.day} {self.last:%B %Y}{but}"


def _joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


@dataclass(frozen=True)
class Planned:
    """`moments`: UTC, soonest first. `skipped`: wall-clock times that the clocks jump over."""

    moments: list[datetime]
    skipped: list[datetime]


def planned(*, rules: Sequence[Rule], zone: str) -> Planned:
    """All dates of the rules together, each once. TooManyDates."""
    moments: set[datetime] = set()
    skipped: list[datetime] = []
    for rule in rules:
        for day in rule.days():
            for hour in rule.at:
                local = datetime.combine(day, hour)
                try:
                    moments.add(times.to_utc(local, zone))
                except times.NoSuchTime:
                    skipped.append(local)
            if len(moments) > MOST_DATES:
                raise TooManyDates()
    return Planned(moments=sorted(moments), skipped=skipped)
