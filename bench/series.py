"""A series of 13,000 dates: how quickly they are made and changed, and the CPU of every page that shows them."""

import time
from datetime import timedelta
from typing import Any

from bench import meter, sales, world
from bench.stage import Stage, wait_until_idle

DATES, HOURS = 13_000, 5
REPEATS = 30


def measure(stage: Stage) -> dict[str, tuple[float, str, str]]:
    series, figures = _made()
    with stage.serve():
        client = sales.signed_in()
        wait_until_idle(stage, seconds=60)
        for name, path in looked_at(series).items():
            for _ in range(8):
                reply = client.get(path)
                assert reply.status == 200, (path, reply.status)
            wait_until_idle(stage, seconds=5)
            with meter.Watch(stage.roots()) as spent:
                for turn in range(REPEATS):
                    client.get(f"{path}{'&' if '?' in path else '?'}again={turn}" if path.startswith(("/series", "/?")) else path)
            figures[f"series, {name}"] = (spent.cpu / REPEATS * 1000, "ms CPU", "<= 50")
    return figures


def _made() -> tuple[Any, dict[str, tuple[float, str, str]]]:
    from django.utils import timezone

    from events import publication, series, series_work
    from events.models import EventSeries, SeriesWork
    from events.repetition import Rule

    now = timezone.now()
    event = world.an_event("bells")
    first = event.local_start.date()
    at = [event.local_start.time().replace(hour=hour, minute=0, second=0, microsecond=0) for hour in range(10, 10 + HOURS)]
    rule = Rule(frequency="day", first=first, last=first + timedelta(days=DATES // HOURS - 1), at=at)
    began = time.monotonic()
    found = series.make_series(event=event, rule=rule, by=None, now=now)
    series_work.do_due(now=now)
    figures = {"series, 13,000 dates made": (time.monotonic() - began, "s", "<= 30")}
    for name, fields in {
        "series, all dates renamed": {"name": "An hour among the bells", "city": "Potsdam"},
        "series, all dates moved": {"starts_at": event.starts_at + timedelta(minutes=30), "ends_at": event.ends_at + timedelta(minutes=30)},
    }.items():
        before = series.snapshot(event=event)
        publication.update_event(event=event, fields=fields)
        series.spread_details(event=event, before=before, scope=series.ALL, by=None, now=now)
        began = time.monotonic()
        series_work.do_due(now=now)
        figures[name] = (time.monotonic() - began, "s", "<= 30")
    series.spread_types(event=event, kinds=list(event.ticket_types.all()), scope=series.ALL, by=None, now=now)
    began = time.monotonic()
    series_work.do_due(now=now)
    figures["series, tickets of all dates changed"] = (time.monotonic() - began, "s", "<= 30")
    assert not SeriesWork.objects.filter(finished_at=None).exists()
    return EventSeries.objects.get(pk=found.pk), figures


def looked_at(series: Any) -> dict[str, str]:
    """{name: address}: what an organiser sees, and what everybody sees when it is not kept in the cache."""
    from events.models import Event

    middle = Event.objects.filter(series=series).order_by("starts_at")[DATES // 2]
    home, date = f"/manage/series/{series.slug}/", f"/manage/events/{middle.slug}/"
    return {
        "all events": "/manage/",
        "home": home,
        "home, page 200": f"{home}?page=200",
        "home, a month": f"{home}?month={middle.starts_at:%Y-%m}",
        "more dates": f"{home}dates/new/",
        "a date's home": date,
        "a date's details": f"{date}details/",
        "a date's tickets": f"{date}tickets/",
        "a date's orders": f"{date}orders/",
        "a date's waiting list": f"{date}waiting/",
        "a date's requests": f"{date}requests/",
        "public list": "/?q=",
        "public page": series.get_absolute_url(),
        "public page, a day": f"{series.get_absolute_url()}?day={middle.starts_at:%Y-%m-%d}",
    }
