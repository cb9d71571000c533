"""An event as a calendar file."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from email.mime.text import MIMEText

from icalendar import Calendar
from icalendar import Event as Entry

from events.models import Event
from ticketing.lib.languages import say
from ticketing.lib.site import absolute


def calendar_file(*, event: Event, now: datetime, link: str = "") -> bytes:
    """iCalendar (RFC 5545); times in UTC, so that no program needs our time zone's rules. The UID stays
    the same, so importing again updates the entry."""
    calendar = _calendar()
    calendar.add_component(_entry(event, now, link))
    return bytes(calendar.to_ical())


def _entry(event: Event, now: datetime, link: str) -> Entry:
    entry = Entry()
    entry.add("uid", f"event-{event.pk}@{absolute('').split('//')[1]}")
    entry.add("dtstamp", now)
    entry.add("dtstart", event.starts_at)
    entry.add("dtend", event.ends_at)
    entry.add("summary", event.name)
    entry.add("location", ", ".join(part for part in (event.venue_name, event.venue_address, event.city) if part) or say("Online"))
    entry.add("url", link or absolute(event.get_absolute_url()))
    if event.cancelled_at:
        entry.add("status", "CANCELLED")
    return entry


def calendar_of(*, events: Sequence[Event], name: str, now: datetime) -> bytes:
    """Several events as one calendar that programs subscribe to (REFRESH-INTERVAL: RFC 7986)."""
    calendar = _calendar()
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", timedelta(hours=1))
    for event in events:
        calendar.add_component(_entry(event, now, ""))
    return bytes(calendar.to_ical())


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Ticketing//EN")
    calendar.add("version", "2.0")
    return calendar


def calendar_part(*, event: Event, now: datetime, link: str) -> MIMEText:
    """The calendar file as a mail carries it."""
    part = MIMEText(calendar_file(event=event, now=now, link=link).decode(), "calendar", "utf-8")
    part.add_header("Content-Disposition", "attachment", filename=f"{event.slug}.ics")
    return part
