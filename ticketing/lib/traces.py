"""Traces in OpenTelemetry's shape: what happened in each request and task, and which of them belong together.

    with traces.span("pdf", "draw a design"): …          # a step that takes time
    with traces.part("registrations.fulfil"): …          # one row's turn in a sweep, a recording of its own
    meters.about(checkout=order.trace_key)               # all of a buyer's way is one trace

Every request and task is recorded, since noting a span costs a fraction of a microsecond; what is kept is
decided when it ends. Kept always: what failed, or had a part that failed, and what was slow. Of the rest as
many a second as the budget allows, chosen by the trace's own number: processes that know nothing of each
other choose the same traces. What is kept goes to Redis with the meters, and from there to rows
(`operations.traces`) and to a collector (`operations.traces.export`).

Nothing a person typed is in a span: statements have their values elsewhere, addresses go by their names.
"""

import hmac
import json
import logging
import random
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from types import TracebackType
from typing import Any

from django.conf import settings

from ticketing.lib import clock
from ticketing.lib.running import Recording, Usage, here, note

logger = logging.getLogger("ticketing.traces")
Facts = Callable[[], dict[str, Any]] | None
Kept = tuple[Recording, str, str, str, str, int, int, int, dict[str, Any]]

LISTS = ("traces", "traces-export")  # in Redis: for the rows, and for the collector where there is one
MOST_IN_REDIS = 5000
MOST_WAITING = 500  # texts, while Redis is away
FEW = 20  # of one kind are kept in a second, however small the budget
SLOW_NS = {"page": 1_000_000_000, "part": 2_000_000_000, "task": 5_000_000_000}
SLOW_STATEMENT_US = 50_000  # such a statement's text is kept too
# Asked for by machines, again and again: kept only when they fail or are slow.
QUIET = frozenset({"static", "metrics", "operations:dashboard", "ticketing.health.livez", "ticketing.health.readyz"})
# Of settings.TRACES_PER_SECOND: checkouts come first, sweeps that found nothing to do come last.
BUDGETS = {"checkout": 1.0, "trouble": 1.0, "page": 0.1, "task": 0.01}
TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")

_lock = threading.Lock()
_waiting: deque[Kept] = deque()  # put in at one end and taken at the other without a lock
_texts: list[str] = []  # made, and not taken by Redis yet
_shares: dict[str, float] = {}
_seen: dict[str, int] = {}
_left: dict[str, int] = {}
_counted_at = 0.0


# --- recording: the hot part --------------------------------------------------------------


class span:
    """A step of the running request or task. One that ends with an exception makes the whole worth keeping."""

    __slots__ = ("attributes", "began", "kind", "name")

    def __init__(self, kind: str, name: str, **attributes: Any) -> None:
        self.kind, self.name, self.attributes = kind, name, attributes

    def __enter__(self) -> "span":
        self.began = time.perf_counter_ns()
        return self

    def __exit__(self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if error_type is not None:
            self.attributes["error.type"] = error_type.__name__
            trouble()
        note(self.kind, self.name, self.began, time.perf_counter_ns(), self.attributes)


def trouble() -> None:
    """Something in the running request or task failed: its trace is kept, though the whole may go well."""
    usage = here.usage
    if usage is not None:
        usage.recording.troubled = True


class part:
    """One row's turn in a task that looks at many: a recording of its own, in the trace that it belongs to."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.usage: Usage | None = None

    def __enter__(self) -> None:
        self.usage = usage = here.usage
        if usage is not None:
            self.outer, self.event = usage.recording, usage.event
            usage.recording = Recording(time.perf_counter_ns())
            usage.recording.parent = (trace_of(self.outer), _span_of(self.outer))

    def __exit__(self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        usage = self.usage
        if usage is None:
            return
        inner, ended = usage.recording, time.perf_counter_ns()
        outcome, facts = "ok", None
        if error_type is not None:
            outcome, facts = "failed", lambda: {"error.type": error_type.__name__}
        finish(inner, kind="part", name=self.name, outcome=outcome, ended=ended, event=usage.event, facts=facts)
        usage.recording, usage.event = self.outer, self.event


def finish(recording: Recording, *, kind: str, name: str, outcome: str, ended: int, event: int, facts: Facts) -> None:
    """It is over: keep it or forget it."""
    group = "checkout" if recording.checkout else "page" if kind == "page" or recording.parent else "task"
    if outcome == "failed" or outcome == "busy" or recording.troubled:
        why, group = "failed", "trouble"
    elif ended - recording.started > SLOW_NS[kind]:
        why, group = "slow", "trouble"
    else:
        if name in QUIET:
            return
        why = "sampled"
        _seen[group] = _seen.get(group, 0) + 1
        share = _shares.get(group, 1.0)
        if share < 1.0 and not _is_in(trace_of(recording), share):
            return
    left = _left.get(group, FEW)
    if left > 0 and settings.TRACES_ENABLED:
        _left[group] = left - 1
        _waiting.append((recording, kind, name, outcome, why, ended, time.time_ns(), event, facts() if facts else {}))


def _is_in(trace_id: int, share: float) -> bool:
    """By the number's own randomness, the last 56 bits: of two shares the smaller chooses a part of the larger's."""
    return (trace_id & 0xFFFFFFFFFFFFFF) < share * (1 << 56)


# --- ids ------------------------------------------------------------------------------------


def checkout_id(key: str, *, secret: str | None = None) -> int:
    """The trace of a buyer's way: the same for each of its requests and tasks, and a number that nobody can guess."""
    return int.from_bytes(hmac.digest((secret or settings.SECRET_KEY).encode(), f"checkout:{key}".encode(), "sha256")[:16])


def trace_of(recording: Recording) -> int:
    if recording.checkout:
        return checkout_id(recording.checkout)
    if recording.parent:
        return recording.parent[0]
    if not recording.trace_id:
        recording.trace_id = random.getrandbits(128) or 1
    return recording.trace_id


def _span_of(recording: Recording) -> int:
    if not recording.span_id:
        recording.span_id = random.getrandbits(64) or 1
    return recording.span_id


def child_id(span_id: int, number: int) -> int:
    """Of a recording's spans, counted from 0: no chance is needed for each."""
    return (span_id + number + 1) % (1 << 64) or 1


def traceparent() -> str:
    """For whom the running request or task asks next (W3C Trace Context): that asking is the next span noted. Empty outside."""
    usage = here.usage
    if usage is None:
        return ""
    recording = usage.recording
    trace_id, group = trace_of(recording), "checkout" if recording.checkout else "page"
    sampled = _is_in(trace_id, _shares.get(group, 1.0))
    return f"00-{trace_id:032x}-{child_id(_span_of(recording), len(recording.spans)):016x}-{int(sampled):02x}"


def follow(parent: str) -> None:
    """Who asked said so: the running request or task belongs to their trace, unless it finds its own."""
    usage, found = here.usage, TRACEPARENT.fullmatch(parent)
    if usage is not None and found:
        trace_id, span_id = int(found[1], 16), int(found[2], 16)
        if trace_id and span_id:
            usage.recording.parent = (trace_id, span_id)


def current() -> tuple[str, str] | None:
    """(trace id, span id) of what runs on this thread, in hexadecimal."""
    usage = here.usage
    if usage is None:
        return None
    return f"{trace_of(usage.recording):032x}", f"{_span_of(usage.recording):016x}"


def reference() -> str:
    """The beginning of the trace's number, for a person to pass on."""
    found = current()
    return found[0][:12] if found else ""


# --- handing over, with the meters' flush -----------------------------------------------------


def due() -> list[str]:
    """What was kept since the last time, as texts for Redis. Also sets the shares for the next second."""
    global _texts
    with _lock:
        texts, _texts = _texts, []
        _set_shares()
    while _waiting:
        try:
            texts.append(_text(*_waiting.popleft()))
        except Exception:  # one that can't be told must not stop the writing of all others, and of the meters
            logger.exception("A trace could not be told.")
    return texts


def put_back(texts: list[str]) -> None:
    """Redis did not take them: they wait, the newest of them."""
    global _texts
    with _lock:
        _texts = (texts + _texts)[-MOST_WAITING:]


def _set_shares() -> None:
    """How much of each kind fits into its budget, as it came in the last second; down at once, up slowly."""
    global _counted_at
    now = time.monotonic()
    seconds = min(max(now - _counted_at, 0.1), 60.0)
    _counted_at = now
    for group, budget in BUDGETS.items():
        room = budget * settings.TRACES_PER_SECOND
        wanted = min(1.0, room / max(_seen.pop(group, 0) / seconds, 0.001))
        before = _shares.get(group, 1.0)
        _shares[group] = wanted if wanted < before else min(wanted, before * 1.25)
        _left[group] = max(FEW, round(room * 2 * seconds))


def forget() -> None:
    """Drop what waits: a forked child, or the next test."""
    global _texts
    _texts = []
    for each in (_waiting, _shares, _seen, _left):
        each.clear()


def _text(
    recording: Recording, kind: str, name: str, outcome: str, why: str, ended: int, wall: int, event: int, facts: dict[str, Any]
) -> str:
    """One recording as JSON: the root span, and its spans with their offsets in microseconds."""
    trace_id, origin = trace_of(recording), recording.started
    parent = recording.parent
    told: dict[str, Any] = {
        "trace": f"{trace_id:032x}",
        "span": f"{_span_of(recording):016x}",
        "kind": kind,
        "name": name,
        "outcome": outcome,
        "why": why,
        "at": (wall - (ended - origin)) // 1000 + round(clock.offset_seconds() * 1e6),
        "us": (ended - origin) // 1000,
        "facts": facts,
        "spans": [_told(origin, *each) for each in recording.spans],
    }
    if event:
        told["event"] = event
    if parent:  # who asked is of the same trace, or else only pointed to
        told["parent" if parent[0] == trace_id else "link"] = f"{parent[0]:032x}-{parent[1]:016x}"
    return json.dumps(told, separators=(",", ":"), default=str)


def _told(origin: int, kind: str, name: Any, began: int, ended: int, attributes: dict[str, Any] | None) -> list[Any]:
    took = (ended - began) // 1000
    if kind == "sql":
        text = name if isinstance(name, str) else str(name)
        name = summary(text)
        if took >= SLOW_STATEMENT_US:
            attributes = (attributes or {}) | {"db.query.text": without_values(text)[:1000]}
    return [kind, name, (began - origin) // 1000, took, *([attributes] if attributes else [])]


_VERB = re.compile(r"\s*(?:with\b.*?\bas\s*)?(select|insert into|update|delete from|[a-z]+)", re.I | re.S)
_INNERMOST = re.compile(r"\([^()]*\)")
_TABLE = {
    "select": re.compile(r"\bfrom\s+(?:only\s+)?\"?(\w+)", re.I),
    "insert into": re.compile(r"insert into\s+\"?(\w+)", re.I),
    "update": re.compile(r"update\s+\"?(\w+)", re.I),
    "delete from": re.compile(r"delete from\s+\"?(\w+)", re.I),
}


@lru_cache(maxsize=1000)
def summary(sql: str) -> str:
    """What a statement does, to which table: "SELECT events_event"."""
    while (outer := _INNERMOST.sub("", sql)) != sql:  # what is asked within it may be of other tables
        sql = outer
    verb = _VERB.match(sql)
    if verb is None:
        return "SQL"
    table = _TABLE[verb[1].lower()].search(sql) if verb[1].lower() in _TABLE else None
    return f"{verb[1].upper()} {table[1]}" if table else verb[1].upper()


def without_values(sql: str) -> str:
    """The statement with whatever is written out in it taken away."""
    return re.sub(r"\b\d+(\.\d+)?\b", "?", re.sub(r"'(?:[^']|'')*'", "?", sql))
