"""Log records: with the trace they belong to, without what a person typed or a secret link says.

`Redacted` looks at records as they come, where it is still known what is an address; the formatters look at the
finished text once more for what no rule could know of. Warnings and worse become a mark in the running trace.
"""

import json
import logging
import re
import time
from datetime import UTC, datetime
from typing import Any

from ticketing.lib import traces
from ticketing.lib.running import note

OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request", "taskName", "trace", "noted"}
LEFT_OUT = (
    (re.compile(r"^DETAIL:.*$", re.M), "DETAIL: left out"),  # PostgreSQL quotes the row
    (re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"/(checkout|orders|practice|device|invitations)/[^\s\"'<>]*"), r"/\1/…"),
    (re.compile(r"(?<=/)(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{20,}"), "…"),
    (re.compile(r"\b[0-9A-Z]{60,}\b"), "[code]"),
    (re.compile(r"\b(sk|rk|whsec)_\w+"), "[key]"),
)


def without_secrets(text: str) -> str:
    """The text without addresses of people, links that open something, codes and keys."""
    for pattern, instead in LEFT_OUT:
        text = pattern.sub(instead, text)
    return text


class Redacted(logging.Filter):
    """On the handler: adds the trace's ids, and takes the address out of what Django says of a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        found = traces.current()
        record.trace = f" trace={found[0]}" if found else ""
        if found:
            record.trace_id, record.span_id = found
        request = getattr(record, "request", None)
        if request is not None and isinstance(record.args, tuple):
            match = getattr(request, "resolver_match", None)
            pattern = "/" + match.route if match is not None else "an unknown address"
            record.args = tuple(pattern if arg == getattr(request, "path", None) else arg for arg in record.args)
        if record.levelno >= logging.WARNING and not hasattr(record, "noted"):
            record.noted = True
            moment = time.perf_counter_ns()
            # The pattern of the message, not its words: those may be anybody's.
            note("log", without_secrets(str(record.msg))[:200], moment, moment, {"logger": record.name, "level": record.levelname.lower()})
            if record.levelno >= logging.ERROR:
                traces.trouble()
        return True


class Lines(logging.Formatter):
    """For people: one line, and an exception below it."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class JsonLines(logging.Formatter):
    """For collectors: an object a line. Fields given as `extra` come along, trace ids among them."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        told |= {name: value for name, value in vars(record).items() if name not in OWN}
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        told = {name: value if isinstance(value, int | float) else without_secrets(str(value)) for name, value in told.items()}
        return json.dumps(told, ensure_ascii=False)
