"""Local clocks and UTC. What an organiser types is the time on the wall at the venue."""

import functools
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

COMMON = (
    "Europe/Berlin",
    "Europe/London",
    "Europe/Paris",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Sydney",
    "UTC",
)


class NoSuchTime(ValueError):
    """The clocks jump over this time; the message says the mend."""


def to_utc(local: datetime, zone: str) -> datetime:
    """The wall-clock time in the zone as UTC. A time that happens twice (autumn) is the first of the two.
    NoSuchTime for one that clocks jump over (spring)."""
    there = local.replace(tzinfo=ZoneInfo(zone), fold=0)
    moment = there.astimezone(UTC)
    if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NoSuchTime(f"{local:%H:%M} does not exist on {local:%-d %B %Y} in {zone}: the clocks jump over it. Choose another time.")
    return moment


def to_local(moment: datetime, zone: str) -> datetime:
    """UTC as the wall-clock time in the zone, without zone, for form fields."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@functools.cache
def zone_choices() -> list[tuple[str, object]]:
    """For a select: the common ones first, then all."""
    rest = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "posix", "right")))
    return [("Common", [(zone, zone.replace("_", " ")) for zone in COMMON]), ("All", [(zone, zone.replace("_", " ")) for zone in rest])]
