"""Every part asked once, shortly. `manage.py doctor` tries them for real."""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.files.storage import default_storage
from django.db import connection

from operations.dashboard import overview
from operations.meters import live
from ticketing.lib import clock


@dataclass(frozen=True, kw_only=True)
class Part:
    name: str
    well: bool
    said: str


def parts() -> list[Part]:
    return [_asked("Database", _database), _asked("Redis", _redis), _asked("Storage", _storage), _asked("Watch", _watch)]


def _asked(name: str, ask: Callable[[], str]) -> Part:
    try:
        return Part(name=name, well=True, said=ask())
    except Exception as error:  # each part fails in its own ways
        return Part(name=name, well=False, said=str(error) or type(error).__name__)


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        return f"PostgreSQL {cursor.fetchone()[0]}"


def _redis() -> str:
    live.connect().ping()
    return "answers"


def _storage() -> str:
    default_storage.exists("watch/probe")
    return "answers"


def _watch() -> str:
    age = overview.sample_age(now=clock.now())
    if age is None or age > 120:
        raise RuntimeError("Nobody has judged the alarms for two minutes.")
    return f"judged {age:.0f} s ago"
