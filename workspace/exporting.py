"""Exports: small ones at once, large ones as a job whose file lies in the store; some made again and again."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse

from events.models import Event
from outbox import post
from ticketing.lib import spreadsheets, tokens
from ticketing.lib.later import later
from trail import record
from workspace import jobs
from workspace.filters import Filter
from workspace.jobs import Beat
from workspace.models import ExportSchedule, Job, Repeat
from workspace.sheets import SHEETS, Row

AT_ONCE = 5000  # rows; more take a job
STEP = {Repeat.DAILY: timedelta(days=1), Repeat.WEEKLY: timedelta(days=7)}


def row_count(*, event: Event, what: str, wanted: Filter, most: int | None = None) -> int:
    """How many rows the export has; counted no further than `most`."""
    found = SHEETS[what].found(event, wanted)
    return int((found if most is None else found[:most]).count())


def answer(*, event: Event, what: str, wanted: Filter, form: str) -> HttpResponseBase:
    """The file itself, in constant memory. `form`: csv or xlsx."""
    sheet, name = SHEETS[what], f"{what}-{event.slug}.{form}"
    head, rows = sheet.table(event=event, wanted=wanted)
    response: HttpResponseBase
    if form == "csv":
        response = StreamingHttpResponse(line.encode() for line in spreadsheets.csv_lines(head, rows))
    else:
        file = tempfile.TemporaryFile()  # noqa: SIM115 — closed, and so deleted, with the response
        spreadsheets.write_xlsx(file, head, rows)
        file.seek(0)
        response = FileResponse(file)
    response.headers["Content-Type"] = spreadsheets.TYPES[form]
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def ask(*, event: Event, what: str, wanted: Filter, form: str, by: Any, now: datetime, schedule: ExportSchedule | None = None) -> Job:
    """A job that makes the file. Its rows are counted first, so that it can say how far it is."""
    arguments = {"what": what, "format": form, "filters": wanted.as_dict()}
    with transaction.atomic():
        total = row_count(event=event, what=what, wanted=wanted)
        job = jobs.ask(event=event, kind="export", arguments=arguments, by=by, total=total, now=now, schedule=schedule)
        record.note(act="export_made", about="event", about_id=event.pk, event_id=event.pk, words=f"{SHEETS[what].title}, {total} rows")
    return job


def make_file(*, job: Job, beat: Beat, now: datetime) -> dict[str, Any]:
    """The worker of export jobs: rows from a cursor to a temporary file, and that into the store."""
    what, form = job.arguments["what"], job.arguments["format"]
    sheet, wanted = SHEETS[what], Filter.of(job.arguments["filters"])
    head, rows = sheet.table(event=job.event, wanted=wanted)
    counted = Counted(rows, beat)
    with unhurried(), tempfile.TemporaryFile() as file:
        if form == "csv":
            spreadsheets.write_csv(file, head, counted)
        else:
            spreadsheets.write_xlsx(file, head, counted)
        file.seek(0)
        job.file_name = str(default_storage.save(f"exports/{job.event_id}/{tokens.link_token()}.{form}", File(file)))
    Job.objects.filter(pk=job.pk).update(done=counted.done)
    if job.schedule_id and job.asked_by:
        with transaction.atomic():
            post.owe(kind="export_ready", to=job.asked_by.email, subject_id=job.pk, now=now, event_id=job.event_id)
            later("outbox.send_due")
    return {"rows": counted.done}


@contextmanager
def unhurried() -> Iterator[None]:
    """No time limit for a statement: a million rows with answers are found in one, which no buyer waits for."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        try:
            yield
        finally:
            cursor.execute("RESET statement_timeout")


class Counted:
    """The rows, counted as they go by; after `beat` the page shows how far it is."""

    def __init__(self, rows: Iterator[Row], beat: Beat) -> None:
        self.rows, self.beat, self.done = rows, beat, 0

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows:
            yield row
            self.done += 1
            if self.done % 500 == 0:
                self.beat(self.done)


def schedule(*, event: Event, what: str, wanted: Filter, form: str, every: str, by: Any, now: datetime) -> ExportSchedule:
    """The same export every day or week, beginning now."""
    arguments = {"what": what, "format": form, "filters": wanted.as_dict()}
    return ExportSchedule.objects.create(event=event, arguments=arguments, every=every, asked_by=by, created_at=now, next_at=now)


def end_schedule(*, schedule: ExportSchedule, now: datetime) -> None:
    ExportSchedule.objects.filter(pk=schedule.pk, ended_at=None).update(ended_at=now)


def ask_due(*, now: datetime) -> int:
    """Make jobs of the schedules that are due, each once: moving `next_at` on decides between two sweeps."""
    due = ExportSchedule.objects.filter(ended_at=None, next_at__lte=now).select_related("event", "asked_by")
    return sum(_ask_again(row, now) for row in due[:100])


def _ask_again(row: ExportSchedule, now: datetime) -> int:
    next_at = row.next_at
    while next_at <= now:
        next_at += STEP[Repeat(row.every)]
    with transaction.atomic():
        if not ExportSchedule.objects.filter(pk=row.pk, next_at=row.next_at, ended_at=None).update(next_at=next_at):
            return 0
        given = row.arguments
        ask(
            event=row.event,
            what=given["what"],
            wanted=Filter.of(given["filters"]),
            form=given["format"],
            by=row.asked_by,
            now=now,
            schedule=row,
        )
    return 1
