"""The plan's six functions, and which of our pages and tasks do their work."""

from collections.abc import Iterable

NAMES = ("create_event", "list_events", "event_stats", "register", "pay", "scan", "other")
MEMORY_MB = {"create_event": 512, "list_events": 512, "event_stats": 512, "register": 1024, "pay": 512, "scan": 256, "other": 512}
READ_HEAVY = ("list_events", "event_stats")

# Longest beginning first: the name of an address (app:noun) or of a task.
WORK: tuple[tuple[str, str], ...] = (
    ("events:event-list", "list_events"),
    ("events:event-new", "create_event"),
    ("events:event-edit", "create_event"),
    ("events:event", "list_events"),
    ("events:calendar", "list_events"),
    ("events:cover-file", "list_events"),
    ("workspace:home", "event_stats"),
    ("workspace:event-home", "event_stats"),
    ("events:", "create_event"),
    ("workspace:order-list", "event_stats"),
    ("workspace:export-new", "event_stats"),
    ("registrations:attendee", "event_stats"),
    ("registrations", "register"),
    ("outbox", "register"),
    ("payments", "pay"),
    ("scanning", "scan"),
)


def function_of(*, name: str) -> str:
    """ "registrations:review" → "register"; what serves none of the six is "other"."""
    return next((function for beginning, function in WORK if name.startswith(beginning)), "other")


def ordered(*, names: Iterable[str]) -> list[str]:
    """As the plan lists them, what is not in the plan last."""
    return sorted(names, key=lambda name: NAMES.index(name) if name in NAMES else len(NAMES))
