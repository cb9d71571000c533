"""Nudges for speed. The row is the job; a periodic sweep is the guarantee.

A nudge that is lost (Redis away, process killed) costs seconds, never work.
"""

import logging
import time
from typing import Any

from celery import current_app
from django.db import transaction

from ticketing.lib import traces

logger = logging.getLogger("ticketing.later")

QUIET_SECONDS = 5.0
_quiet_until = 0.0


def later(task_name: str, **arguments: Any) -> None:
    """Enqueue the named task once the current transaction commits. Never raises."""
    transaction.on_commit(lambda: _send(task_name, arguments), robust=True)


def _send(task_name: str, arguments: dict[str, Any]) -> None:
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    parent = traces.traceparent()
    try:
        with traces.span("publish", task_name):
            current_app.send_task(task_name, kwargs=arguments, retry=False, ignore_result=True, headers={"traceparent": parent})
    except Exception as error:  # kombu raises many kinds; none of them may touch the sale
        _quiet_until = time.monotonic() + QUIET_SECONDS
        logger.warning("Broker does not answer (%s); the sweep will do %s.", type(error).__name__, task_name)
