"""Django's PostgreSQL backend, with a cheaper look at whether a kept connection still lives, and a meter on each statement."""

import select
import time
from typing import Any

from django.db.backends import utils
from django.db.backends.postgresql import base

from ticketing.lib import meters


class MeteredCursor(utils.CursorWrapper):
    """Counts and times statements: less work each than Django's execute_wrapper."""

    def _execute(self, *args: Any) -> Any:
        began = time.perf_counter_ns()
        try:
            return super()._execute(*args)
        finally:
            meters.statement(time.perf_counter_ns() - began)

    def _executemany(self, *args: Any) -> Any:
        began = time.perf_counter_ns()
        try:
            return super()._executemany(*args)
        finally:
            meters.statement(time.perf_counter_ns() - began)


class MeteredDebugCursor(utils.CursorDebugWrapper, MeteredCursor):
    """The same where Django keeps the statements' text."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Django asks "SELECT 1" before each request's first statement. A server that went away has closed
    the socket or said good-bye on it, so a quiet socket is answer enough; only one with something to
    read is asked the long way."""

    def is_usable(self) -> bool:
        if self.connection is not None and not self.connection.closed:
            quiet = select.poll()
            quiet.register(self.connection.fileno(), select.POLLIN)
            if not quiet.poll(0):
                return True
        return bool(super().is_usable())

    def make_cursor(self, cursor: Any) -> MeteredCursor:
        return MeteredCursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> MeteredDebugCursor:
        return MeteredDebugCursor(cursor, self)
