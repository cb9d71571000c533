"""The work on many dates: made, changed, published. The row is the job; a nudge starts it, a sweep finds it,
and what it does is safe to do again, as it says what shall be and not what shall change."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from events import publication, repetition, series_changes, series_copies, times
from events.models import Event, EventSeries, SeriesWork
from events.pages import changed_dates
from events.repetition import Rule
from events.series_rows import WorkKind
from ticketing.lib.clock import now as read_clock

TAKEN_FOR = timedelta(minutes=3)
CHUNK = 500


def do_due(*, now: datetime) -> int:
    """Do what is to be done, oldest first and one after another for each series. Returns how many were finished."""
    done = 0
    while work := SeriesWork.objects.filter(Q(taken_until=None) | Q(taken_until__lt=now), finished_at=None).order_by("id").first():
        if SeriesWork.objects.filter(series=work.series_id, finished_at=None, pk__lt=work.pk).exists() or not _taken(work, now):
            break
        _do(SeriesWork.objects.select_related("series__source", "series__organiser").get(pk=work.pk), now)
        done += 1
    return done


def _taken(work: SeriesWork, now: datetime) -> bool:
    mine = SeriesWork.objects.filter(pk=work.pk, finished_at=None, taken_until=work.taken_until)
    return bool(mine.update(taken_until=now + TAKEN_FOR))


def _do(work: SeriesWork, now: datetime) -> None:
    act = {
        WorkKind.DATES: _make_dates,
        WorkKind.DETAILS: _change_details,
        WorkKind.TICKETS: _change_tickets,
        WorkKind.PARTS: _change_parts,
        WorkKind.PUBLICATION: _publish,
    }[WorkKind(work.kind)]
    touched = [] if work.kind == WorkKind.DATES else list(_scope(work, now).values_list("slug", flat=True))  # before they are moved
    outcome = act(work, now)
    SeriesWork.objects.filter(pk=work.pk).update(finished_at=read_clock(), outcome=outcome[:200])
    changed_dates(touched)


@contextmanager
def _patience() -> Iterator[None]:
    """Thousands of rows may take longer than a page's statement, in this transaction alone."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '60s'")
    yield


def _make_dates(work: SeriesWork, now: datetime) -> str:
    series, source = work.series, work.series.source
    plan = repetition.planned(rules=[Rule.from_json(kept) for kept in series.rules], zone=source.time_zone)
    there = set(Event.objects.filter(series=series).values_list("planned_at", flat=True))
    length = times.to_local(source.ends_at, source.time_zone) - times.to_local(source.starts_at, source.time_zone)
    missing, made = iter([moment for moment in plan.moments if moment not in there]), 0
    while chunk := list(islice(missing, CHUNK)):
        with transaction.atomic(), _patience():
            published = EventSeries.objects.select_for_update().values_list("published_at", flat=True).get(pk=series.pk)
            moments = [(moment, _end(moment, length, source.time_zone)) for moment in chunk]
            made += len(series_copies.add_dates(series=series, moments=moments, now=now, published_at=published and now))
            SeriesWork.objects.filter(pk=work.pk).update(done=made, taken_until=read_clock() + TAKEN_FOR)
        if len(chunk) == CHUNK:
            series_copies.count_anew()
    skipped = f"; {len(plan.skipped)} left out, as the clocks jump over that hour" if plan.skipped else ""
    return f"{made:,} dates made{skipped}"


def _end(start: datetime, length: timedelta, zone: str) -> datetime:
    """By the clock on the wall; where the clocks jump over it, by the hours that pass."""
    try:
        return max(start, times.to_utc(times.to_local(start, zone) + length, zone))
    except times.NoSuchTime:
        return start + length


def _scope(work: SeriesWork, now: datetime) -> QuerySet[Event]:
    rows = Event.objects.filter(series=work.series_id, cancelled_at=None, ends_at__gt=now).exclude(pk=work.arguments.get("event"))
    return rows.filter(starts_at__gte=work.since) if work.since else rows


def _change_details(work: SeriesWork, now: datetime) -> str:
    with transaction.atomic(), _patience():
        ids = list(_scope(work, now).values_list("pk", flat=True))
        values = work.arguments.get("values", {})
        if values:
            redrawn = {"design_version": F("design_version") + 1} if set(values) & set(publication.ON_THE_TICKET) else {}
            Event.objects.filter(pk__in=ids).update(**values, **redrawn)
        if "shift_minutes" in work.arguments:
            _move(work, ids)
    return f"{len(ids):,} dates changed"


def _move(work: SeriesWork, ids: list[int]) -> None:
    """Where the clocks jump over the new hour, a date stays as it was. Done again it would move again, so the
    work says in the same transaction that it has moved them."""
    shift, length = (timedelta(minutes=work.arguments[name]) for name in ("shift_minutes", "length_minutes"))
    zone, moved = work.series.source.time_zone, []
    for event_id, starts_at in Event.objects.filter(pk__in=ids).values_list("pk", "starts_at"):
        try:
            start = times.to_utc(times.to_local(starts_at, zone) + shift, zone)
        except times.NoSuchTime:
            continue
        moved.append((event_id, start, _end(start, length, zone)))
    if moved:
        series_copies.move_dates(moments=moved)
    left = {name: value for name, value in work.arguments.items() if not name.endswith("_minutes")}
    SeriesWork.objects.filter(pk=work.pk).update(arguments=left)


def _change_tickets(work: SeriesWork, now: datetime) -> str:
    ids, kept = list(_scope(work, now).values_list("pk", flat=True)), 0
    source = Event.objects.get(pk=work.arguments["event"])
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic(), _patience():
            kept += series_copies.give_tickets(source=source, event_ids=ids[start : start + CHUNK], type_ids=work.arguments["types"])
    below = f"; {kept:,} capacities stay, as more is sold or held" if kept else ""
    return f"{len(ids):,} dates changed{below}"


def _change_parts(work: SeriesWork, now: datetime) -> str:
    ids, kept, told = list(_scope(work, now).values_list("pk", flat=True)), 0, work.arguments
    source = Event.objects.get(pk=told["event"])
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        with transaction.atomic(), _patience():
            if told["part"] == "terms":
                series_changes.give_terms(source=source, event_ids=chunk)
            elif told["part"] == "waiting":
                series_changes.give_waiting(source=source, event_ids=chunk)
            else:
                kept += series_changes.give(word=told["part"], part_id=told["id"], was=told["was"], source=source, event_ids=chunk)
    below = f"; at {kept:,} it stays, as more is sold or used" if kept else ""
    return f"{len(ids):,} dates changed{below}"


def _publish(work: SeriesWork, now: datetime) -> str:
    public = work.arguments["public"]
    rows = _scope(work, now).filter(published_at__isnull=public)
    count = publication.set_published(events=rows, published_at=now if public else None)
    return f"{count:,} dates {'published' if public else 'not public any more'}"
