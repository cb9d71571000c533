"""Long work: the row is the job. A nudge starts it at once, a sweep finds what the nudge left, and a job whose
worker died is taken over after two minutes without a sign of life; what a job does is safe to do again."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils.module_loading import import_string

from events.models import Event
from ticketing.lib.later import later
from trail import record
from workspace.models import ExportSchedule, Job

DEAD_AFTER = timedelta(minutes=2)
MOST_TRIES = 3
KEPT_FOR = timedelta(days=7)
BEAT_SECONDS = 0.5
BEGINNING = 5_030_911  # the advisory lock of whoever begins a job
# What does a job of a kind, by name: it takes (job, beat, now) and returns the outcome for the job's page.
WORKERS = {
    "export": "workspace.exporting.make_file",
    "cancel": "workspace.selection.cancel_all",
    "resend": "workspace.selection.resend_all",
    "import": "workspace.importing.import_all",
}


class Beat:
    """`beat(done)`: how far the job is. Written twice a second at most, and then also a sign of life."""

    def __init__(self, job: Job) -> None:
        self.job, self.last = job, 0.0

    def __call__(self, done: int) -> None:
        if time.monotonic() - self.last >= BEAT_SECONDS:
            self.last = time.monotonic()
            Job.objects.filter(pk=self.job.pk).update(done=done, beat_at=Now())


def ask(
    *,
    event: Event,
    kind: str,
    arguments: Mapping[str, Any],
    by: Any,
    total: int | None,
    now: datetime,
    schedule: ExportSchedule | None = None,
) -> Job:
    """A job to be done soon."""
    job = Job.objects.create(event=event, kind=kind, arguments=dict(arguments), asked_by=by, asked_at=now, total=total, schedule=schedule)
    later("workspace.run_job", job_id=job.pk)
    return job


def run(*, job_id: int, now: datetime) -> bool:
    """Do the job, if nobody else does. False when there is nothing to do, or others are at work already."""
    if not _begun(job_id, now):
        return False
    job = Job.objects.select_related("event__organiser", "asked_by", "schedule").get(pk=job_id)
    if job.tries > MOST_TRIES:
        fail(job=job, why="It was begun three times and never came to its end.", now=now)
        return True
    who = record.Actor(str(job.asked_by)[:150], job.asked_by_id) if job.asked_by else record.SYSTEM
    try:
        with record.acting(who):
            outcome = import_string(WORKERS[job.kind])(job=job, beat=Beat(job), now=now)
    except Exception as error:
        fail(job=job, why=f"{type(error).__name__}: {error}", now=now)
        raise
    Job.objects.filter(pk=job.pk).update(finished_at=Now(), outcome=outcome, file_name=job.file_name)
    return True


def _begun(job_id: int, now: datetime) -> bool:
    """The job is ours. Beginnings stand in a line: of two that both see a free place one would be too many, and
    with it every worker could be busy with exports while a buyer waits."""
    waiting = Job.objects.filter(finished_at=None, failed_at=None)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [BEGINNING])
        if waiting.filter(beat_at__gte=now - DEAD_AFTER).exclude(pk=job_id).count() >= settings.JOBS_AT_ONCE:
            return False
        mine = waiting.filter(Q(beat_at=None) | Q(beat_at__lt=now - DEAD_AFTER), pk=job_id)
        return bool(mine.update(beat_at=now, started_at=Coalesce("started_at", now), tries=F("tries") + 1))


def fail(*, job: Job, why: str, now: datetime) -> None:
    Job.objects.filter(pk=job.pk, finished_at=None).update(failed_at=now, failure=why[:300])


def run_due(*, now: datetime) -> None:
    """What a nudge missed, oldest first; and files that were kept long enough are deleted."""
    due = Job.objects.filter(Q(beat_at=None) | Q(beat_at__lt=now - DEAD_AFTER), finished_at=None, failed_at=None)
    for job_id in list(due.order_by("asked_at").values_list("pk", flat=True)[:20]):
        run(job_id=job_id, now=now)
    for job in Job.objects.filter(finished_at__lt=now - KEPT_FOR).exclude(file_name="")[:100]:
        default_storage.delete(job.file_name)
        Job.objects.filter(pk=job.pk).update(file_name="")
