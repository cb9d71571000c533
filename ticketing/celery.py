"""Background work. The whole schedule is on this screen.

Queues by promise: `now` (a buyer waits), `soon` (mail), `whenever` (reports).
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketing.settings")

app = Celery("ticketing")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.task_routes = {
    "registrations.fulfil": {"queue": "now"},
    "payments.handle_notice": {"queue": "now"},
    "payments.practice_deliver_due": {"queue": "now"},
    "outbox.*": {"queue": "soon"},
}
# Nudges are for speed; each line here finds the rows that a lost nudge left behind.
app.conf.beat_schedule = {
    "release expired holds": {"task": "registrations.expire_holds", "schedule": 10.0, "options": {"queue": "now", "expires": 10}},
    "fulfil what a nudge missed": {"task": "registrations.fulfil_due", "schedule": 10.0, "options": {"queue": "now", "expires": 10}},
    "send due mail": {"task": "outbox.send_due", "schedule": 10.0, "options": {"expires": 10}},
    "handle notices a nudge missed": {"task": "payments.handle_due_notices", "schedule": 10.0, "options": {"queue": "now", "expires": 10}},
    "close or settle open payments": {"task": "payments.settle_open", "schedule": 20.0, "options": {"queue": "now", "expires": 20}},
    "send refunds due": {"task": "payments.send_refunds", "schedule": 20.0, "options": {"expires": 20}},
    "deliver the practice provider's notices": {
        "task": "payments.practice_deliver_due",
        "schedule": 5.0,
        "options": {"queue": "now", "expires": 5},
    },
}
