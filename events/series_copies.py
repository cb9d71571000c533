"""Set-up written to many dates at once: a few statements for thousands of rows, in no loop.

A copied type or quota knows the one it was made from (`made_from`), so that it is found again when that
changes, whatever its name is by then. Columns are those of the models: what is added to them is copied too."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from events import series_parts
from events.models import Event, EventSeries, Quota, TicketType
from events.series_parts import columns, named


def _set(names: Sequence[str], prefix: str) -> str:
    return ", ".join(f'"{name}" = {prefix}"{name}"' for name in names)


def add_dates(
    *, series: EventSeries, moments: Sequence[tuple[datetime, datetime]], now: datetime, published_at: datetime | None
) -> list[int]:
    """Dates with the source's set-up at these (start, end). One that is there already is left as it is.
    Returns the ids of the new ones. In the caller's transaction."""
    own = ("id", "slug", "starts_at", "ends_at", "planned_at", "series", "published_at", "cancelled_at", "created_at")
    copied = columns(Event, without=own)
    zone = series.source.zone
    slugs = [f"{series.slug}-{start.astimezone(zone):%Y-%m-%d-%H%M}" for start, _ in moments]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO events_event ({named(copied)}, slug, starts_at, ends_at, planned_at, series_id, published_at, cancelled_at, created_at) "
            f"SELECT {named(copied, 's.')}, d.slug, d.starts_at, d.ends_at, d.starts_at, %s, %s, NULL, %s "
            "FROM events_event s, unnest(%s::text[], %s::timestamptz[], %s::timestamptz[]) AS d(slug, starts_at, ends_at) WHERE s.id = %s "
            "ON CONFLICT (series_id, planned_at) WHERE series_id IS NOT NULL DO NOTHING RETURNING id",
            [series.pk, published_at, now, slugs, [at for at, _ in moments], [end for _, end in moments], series.source_id],
        )
        ids = [event_id for (event_id,) in cursor.fetchall()]
    give_tickets(source=series.source, event_ids=ids)
    series_parts.give_parts(source=series.source, event_ids=ids)
    return ids


QUOTA_OWN = ("id", "event", "claimed", "queued", "made_from")
TYPE_OWN = ("id", "event", "made_from", "sale_starts_at", "sale_ends_at", "archived_at", "category", "tiered")


def give_tickets(*, source: Event, event_ids: Sequence[int], type_ids: Sequence[int] | None = None) -> int:
    """The source's ticket types and capacities for these dates: new where there are none of them, changed where
    there are. Windows of sale keep their distance to the start. A capacity below what a date has sold and held
    stays as it is there; returns how many did (F26). What a type counts against is not changed. `type_ids`: of the source, only these and their capacities."""
    if not event_ids:
        return 0
    quota_columns, type_columns = columns(Quota, without=QUOTA_OWN), columns(TicketType, without=TYPE_OWN)
    wanted: dict[str, Any] = {"source": source.pk, "dates": list(event_ids), "types": list(type_ids) if type_ids is not None else None}
    names = {
        "quota_columns": named(quota_columns),
        "quota_from": named(quota_columns, "q."),
        "type_columns": named(type_columns),
        "type_from": named(type_columns, "t."),
        "type_set": _set(type_columns, "t."),
    }
    with connection.cursor() as cursor:
        for statement in (NEW_QUOTAS, CHANGED_QUOTAS, NEW_TYPES, CHANGED_TYPES, NEW_LINKS):
            cursor.execute(statement.format(**names, chosen=CHOSEN), wanted)
        cursor.execute(TOO_SMALL.format(chosen=CHOSEN), wanted)
        (kept,) = cursor.fetchone()
    return int(kept)


# `root`: the type or quota that copies of it were made from, which may be the source's own.
CHOSEN = """
WITH t AS (SELECT t.*, coalesce(t.made_from_id, t.id) AS root FROM events_tickettype t
  WHERE t.event_id = %(source)s AND (%(types)s::bigint[] IS NULL AND t.archived_at IS NULL OR t.id = ANY(%(types)s::bigint[]))),
q AS (SELECT q.*, coalesce(q.made_from_id, q.id) AS root FROM events_quota q WHERE q.event_id = %(source)s
  AND EXISTS (SELECT 1 FROM events_tickettype_quotas x JOIN t ON t.id = x.tickettype_id WHERE x.quota_id = q.id)),
d AS (SELECT e.id, e.starts_at - s.starts_at AS later FROM events_event e, events_event s WHERE s.id = %(source)s AND e.id = ANY(%(dates)s) AND e.id <> s.id)
"""
NEW_QUOTAS = """{chosen}
INSERT INTO events_quota (event_id, made_from_id, claimed, queued, {quota_columns})
SELECT d.id, q.root, 0, 0, {quota_from} FROM d, q
WHERE NOT EXISTS (SELECT 1 FROM events_quota o WHERE o.event_id = d.id AND (coalesce(o.made_from_id, o.id) = q.root OR o.name = q.name))
"""
CHANGED_QUOTAS = """{chosen}
UPDATE events_quota o SET capacity = q.capacity, name = CASE WHEN EXISTS (
  SELECT 1 FROM events_quota other WHERE other.event_id = o.event_id AND other.name = q.name) THEN o.name ELSE q.name END FROM d, q
WHERE o.event_id = d.id AND coalesce(o.made_from_id, o.id) = q.root AND o.claimed <= q.capacity AND (o.capacity, o.name) <> (q.capacity, q.name)
"""
TOO_SMALL = """{chosen}
SELECT count(*) FROM d, q, events_quota o WHERE o.event_id = d.id AND coalesce(o.made_from_id, o.id) = q.root AND o.capacity <> q.capacity
"""
NEW_TYPES = """{chosen}
INSERT INTO events_tickettype (event_id, made_from_id, sale_starts_at, sale_ends_at, archived_at, {type_columns})
SELECT d.id, t.root, t.sale_starts_at + d.later, t.sale_ends_at + d.later, NULL, {type_from} FROM d, t
WHERE t.archived_at IS NULL AND NOT EXISTS (SELECT 1 FROM events_tickettype o WHERE o.event_id = d.id AND coalesce(o.made_from_id, o.id) = t.root)
"""
CHANGED_TYPES = """{chosen}
UPDATE events_tickettype o SET sale_starts_at = t.sale_starts_at + d.later, sale_ends_at = t.sale_ends_at + d.later, archived_at = t.archived_at, {type_set}
FROM d, t WHERE o.event_id = d.id AND coalesce(o.made_from_id, o.id) = t.root
"""
# What an existing type counts against stays: its tickets may be claimed there.
NEW_LINKS = """{chosen}
INSERT INTO events_tickettype_quotas (tickettype_id, quota_id)
SELECT ot.id, oq.id FROM t JOIN events_tickettype_quotas x ON x.tickettype_id = t.id JOIN q ON q.id = x.quota_id CROSS JOIN d
JOIN events_tickettype ot ON ot.event_id = d.id AND coalesce(ot.made_from_id, ot.id) = t.root
JOIN events_quota oq ON oq.event_id = d.id AND (coalesce(oq.made_from_id, oq.id) = q.root OR oq.name = q.name)
WHERE NOT EXISTS (SELECT 1 FROM events_tickettype_quotas there WHERE there.tickettype_id = ot.id)
"""


def move_dates(*, moments: Sequence[tuple[int, datetime, datetime]]) -> None:
    """[(event id, start, end)]."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE events_event e SET starts_at = d.starts_at, ends_at = d.ends_at, design_version = design_version + 1 "
            "FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS d(id, starts_at, ends_at) WHERE e.id = d.id",
            [list(each) for each in zip(*moments, strict=True)],
        )


def count_anew() -> None:
    """The planner should know at once that the tables have grown by thousands of rows."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE events_event, events_quota, events_tickettype, events_tickettype_quotas")
