"""The public pages that show an event, and that they are out of date."""

from collections.abc import Iterable

from events.models import Event
from ticketing.lib import pagecache

LIST_SCOPE = "events"
SERIES_SCOPE = "series"  # every series' page


def changed_dates(slugs: Iterable[str]) -> None:
    """The pages of these dates of a series and the lists, once the current transaction commits."""
    pagecache.changed(LIST_SCOPE, SERIES_SCOPE, *(f"event:{slug}" for slug in slugs))


def changed(event: Event) -> None:
    """The event's page and the lists, once the current transaction commits."""
    pagecache.changed(event.page_scope, LIST_SCOPE, *([SERIES_SCOPE] if event.series_id else []))
