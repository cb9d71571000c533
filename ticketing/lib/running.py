"""What this thread runs now: one request or task, what it has used so far, and the spans of its trace.

`meters` counts in it and `traces` keeps it; both begin and end with it. HOT: a few microseconds a request.
"""

import threading
import time
from typing import Any

# A span that is over: kind, name, began and ended (perf_counter_ns), attributes or None.
Span = tuple[str, Any, int, int, dict[str, Any] | None]
MOST_SPANS = 400  # of one recording; a sweep over thousands of rows must not fill the memory


class Recording:
    """The spans of a request, of a task, or of one row's part in a sweep.

    `checkout`: the buyer's way that it belongs to, such as "hold:12"; all of it is one trace.
    `parent`: (trace id, span id) of who asked for it. Ids are made when somebody needs them."""

    __slots__ = ("checkout", "parent", "span_id", "spans", "started", "trace_id", "troubled")

    def __init__(self, started: int) -> None:
        self.started = started
        self.spans: list[Span] = []
        self.checkout = ""
        self.parent: tuple[int, int] | None = None
        self.trace_id = self.span_id = 0
        self.troubled = False  # something in it failed, though the whole may have gone well


class Usage:
    """What one request or task has used so far."""

    __slots__ = ("before", "counts", "cpu", "event", "organiser", "recording", "started")

    def __init__(self, before: "Usage | None", counts: list[int]) -> None:
        self.before = before
        self.counts = counts
        self.event = self.organiser = 0
        self.cpu, self.started = time.thread_time_ns(), time.perf_counter_ns()
        self.recording = Recording(self.started)


class _Here(threading.local):
    usage: Usage | None = None


here = _Here()


def note(kind: str, name: Any, began: int, ended: int, attributes: dict[str, Any] | None = None) -> None:
    """A span that is over, of the running request or task; outside of one it is nobody's."""
    usage = here.usage
    if usage is not None:
        spans = usage.recording.spans
        if len(spans) < MOST_SPANS:
            spans.append((kind, name, began, ended, attributes))
