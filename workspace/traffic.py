"""Views of event pages, from Redis to rows."""

from datetime import datetime

from django.db import connection, transaction

from events.models import Event
from ticketing.lib import pagecache

SCOPE = "event:"
ADD = """
INSERT INTO workspace_traffichour AS h (event_id, hour, source, views) VALUES (%s, date_trunc('hour', %s::timestamptz), %s, %s)
ON CONFLICT (event_id, hour, source) DO UPDATE SET views = h.views + excluded.views
"""
MOST_SOURCES = 50  # of one event and sweep: whoever makes up sources fills no table
OTHERS = "(others)"


def sweep_views(*, now: datetime) -> int:
    """Add what was counted since the last sweep to this hour. Returns how many views."""
    counted = pagecache.take_views()
    by_slug: dict[str, dict[str, int]] = {}
    for (scope, source), views in sorted(counted.items(), key=lambda each: -each[1]):
        if scope.startswith(SCOPE):
            of_event = by_slug.setdefault(scope.removeprefix(SCOPE), {})
            name = source if source in of_event or len(of_event) < MOST_SOURCES else OTHERS
            of_event[name] = of_event.get(name, 0) + views
    ids = dict(Event.objects.filter(slug__in=by_slug).values_list("slug", "pk"))
    rows = [(ids[slug], now, source, views) for slug, sources in by_slug.items() if slug in ids for source, views in sources.items()]
    if rows:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(ADD, rows)
    pagecache.forget_views()
    return sum(row[3] for row in rows)
