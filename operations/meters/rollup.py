"""Meters from Redis into rows: minutes once they are over, hours and days from them, old ones away.

Safe to repeat and beside itself. A minute that a process writes late is rolled up again; what Redis
lost meanwhile stays as it was.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction

from events.models import Event
from operations.meters import live, sketches
from operations.models import DAY, HOUR, MINUTE, Meter, Minute
from ticketing.lib import meters

KEPT = {MINUTE: timedelta(days=2), HOUR: timedelta(days=62), DAY: timedelta(days=1100)}
LATE = timedelta(hours=2)  # an hour is summed again until it is this old
COLUMNS = ", ".join(meters.FIELDS)
SUMS = ", ".join(f"sum({name})::bigint" for name in meters.FIELDS)
EVENT_SUMS = ", ".join(f"sum((told->2->>{number})::bigint)::bigint" for number in range(len(meters.FIELDS)))
ON_CONFLICT = ", ".join(f"{name} = excluded.{name}" for name in meters.FIELDS)
EVENT_HOURS = f"""
INSERT INTO operations_eventmeter (seconds, started_at, event, organiser, {COLUMNS})
SELECT 3600, date_trunc('hour', m.started_at, 'UTC'), (told->>0)::bigint, (told->>1)::bigint, {EVENT_SUMS}
FROM operations_minute m, jsonb_array_elements(m.events) AS told WHERE m.started_at >= %s AND m.started_at < %s GROUP BY 2, 3, 4
ON CONFLICT (seconds, started_at, event, organiser) DO UPDATE SET {ON_CONFLICT}
"""
EVENT_DAYS = f"""
INSERT INTO operations_eventmeter (seconds, started_at, event, organiser, {COLUMNS})
SELECT 86400, date_trunc('day', started_at, 'UTC'), event, organiser, {SUMS}
FROM operations_eventmeter WHERE seconds = 3600 AND started_at >= %s AND started_at < %s GROUP BY 2, 3, 4
ON CONFLICT (seconds, started_at, event, organiser) DO UPDATE SET {ON_CONFLICT}
"""


def roll_up_minutes(*, now: datetime) -> int:
    """Write every finished minute that was written to since the last time. Returns how many. Raises redis.RedisError."""
    current = live.minute_of(now)
    due = [minute for minute in live.open_minutes() if minute < current]
    if not due:
        return 0
    live.connect().srem(meters.key("open"), *due)  # first: what is written from now on opens the minute again
    found = live.texts_of(due)
    for minute, texts in found.items():
        _keep(minute, texts)
    return len(found)


def _keep(minute: int, texts: dict[str, str]) -> None:
    moment = live.moment_of(minute)
    with transaction.atomic():
        row, _ = Minute.objects.select_for_update().get_or_create(started_at=moment)
        whole = row.processes.keys() <= texts.keys()
        told = live.merged(texts if whole else {name: text for name, text in texts.items() if name not in row.processes})
        if not whole:  # Redis lost what was rolled up before: the rows know it, and what is new is added
            _add_kept(row, told)
        row.processes = told.processes
        row.events = [[event, organiser, counts] for (event, organiser), counts in _with_organisers(told.events).items()]
        row.save()
        write(moment=moment, seconds=MINUTE, told=told)
    _mark_lost(told.lost)


def _add_kept(row: Minute, told: live.Told) -> None:
    told.processes |= row.processes
    for event, organiser, counts in row.events:
        told.events[event, organiser] = live.added(told.events.get((event, organiser), live.NOBODY), counts)
    _add_rows(told, Meter.objects.filter(seconds=MINUTE, started_at=row.started_at))


def _add_rows(told: live.Told, rows: Iterable[Meter]) -> None:
    for row in rows:
        key = (row.kind, row.name, row.outcome)
        told.routes[key] = live.added(told.routes.get(key, live.NOBODY), [getattr(row, name) for name in meters.FIELDS])
        told.bins[key] = sketches.merged([told.bins.get(key, {}), sketches.unpacked(row.sketch)])


def _with_organisers(events: dict[tuple[int, int], list[int]]) -> dict[tuple[int, int], list[int]]:
    """A request that loads no organiser says its event alone."""
    alone = [event for event, organiser in events if not organiser]
    owners = dict(Event.objects.filter(pk__in=alone).values_list("pk", "organiser_id"))
    whole: dict[tuple[int, int], list[int]] = {}
    for (event, organiser), counts in events.items():
        key = (event, organiser or owners.get(event, 0))
        whole[key] = live.added(whole.get(key, live.NOBODY), counts)
    return whole


def _mark_lost(minutes: Iterable[int]) -> None:
    """Minutes that a process had to drop: their rows, if others wrote them, are not the whole."""
    Minute.objects.filter(started_at__in=[live.moment_of(minute) for minute in minutes], complete=True).update(complete=False)


def write(*, moment: datetime, seconds: int, told: live.Told) -> None:
    """The rows of one minute, hour or day, in place of what was there."""
    Meter.objects.bulk_create(
        [
            Meter(
                started_at=moment,
                seconds=seconds,
                kind=kind,
                name=name,
                outcome=outcome,
                sketch=sketches.packed(told.bins[kind, name, outcome]),
                **dict(zip(meters.FIELDS, counts, strict=True)),
            )
            for (kind, name, outcome), counts in told.routes.items()
        ],
        update_conflicts=True,
        unique_fields=["seconds", "started_at", "kind", "name", "outcome"],
        update_fields=["sketch", *meters.FIELDS],
    )


def roll_up_hours(*, now: datetime) -> None:
    """Sum hours from minutes and days from hours, the running ones too, and delete what is older than KEPT."""
    hour, day = now.replace(minute=0, second=0, microsecond=0), now.replace(hour=0, minute=0, second=0, microsecond=0)
    since = min(hour - LATE, _last(HOUR) or hour - KEPT[MINUTE])
    since_day = min(day, since.replace(hour=0))
    _sum(MINUTE, HOUR, since, now)
    _sum(HOUR, DAY, since_day, now)
    with connection.cursor() as cursor:
        cursor.execute(EVENT_HOURS, [since, now])
        cursor.execute(EVENT_DAYS, [since_day, now])
        for seconds, kept in KEPT.items():
            cursor.execute("DELETE FROM operations_meter WHERE seconds = %s AND started_at < %s", [seconds, now - kept])
            cursor.execute("DELETE FROM operations_eventmeter WHERE seconds = %s AND started_at < %s", [seconds, now - kept])
        cursor.execute("DELETE FROM operations_minute WHERE started_at < %s", [now - KEPT[HOUR]])
        cursor.execute("UPDATE operations_minute SET events = '[]' WHERE started_at < %s AND events <> '[]'", [now - KEPT[MINUTE]])


def _last(seconds: int) -> datetime | None:
    last: datetime | None = Meter.objects.filter(seconds=seconds).order_by("-started_at").values_list("started_at", flat=True).first()
    return last


def _sum(fine: int, coarse: int, since: datetime, until: datetime) -> None:
    spans: dict[datetime, live.Told] = {}
    for row in Meter.objects.filter(seconds=fine, started_at__gte=since, started_at__lt=until).iterator():
        start = row.started_at.replace(minute=0) if coarse == HOUR else row.started_at.replace(hour=0)
        _add_rows(spans.setdefault(start, live.Told()), [row])
    for start, told in spans.items():
        write(moment=start, seconds=coarse, told=told)
