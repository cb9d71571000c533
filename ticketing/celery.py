"""Background work. The whole schedule is on this screen.

Queues by promise: `now` (a buyer waits), `soon` (mail), `whenever` (reports).
"""

import os
import sys
from typing import Any

from celery import Celery
from django.db import close_old_connections

from ticketing.metering import MeteredTask, MeterStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketing.settings")


class KeepingTask(MeteredTask):
    """Keeps its thread's database connection for the next task, as a web worker does between requests."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        close_old_connections()  # the ones that broke or are too old
        return super().__call__(*args, **kwargs)


app = Celery("ticketing", task_cls=KeepingTask)
app.steps["worker"].add(MeterStep)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize  # by itself Celery opens a new connection for each task: 5 ms of PostgreSQL's CPU
app.autodiscover_tasks()
app.conf.task_routes = {
    "registrations.fulfil": {"queue": "now"},
    "payments.handle_new_notices": {"queue": "now"},
    "payments.practice_deliver_due": {"queue": "now"},
    "events.do_series_work": {"queue": "whenever"},
    "outbox.*": {"queue": "soon"},
    "scanning.*": {"queue": "whenever"},
    "workspace.*": {"queue": "whenever"},
}
# Nudges are for speed; each line here finds the rows that a lost nudge left behind.
app.conf.beat_schedule = {
    "release expired holds": {"task": "registrations.expire_holds", "schedule": 10.0, "options": {"queue": "now", "expires": 10}},
    "put on sale what ended vouchers reserved": {"task": "registrations.end_reservations", "schedule": 60.0, "options": {"expires": 60}},
    "fulfil what a nudge missed": {"task": "registrations.fulfil_due", "schedule": 10.0, "options": {"queue": "now", "expires": 10}},
    "offer free places to who waits": {"task": "registrations.keep_promises", "schedule": 10.0, "options": {"expires": 10}},
    "make and change dates of series": {"task": "events.do_series_work", "schedule": 30.0, "options": {"expires": 30}},
    "send due mail": {"task": "outbox.send_due", "schedule": 10.0, "options": {"expires": 10}},
    "send mail that goes to many": {"task": "outbox.send_bulk_due", "schedule": 10.0, "options": {"expires": 10}},
    "owe the mail of messages": {"task": "workspace.send_messages", "schedule": 10.0, "options": {"expires": 10}},
    "exports, imports and long acts": {"task": "workspace.run_due_jobs", "schedule": 30.0, "options": {"expires": 30}},
    "sum up sales and views": {"task": "workspace.sum_up", "schedule": 60.0, "options": {"expires": 60}},
    "handle notices a nudge missed": {"task": "payments.handle_due_notices", "schedule": 10.0, "options": {"queue": "now", "expires": 10}},
    "close or settle open payments": {"task": "payments.settle_open", "schedule": 20.0, "options": {"queue": "now", "expires": 20}},
    "seal new tickets for gates' copies": {"task": "scanning.refresh_copies", "schedule": 60.0, "options": {"expires": 60}},
    "let everybody out at their lists' hour": {"task": "scanning.let_out_due", "schedule": 60.0, "options": {"expires": 60}},
    "send refunds due": {"task": "payments.send_refunds", "schedule": 20.0, "options": {"expires": 20}},
    "give back what cancelled events owe": {"task": "payments.refund_events", "schedule": 20.0, "options": {"expires": 20}},
    "post the provider's fees": {"task": "payments.take_fees", "schedule": 60.0, "options": {"queue": "whenever", "expires": 60}},
    "sum up what events' payments moved": {"task": "payments.sum_up", "schedule": 60.0, "options": {"queue": "whenever", "expires": 60}},
    "recover notices that never came": {"task": "payments.recover_notices", "schedule": 300.0, "options": {"expires": 300}},
    "compare lists with the provider": {"task": "payments.compare_lists", "schedule": 3600.0, "options": {"queue": "whenever"}},
    "check payouts to the cent": {"task": "payments.reconcile_payouts", "schedule": 86400.0, "options": {"queue": "whenever"}},
    "deliver the practice provider's notices": {
        "task": "payments.practice_deliver_due",
        "schedule": 5.0,
        "options": {"queue": "now", "expires": 5},
    },
    "forget files that nobody ordered with": {
        "task": "registrations.forget_unused_files",
        "schedule": 3600.0,
        "options": {"queue": "whenever", "expires": 3600},
    },
    "tell other programs what happened": {"task": "api.tell", "schedule": 5.0, "options": {"expires": 5}},
    "forget answers and messages that are old": {"task": "api.forget_old", "schedule": 3600.0, "options": {"queue": "whenever"}},
    "find passes in wallets that changed": {
        "task": "registrations.compare_passes",
        "schedule": 60.0,
        "options": {"queue": "whenever", "expires": 60},
    },
    "forget who asked for it": {"task": "registrations.erase_due", "schedule": 20.0, "options": {"queue": "soon", "expires": 20}},
    "forget whose event is long over": {
        "task": "registrations.erase_events",
        "schedule": 600.0,
        "options": {"queue": "whenever", "expires": 600},
    },
    "forget them at the payment provider": {
        "task": "payments.forget_buyers",
        "schedule": 60.0,
        "options": {"queue": "whenever", "expires": 60},
    },
    "forget what is old": {"task": "registrations.erase_old", "schedule": 3600.0, "options": {"queue": "whenever", "expires": 3600}},
    "keep watch": {"task": "operations.keep_watch", "schedule": 20.0, "options": {"queue": "now", "expires": 20}},
    "sum the meters": {"task": "operations.roll_up_hours", "schedule": 300.0, "options": {"queue": "whenever", "expires": 300}},
}
