"""A series of dates: made from an event and a rule, given more dates, published, changed from a date on.

Each date is an event of its own; what is done to many of them is written down as work (SeriesWork) in the
transaction of the decision and done in the background."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from events import publication, repetition, series_changes, times
from events.models import Event, EventSeries, SeriesWork, TicketType
from events.pages import changed
from events.repetition import Rule
from events.series_rows import WorkKind
from ticketing.lib import tokens
from ticketing.lib.later import later
from trail import record

# What dates have in common; times are moved, and zone and currency are of the whole series for good.
SHARED = (
    "name",
    "summary",
    "description",
    "venue_name",
    "venue_address",
    "city",
    "country",
    "online_url",
    "cover",
    "cover_width",
    "cover_height",
    "accent",
    "language",
    "tax_name",
    "tax_on_top",
    "fee_country",
    "max_per_buyer",
)
LATER, ALL = "later", "all"


class NotForSeries(Exception):
    """The event can't be repeated; the message says why."""

    code = "not_for_series"


def make_series(*, event: Event, rule: Rule, by: Any, now: datetime) -> EventSeries:
    """The event becomes the first date of a series, and its set-up that of the others. NotForSeries, TooManyDates."""
    if event.series_id or event.cancelled_at:
        raise NotForSeries("This event is a date of a series already." if event.series_id else "This event is cancelled. Copy it first.")
    with transaction.atomic():
        series = EventSeries.objects.create(
            organiser=event.organiser,
            name=event.name,
            slug=_free_slug(event.name),
            source=event,
            made_at=now,
            published_at=now if event.published_at else None,
        )
        Event.objects.filter(pk=event.pk).update(series=series, planned_at=event.starts_at)
        event.series, event.planned_at = series, event.starts_at
        _note("series_made", series, words=rule.sentence)
        add_rule(series=series, rule=rule, by=by, now=now)
        changed(event)
    return series


def _free_slug(name: str) -> str:
    base = slugify(name)[:50].strip("-") or "series"
    slug = base
    while EventSeries.objects.filter(slug=slug).exists():
        slug = f"{base}-{tokens.order_code().lower()[:4]}"
    return slug


def add_rule(*, series: EventSeries, rule: Rule, by: Any, now: datetime) -> SeriesWork:
    """More dates. TooManyDates when the series would have more than it may."""
    if sum(_count(Rule.from_json(kept)) for kept in series.rules) + _count(rule) > repetition.MOST_DATES:
        raise repetition.TooManyDates()
    series.rules = [*series.rules, rule.as_json()]
    with transaction.atomic():
        EventSeries.objects.filter(pk=series.pk).update(rules=series.rules)
        return _ask(series, WorkKind.DATES, {}, by=by, now=now, total=_count(rule))


def _count(rule: Rule) -> int:
    return sum(1 for _ in rule.days()) * len(rule.at)


def _ask(
    series: EventSeries, kind: str, arguments: dict[str, Any], *, by: Any, now: datetime, total: int = 0, since: datetime | None = None
) -> SeriesWork:
    work = SeriesWork.objects.create(series=series, kind=kind, arguments=arguments, since=since, asked_by=by, wanted_at=now, total=total)
    later("events.do_series_work")
    return work


def publish(*, series: EventSeries, by: Any, now: datetime) -> None:
    """Every date that is still to come, and the series' own page. NotReady says what is missing."""
    if missing := publication.missing_for_publication(event=series.source, now=min(now, series.source.ends_at - timedelta(seconds=1))):
        raise publication.NotReady(missing)
    with transaction.atomic():
        EventSeries.objects.filter(pk=series.pk).update(published_at=now)
        _note("series_published", series)
        _ask(series, WorkKind.PUBLICATION, {"public": True}, by=by, now=now)


def unpublish(*, series: EventSeries, by: Any, now: datetime) -> None:
    """Off the public pages, with all its dates. Tickets stay valid."""
    with transaction.atomic():
        EventSeries.objects.filter(pk=series.pk).update(published_at=None)
        _note("series_unpublished", series)
        _ask(series, WorkKind.PUBLICATION, {"public": False}, by=by, now=now)


def snapshot(*, event: Event) -> dict[str, Any]:
    """What dates have in common, and when this one is, before it is changed."""
    return {name: _plain(getattr(event, name)) for name in SHARED} | {"starts_at": event.starts_at, "ends_at": event.ends_at}


def spread_details(*, event: Event, before: dict[str, Any], scope: str, by: Any, now: datetime) -> SeriesWork | None:
    """What was just changed of this date, for this and later ones, or for all that are to come. `before`: its
    `snapshot`. Dates that were changed one by one get it too. None when nothing is to be spread."""
    arguments: dict[str, Any] = {"event": event.pk}
    values = {name: _plain(getattr(event, name)) for name in SHARED if _plain(getattr(event, name)) != before[name]}
    zone = event.time_zone
    shift = times.to_local(event.starts_at, zone) - times.to_local(before["starts_at"], zone)
    length = times.to_local(event.ends_at, zone) - times.to_local(event.starts_at, zone)
    lasted = times.to_local(before["ends_at"], zone) - times.to_local(before["starts_at"], zone)
    if values:
        arguments["values"] = values
    if shift or length != lasted:
        arguments |= {"shift_minutes": shift // timedelta(minutes=1), "length_minutes": length // timedelta(minutes=1)}
    if len(arguments) == 1:
        return None
    series = EventSeries.objects.get(pk=event.series_id)
    with transaction.atomic():
        if scope == ALL and "name" in values:
            EventSeries.objects.filter(pk=series.pk).update(name=event.name)
        names = [name.replace("_", " ") for name in values] + (["time"] if "shift_minutes" in arguments else [])
        _note("series_changed", series, words=f"{', '.join(names)}: {_scope_words(scope, event)}")
        return _ask(series, WorkKind.DETAILS, arguments, by=by, now=now, since=before["starts_at"] if scope == LATER else None)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def spread_types(*, event: Event, kinds: Sequence[TicketType], scope: str, by: Any, now: datetime) -> SeriesWork:
    """These ticket types and their capacities, as they are at this date, for others."""
    series = EventSeries.objects.get(pk=event.series_id)
    with transaction.atomic():
        _note("series_changed", series, words=f"{', '.join(kind.name for kind in kinds)}: {_scope_words(scope, event)}")
        arguments = {"event": event.pk, "types": [kind.pk for kind in kinds]}
        return _ask(series, WorkKind.TICKETS, arguments, by=by, now=now, since=event.starts_at if scope == LATER else None)


def spread_part(*, event: Event, part: series_changes.Part, was: str, scope: str, by: Any, now: datetime) -> SeriesWork:
    """A price step, discount, code or question, as it is at this date, for others. `was`: its name before it was
    changed, by `series_changes.name_of`; empty when it is new."""
    word = series_changes.word_for(part)
    arguments = {"event": event.pk, "part": word, "id": part.pk, "was": was}
    return _spread_parts(event, arguments, f"{word} {series_changes.name_of(part)}", scope, by, now)


def spread_terms(*, event: Event, scope: str, by: Any, now: datetime) -> SeriesWork:
    """The rules for buyers, as they are at this date, for others."""
    return _spread_parts(event, {"event": event.pk, "part": "terms"}, "rules for buyers", scope, by, now)


def spread_waiting(*, event: Event, scope: str, by: Any, now: datetime) -> SeriesWork:
    """How the waiting list works, as it is at this date, for others."""
    return _spread_parts(event, {"event": event.pk, "part": "waiting"}, "terms of the waiting list", scope, by, now)


def _spread_parts(event: Event, arguments: dict[str, Any], words: str, scope: str, by: Any, now: datetime) -> SeriesWork:
    series = EventSeries.objects.get(pk=event.series_id)
    with transaction.atomic():
        _note("series_changed", series, words=f"{words}: {_scope_words(scope, event)}")
        return _ask(series, WorkKind.PARTS, arguments, by=by, now=now, since=event.starts_at if scope == LATER else None)


def _scope_words(scope: str, event: Event) -> str:
    return f"from {event.local_start:%-d %B %Y} on" if scope == LATER else "all dates to come"


def _note(act: str, series: EventSeries, *, words: str = "") -> None:
    record.note(act=act, about="series", about_id=series.pk, organiser_id=series.organiser_id, words=words)
