"""Minutes as the processes wrote them to Redis, merged. See ticketing/lib/meters.py for who writes."""

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ticketing.lib import meters

Route = tuple[str, str, str]  # kind, name, outcome
NOBODY = [0] * len(meters.FIELDS)


@dataclass(kw_only=True)
class Told:
    """What processes told of one minute. `processes`: {process: role}; `at_once`: {role: how many requests or tasks all
    of them do at the same time}; `counts` lists are in the order of meters.FIELDS."""

    processes: dict[str, str] = field(default_factory=dict)
    at_once: dict[str, int] = field(default_factory=dict)
    routes: dict[Route, list[int]] = field(default_factory=dict)
    bins: dict[Route, dict[int, int]] = field(default_factory=dict)
    events: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)
    skew_ms: int = 0
    heard_at: dict[str, float] = field(default_factory=dict)  # by role, newest


@functools.cache
def connect() -> Any:
    return meters.connect()


def moment_of(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, tz=UTC)


def minute_of(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


def open_minutes() -> list[int]:
    """Minutes that were written to since they were last rolled up. Raises redis.RedisError."""
    return sorted(int(minute) for minute in connect().smembers(meters.key("open")))


def texts_of(minutes: Iterable[int]) -> dict[int, dict[str, str]]:
    """{minute: {process: what it wrote}}. Raises redis.RedisError."""
    wanted = list(minutes)
    pipe = connect().pipeline(transaction=False)
    for minute in wanted:
        pipe.hgetall(meters.key(minute))
    found = pipe.execute()
    return {
        minute: {name.decode(): text.decode() for name, text in texts.items()} for minute, texts in zip(wanted, found, strict=True) if texts
    }


def merged(texts: Mapping[str, str]) -> Told:
    """What several processes wrote, as one."""
    total = Told()
    for process, text in texts.items():
        written: dict[str, Any] = json.loads(text)
        role = written["role"]
        total.processes[process] = role
        total.at_once[role] = total.at_once.get(role, 0) + written.get("at_once", 1)
        total.heard_at[role] = max(total.heard_at.get(role, 0.0), written["at"])
        total.lost |= set(written["lost"])
        total.skew_ms = max(total.skew_ms, written["skew_ms"], key=abs)
        for kind, name, outcome, counts, bins in written["routes"]:
            key = (kind, name, outcome)
            total.routes[key] = added(total.routes.get(key, NOBODY), counts)
            into = total.bins.setdefault(key, {})
            for place, count in bins.items():
                into[int(place)] = into.get(int(place), 0) + count
        for event, organiser, counts in written["events"]:
            total.events[event, organiser] = added(total.events.get((event, organiser), NOBODY), counts)
    return total


def added(left: list[int], right: list[int]) -> list[int]:
    return [one + other for one, other in zip(left, right, strict=True)]


def failures(*, most: int = 50) -> list[dict[str, Any]]:
    """Tasks that raised, newest first: task, arguments, error, at (Unix seconds). Raises redis.RedisError."""
    return [json.loads(text) for text in connect().lrange(meters.key("failures"), 0, most - 1)]
