"""A trace's words and bars."""

from datetime import datetime, timedelta

from django import template

from operations.models import Recording
from operations.traces.finding import Shown
from operations.traces.tree import Step

register = template.Library()
KINDS = {"page": "request", "task": "task", "part": "turn in a sweep"}
STEPS = {
    "sql": "SQL",
    "redis": "Redis",
    "s3": "Store",
    "provider": "Provider",
    "mail": "Mail",
    "pdf": "PDF",
    "publish": "Task",
    "http": "Call",
    "log": "Log",
}
LEAST = 3.0  # thousandths: a bar that can be seen
LONG = timedelta(seconds=1)
Bar = tuple[str, str]


@register.filter
def took(microseconds: int) -> str:
    """{{ 1234|took }} → 1.2 ms"""
    if microseconds >= 10_000_000:
        return f"{microseconds / 1e6:.1f} s"
    if microseconds >= 1_000_000:
        return f"{microseconds / 1e6:.2f} s"
    return f"{microseconds / 1000:.0f} ms" if microseconds >= 10_000 else f"{microseconds / 1000:.1f} ms"


@register.filter
def kind_words(row: Recording) -> str:
    method, status = row.facts.get("http.request.method"), row.facts.get("http.response.status_code")
    return f"{method} {status}" if method else KINDS.get(row.kind, row.kind)


@register.filter
def step_words(kind: str) -> str:
    return STEPS.get(kind, kind)


@register.filter
def chosen(choices: dict[str, str], key: str) -> str:
    return choices[key]


@register.filter
def tone(row: Recording) -> str:
    return "bad" if row.outcome in ("failed", "busy") else "warn" if row.why != "sampled" else "well"


@register.filter
def is_long(pause: timedelta) -> bool:
    return pause >= LONG


@register.filter
def pause_words(pause: timedelta) -> str:
    seconds = round(pause.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


@register.simple_tag
def bar_of(step: Step, row: Recording) -> Bar:
    """(x, width) of a step within its recording, in thousandths."""
    return _bar(step.offset_us, step.took_us, row.duration_us)


@register.simple_tag
def span_of(shown: Shown, began: datetime, ended: datetime) -> Bar:
    """(x, width) of a recording within its trace, in thousandths."""
    row = shown.row
    return _bar((row.started_at - began) / timedelta(microseconds=1), row.duration_us, (ended - began) / timedelta(microseconds=1))


def _bar(offset: float, width: float, whole: float) -> Bar:
    scale = 1000 / (whole or 1)
    x = min(offset * scale, 1000 - LEAST)
    return f"{x:.1f}", f"{min(max(width * scale, LEAST), 1000 - x):.1f}"
