"""What requests and tasks use, counted in each process and written to Redis every second.

    usage = meters.begin()
    …                                     # lower rooms say: meters.add("pdfs"), meters.about(event=7)
    meters.end(usage, kind="page", name="events:event", outcome="ok")

A process keeps one bucket a minute and writes it whole, again and again, under its own name: a write
repeated changes nothing, a flushed Redis is filled again within seconds, and a killed process loses
less than a second. Redis away: buckets wait, at most KEPT_MINUTES of them; what is dropped is named,
so that its minutes read as missing and not as quiet. `operations.meters` merges and keeps.
"""

import atexit
import itertools
import json
import logging
import math
import operator
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings

from ticketing.lib import clock, traces
from ticketing.lib.running import MOST_SPANS, Usage, here

logger = logging.getLogger("ticketing.meters")

# Times are nanoseconds here and microseconds once written; bytes are bytes; the rest are counts.
FIELDS = (
    "count", "duration_us", "cpu_us", "sql", "sql_us", "cache_hits", "cache_misses", "page_hits", "bytes_out",
    "s3_puts", "s3_gets", "s3_bytes_up", "s3_refused", "s3_failed",
    "provider_calls", "provider_failed", "mails", "mails_failed", "pdfs", "pdf_bytes",
)  # fmt: skip
INDEX = {name: number for number, name in enumerate(FIELDS)}
TIMES = frozenset(INDEX[name] for name in FIELDS if name.endswith("_us"))
_SQL, _SQL_TIME, _BYTES_OUT, _PAGE_HITS = INDEX["sql"], INDEX["sql_us"], INDEX["bytes_out"], INDEX["page_hits"]
_NOTHING = [0] * len(FIELDS)

ACCURACY = 0.01  # of a duration in a sketch, relative
_GAMMA_LOG = math.log1p(2 * ACCURACY / (1 - ACCURACY))  # DDSketch's logarithmic mapping: bin = ceil(log(ms) / log(gamma))

FLUSH_SECONDS = 0.9  # with the write itself less than a second
HEARTBEAT_SECONDS = 10
KEPT_MINUTES = 30
MOST_KEYS = 2000  # of one kind in a minute; what is beyond is counted together
REDIS_SECONDS = 3 * 3600  # how long a minute waits in Redis to be rolled up
MOST_FAILURES = 100


class Bucket:
    """One minute of this process: totals by route or task, totals by event, and durations in bins."""

    __slots__ = ("bins", "dirty", "events", "number", "routes")

    def __init__(self) -> None:
        self.number = next(_numbers)  # a minute begun again, after a clock was put right, is written beside the first
        self.routes: dict[tuple[str, str, str], list[int]] = {}
        self.bins: dict[tuple[str, str, str], dict[int, int]] = {}
        self.events: dict[tuple[int, int], list[int]] = {}
        self.dirty = True


_numbers = itertools.count()
_lock = threading.Lock()
_minutes: dict[int, Bucket] = {}
_lost: list[int] = []
_failures: list[str] = []


# --- counting: the hot part ---------------------------------------------------------------


def begin() -> Usage:
    """A request or task begins on this thread."""
    here.usage = usage = Usage(here.usage, _NOTHING.copy())
    return usage


def add(field: str, amount: int = 1) -> None:
    """Count something of the running request or task; outside of one it is nobody's."""
    usage = here.usage
    if usage is not None:
        usage.counts[INDEX[field]] += amount


def about(*, event: int | None = None, organiser: int | None = None, checkout: str = "") -> None:
    """The running request or task is about this event or organiser (their ids), or belongs to this buyer's way
    (`trace_key` of its hold or order): all of that is one trace."""
    usage = here.usage
    if usage is not None:
        usage.event, usage.organiser = event or usage.event, organiser or usage.organiser
        if checkout:
            usage.recording.checkout = checkout


def subject() -> tuple[int, int]:
    """(event, organiser) of the running request; zeros where not known."""
    usage = here.usage
    return (usage.event, usage.organiser) if usage is not None else (0, 0)


def statement(sql: Any, began: int, ended: int, attributes: dict[str, Any] | None = None) -> None:
    """One SQL statement, from `began` to `ended` (perf_counter_ns). Its text has no values in it."""
    usage = here.usage
    if usage is not None:
        counts, spans = usage.counts, usage.recording.spans
        counts[_SQL] += 1
        counts[_SQL_TIME] += ended - began
        if len(spans) < MOST_SPANS:
            spans.append(("sql", sql, began, ended, attributes))


def end(
    usage: Usage,
    *,
    kind: str,
    name: str,
    outcome: str,
    bytes_out: int = 0,
    from_page_cache: bool = False,
    facts: traces.Facts = None,
) -> None:
    """The request or task is over. `kind` is "page" or "task", `outcome` one of OUTCOMES.

    `facts`: makes what its trace says besides, when it is kept."""
    counts, ended = usage.counts, time.perf_counter_ns()
    duration = ended - usage.started
    counts[0], counts[1], counts[2] = 1, duration, time.thread_time_ns() - usage.cpu
    counts[_BYTES_OUT] += bytes_out
    counts[_PAGE_HITS] += from_page_cache
    here.usage = usage.before
    place = math.ceil(math.log(duration / 1e6 or 1e-6) / _GAMMA_LOG)
    key = (kind, name, outcome)
    with _lock:
        bucket = _bucket()
        _sum(bucket.routes, key, counts)
        bins = bucket.bins.get(key)
        if bins is None:
            bins = bucket.bins[key] = {}
        bins[place] = bins.get(place, 0) + 1
        if usage.event or usage.organiser:
            _sum(bucket.events, (usage.event, usage.organiser), counts)
    traces.finish(usage.recording, kind=kind, name=name, outcome=outcome, ended=ended, event=usage.event, facts=facts)


OUTCOMES = ("ok", "refused", "busy", "failed")  # 2xx and 3xx; 4xx; 503; any other 5xx, or a task that raised


def outcome_of(status: int) -> str:
    if status < 400:
        return "ok"
    if status < 500:
        return "refused"
    return "busy" if status == 503 else "failed"


def _sum(totals: dict[Any, list[int]], key: Any, counts: list[int]) -> None:
    found = totals.get(key)
    if found is None:
        if len(totals) >= MOST_KEYS:
            key = (0, 0) if isinstance(key[0], int) else (key[0], "other", key[2])
        found = totals.setdefault(key, _NOTHING)
    totals[key] = list(map(operator.add, found, counts))


def _bucket() -> Bucket:
    """This minute's, on the database's clock. Under the lock."""
    minute = int(time.time() + clock.offset_seconds()) // 60
    bucket = _minutes.get(minute)
    if bucket is None:
        bucket = _minutes[minute] = Bucket()
        while len(_minutes) > KEPT_MINUTES:
            oldest = min(_minutes)
            if _minutes.pop(oldest).dirty:
                _lost.append(oldest)
    bucket.dirty = True
    return bucket


def failed(*, task: str, arguments: dict[str, Any], error: BaseException, at: float) -> None:
    """A task raised. Kept for staff with its ids, to be started again; never with the error's text, which may quote people."""
    fact = {"task": task, "arguments": arguments, "error": type(error).__name__, "at": at}
    with _lock:
        _failures.append(json.dumps(fact, default=str))
        del _failures[:-MOST_FAILURES]


# --- writing ------------------------------------------------------------------------------

_writer: "Writer | None" = None


def key(name: object) -> str:
    """Of the meters in Redis."""
    return f"{settings.CACHES['default']['KEY_PREFIX']}:meters:{name}"


def connect() -> redis.Redis:
    """A client that gives up soon: meters wait, they never hold anybody up."""
    return redis.Redis.from_url(settings.REDIS_ADDRESS, socket_timeout=0.5, socket_connect_timeout=0.5)


def start(*, role: str, at_once: int = 1, beside: Callable[[], None] | None = None) -> None:
    """Write from now on. `role` is "web" or "worker", `at_once` how many requests or tasks this process does at
    the same time; `beside` is called once a second and may take its time.

    Again in the same process: nothing. In a forked child: a writer of its own."""
    global _writer
    if _writer is None or _writer.pid != os.getpid():
        _writer = Writer(role=role, at_once=at_once, beside=beside)
        threading.Thread(target=_writer.run, name="meters", daemon=True).start()
        atexit.register(_writer.flush)


def resume() -> None:
    """In a process forked from one that writes (a pool's child): write here too."""
    if _writer is not None and _writer.pid != os.getpid():
        start(role=_writer.role)


def forget() -> None:
    """Drop what was counted and not written: a forked child, or the next test."""
    with _lock:
        _minutes.clear()
        _lost.clear()
        _failures.clear()
    traces.forget()


class Writer:
    """Writes the buckets of this process, under a name that no other process has."""

    def __init__(self, *, role: str, at_once: int = 1, beside: Callable[[], None] | None = None, name: str | None = None) -> None:
        self.role, self.at_once, self.beside, self.pid = role, at_once, beside, os.getpid()
        self.name = name or f"{role}:{socket.gethostname()}:{self.pid}:{time.time_ns() // 1_000_000 % 10**9}"
        self.redis = connect()
        self.beaten = 0.0
        self.away = False

    def run(self) -> None:
        while True:
            time.sleep(FLUSH_SECONDS)
            if time.monotonic() - self.beaten >= HEARTBEAT_SECONDS:
                self.beaten = time.monotonic()
                with _lock:
                    _bucket()
            self.flush()
            if self.beside is not None:
                self._beside()

    def _beside(self) -> None:
        assert self.beside is not None
        try:
            self.beside()
        except Exception:  # it must not stop the writing
            logger.exception("What runs beside the meters failed.")

    def flush(self) -> bool:
        """Write what has changed. False when Redis did not take it: it stays here for the next time."""
        with _lock:
            changed = [(minute, bucket) for minute, bucket in _minutes.items() if bucket.dirty]
            texts = [(minute, f"{self.name}:{bucket.number}", self._text(bucket)) for minute, bucket in changed]
            for _, bucket in changed:
                bucket.dirty = False
            failures = _failures.copy()
        kept = traces.due()
        if not texts and not failures and not kept:
            return True
        try:
            self._write(texts, failures, kept)
        except (redis.RedisError, OSError) as error:
            if not self.away:
                logger.warning("Redis does not take the meters (%s); they wait.", type(error).__name__)
            self.away = True
            traces.put_back(kept)
            with _lock:
                for _, bucket in changed:
                    bucket.dirty = True
            return False
        self.away = False
        with _lock:
            del _failures[: len(failures)]
            newest = max(_minutes, default=0)
            for minute in [each for each, bucket in _minutes.items() if each < newest and not bucket.dirty]:
                del _minutes[minute]
        return True

    def _text(self, bucket: Bucket) -> str:
        routes = [[*name, _written(counts), bucket.bins.get(name, {})] for name, counts in bucket.routes.items()]
        events = [[*name, _written(counts)] for name, counts in bucket.events.items()]
        told = {
            "role": self.role,
            "at_once": self.at_once,
            "at": time.time() + clock.offset_seconds(),
            "skew_ms": round(clock.offset_seconds() * 1000),
            "lost": _lost[-KEPT_MINUTES:],
        }
        return json.dumps(told | {"routes": routes, "events": events}, separators=(",", ":"))

    def _write(self, texts: list[tuple[int, str, str]], failures: list[str], kept: list[str]) -> None:
        pipe = self.redis.pipeline(transaction=False)
        for minute, name, text in texts:
            pipe.hset(key(minute), name, text)
            pipe.expire(key(minute), REDIS_SECONDS)
            pipe.sadd(key("open"), minute)
        if failures:
            pipe.lpush(key("failures"), *failures)
            pipe.ltrim(key("failures"), 0, MOST_FAILURES - 1)
        for name in traces.LISTS if settings.TRACES_EXPORTED else traces.LISTS[:1]:
            if kept:
                pipe.rpush(key(name), *kept)
                pipe.ltrim(key(name), -traces.MOST_IN_REDIS, -1)
        pipe.execute()


def _written(counts: list[int]) -> list[int]:
    return [count // 1000 if number in TIMES else count for number, count in enumerate(counts)]


def _in_child() -> None:
    global _lock
    _lock = threading.Lock()  # another thread of the parent may have held it
    forget()


os.register_at_fork(after_in_child=_in_child)
