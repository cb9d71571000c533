"""The clock, read once at the edge. Verbs take `now`.

The database's clock decides (F24): a web server whose own clock is wrong would sell too early or
release too late, so the offset to the database's clock is measured once a minute and added.
"""

import time
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

MEASURE_EVERY_SECONDS = 60.0
IGNORE_BELOW = timedelta(milliseconds=250)

_offset = timedelta(0)
_measured_at = float("-inf")


def now() -> datetime:
    """The database's time, UTC, good to about a quarter of a second."""
    global _measured_at
    if time.monotonic() - _measured_at > MEASURE_EVERY_SECONDS:
        _measured_at = time.monotonic()
        _measure()
    return timezone.now() + _offset


def offset_seconds() -> float:
    """How far the database's clock is ahead of this machine's, as measured last; 0.0 when it is close."""
    return _offset.total_seconds()


def forget() -> None:
    """Measure again at the next reading."""
    global _measured_at
    _measured_at = float("-inf")


def _measure() -> None:
    global _offset
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            before = timezone.now()
            cursor.execute("SELECT clock_timestamp()")
            (there,) = cursor.fetchone()
            here = before + (timezone.now() - before) / 2
    except DatabaseError:
        return
    difference = there - here
    _offset = difference if abs(difference) > IGNORE_BELOW else timedelta(0)
