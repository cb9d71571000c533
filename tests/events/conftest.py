"""Dates that repeat, for whoever tests series: each file has its own `first`."""

from datetime import timedelta

import pytest

from events import series, series_work
from events.repetition import Rule
from ticketing.lib import clock


def weekly(event, weeks=4, **fields):
    first = event.local_start.date()
    at = [event.local_start.time().replace(second=0, microsecond=0)]
    return Rule(**{"frequency": "week", "first": first, "last": first + timedelta(weeks=weeks - 1), "at": at} | fields)


@pytest.fixture
def weeks(first):
    """Four dates, the first among them."""
    made = series.make_series(event=first, rule=weekly(first), by=None, now=clock.now())
    series_work.do_due(now=clock.now())
    return made
