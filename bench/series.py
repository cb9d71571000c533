"""A series of 13,000 dates: how quickly they are made and changed, and the CPU of every page that shows them."""

import time
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from bench import one_of_each, sales, workspace, world
from bench.stage import Stage, wait_until_idle
from events import publication, series_work
from events import series as verbs
from events.models import Event, EventSeries, SeriesWork
from events.repetition import Rule
from operations.demo import large

DATES, HOURS = 13_000, 5
Figures = dict[str, tuple[float, str, str]]


def measure(stage: Stage) -> Figures:
    series, figures = _made()
    middle = Event.objects.filter(series=series).order_by("starts_at")[DATES // 2]
    large.fill(event=middle, tickets=100, now=timezone.now(), price_minor=2500)
    things = one_of_each.of(middle, by=User.objects.get(email="bench@example.com"))
    with stage.serve(PAGE_CACHE="0"):
        client = sales.signed_in()
        wait_until_idle(stage, seconds=60)
        for name, path in (workspace.every_page(client, things) | lists_of(series, middle)).items():
            figures[f"series, {name}"] = (workspace.looked_at(stage, client, path), "ms CPU", "<= 50")
    return figures


def _made() -> tuple[Any, Figures]:
    now = timezone.now()
    event = world.an_event("bells")
    world.free_type(event, capacity=20)
    world.paid_type(event, capacity=20)
    first = event.local_start.date()
    at = [event.local_start.time().replace(hour=hour, minute=0, second=0, microsecond=0) for hour in range(10, 10 + HOURS)]
    rule = Rule(frequency="day", first=first, last=first + timedelta(days=DATES // HOURS - 1), at=at)
    began = time.monotonic()
    found = verbs.make_series(event=event, rule=rule, by=None, now=now)
    series_work.do_due(now=now)
    figures = {"series, 13,000 dates made": (time.monotonic() - began, "s", "<= 30")}
    for name, fields in {
        "series, all dates renamed": {"name": "An hour among the bells", "city": "Potsdam"},
        "series, all dates moved": {"starts_at": event.starts_at + timedelta(minutes=30), "ends_at": event.ends_at + timedelta(minutes=30)},
    }.items():
        before = verbs.snapshot(event=event)
        publication.update_event(event=event, fields=fields)
        verbs.spread_details(event=event, before=before, scope=verbs.ALL, by=None, now=now)
        began = time.monotonic()
        series_work.do_due(now=now)
        figures[name] = (time.monotonic() - began, "s", "<= 30")
    verbs.spread_types(event=event, kinds=list(event.ticket_types.all()), scope=verbs.ALL, by=None, now=now)
    began = time.monotonic()
    series_work.do_due(now=now)
    figures["series, tickets of all dates changed"] = (time.monotonic() - began, "s", "<= 30")
    assert not SeriesWork.objects.filter(finished_at=None).exists()
    return EventSeries.objects.get(pk=found.pk), figures


def lists_of(series: Any, middle: Any) -> dict[str, str]:
    """{name: address}: other places in the list of dates, and what everybody sees, never from the cache."""
    home, public = f"/manage/series/{series.slug}/", series.get_absolute_url()
    return {
        "home, page 200": f"{home}?page=200",
        "home, a month": f"{home}?month={middle.starts_at:%Y-%m}",
        "home, past": f"{home}?show=past",
        "public list": "/?q=",
        "public page": public,
        "public page, a day": f"{public}?day={middle.starts_at:%Y-%m-%d}",
    }
