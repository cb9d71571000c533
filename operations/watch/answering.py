"""What people do about alarms: acknowledge, silence, run a failed task again."""

from datetime import datetime, timedelta
from typing import Any

from celery import current_app

from operations.meters import live
from operations.models import Alarm, Rule


def acknowledge(*, rule: Rule, by: Any, now: datetime) -> bool:
    """Somebody looks after it; the first one stands. False when nothing fires, or somebody did."""
    found = Alarm.objects.filter(rule=rule, cleared_at=None, acknowledged_at=None)
    return bool(found.update(acknowledged_at=now, acknowledged_by=by))


def silence(*, rule: Rule, span: timedelta | None, now: datetime) -> None:
    """Tell nobody of this rule for a while (None: tell again). It is judged and kept in the history all the same."""
    Rule.objects.filter(pk=rule.pk).update(silenced_until=now + span if span else None)


def run_again(*, at: str) -> bool:
    """Enqueue the failed task of that moment once more; it is idempotent, as all tasks are. False when it is gone."""
    for fact in live.failures(most=100):
        if str(fact["at"]) == at:
            current_app.send_task(fact["task"], kwargs=fact["arguments"], retry=False, ignore_result=True)
            return True
    return False
