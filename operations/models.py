"""What the watch keeps: meters by minute, hour and day. Derived from facts elsewhere, read by nobody below.

Event and organiser are plain ids here: a meter outlives what it measured, and metering must not lock it.
"""

from django.db import models

MINUTE, HOUR, DAY = 60, 3600, 86400


class Minute(models.Model):
    """A minute that was metered. No row, or not `complete`: what happened then is missing, not zero."""

    started_at = models.DateTimeField(primary_key=True)
    complete = models.BooleanField(default=True, help_text="False: a process had to drop what it had counted.")
    processes = models.JSONField(default=dict, help_text="{process: role} of those that are counted in it.")
    events = models.JSONField(default=list, help_text="[[event, organiser, [counts as in meters.FIELDS]]]")


class Counts(models.Model):
    """The fields of ticketing.lib.meters.FIELDS, in sums. Times in microseconds, sizes in bytes."""

    count = models.BigIntegerField(default=0, help_text="Requests or tasks.")
    duration_us = models.BigIntegerField(default=0)
    cpu_us = models.BigIntegerField(default=0, help_text="CPU of the thread that did the work.")
    sql = models.BigIntegerField(default=0, help_text="Statements.")
    sql_us = models.BigIntegerField(default=0, help_text="Time in statements, as waited for.")
    cache_hits = models.BigIntegerField(default=0)
    cache_misses = models.BigIntegerField(default=0)
    page_hits = models.BigIntegerField(default=0, help_text="Answered whole from the page cache.")
    bytes_out = models.BigIntegerField(default=0, help_text="Of answers, before compression; streamed ones are not counted.")
    s3_puts = models.BigIntegerField(default=0, help_text="PUT, POST, COPY and LIST calls.")
    s3_gets = models.BigIntegerField(default=0, help_text="GET, HEAD and other calls.")
    s3_bytes_up = models.BigIntegerField(default=0)
    s3_refused = models.BigIntegerField(default=0, help_text="Answered 4xx, but for a HEAD that asks whether an object exists.")
    s3_failed = models.BigIntegerField(default=0, help_text="Answered 5xx, or not at all.")
    provider_calls = models.BigIntegerField(default=0)
    provider_failed = models.BigIntegerField(default=0)
    mails = models.BigIntegerField(default=0)
    mails_failed = models.BigIntegerField(default=0)
    pdfs = models.BigIntegerField(default=0, help_text="Documents drawn.")
    pdf_bytes = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class Meter(Counts):
    """What one route or task used in one minute, hour or day, by outcome."""

    started_at = models.DateTimeField()
    seconds = models.PositiveIntegerField(help_text="60, 3600 or 86400.")
    kind = models.CharField(max_length=8, help_text="page or task.")
    name = models.CharField(max_length=120, help_text="The address's name, such as events:event, or the task's.")
    outcome = models.CharField(max_length=8, help_text="ok, refused, busy or failed.")
    sketch = models.BinaryField(help_text="Durations: see operations/meters/sketches.py.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seconds", "started_at", "kind", "name", "outcome"], name="meter_once")]
        indexes = [models.Index(fields=["seconds", "name", "started_at"], name="meter_of_route")]


class EventMeter(Counts):
    """What one event, or an organiser apart from its events (event 0), used in one hour or day, pages and tasks together."""

    started_at = models.DateTimeField()
    seconds = models.PositiveIntegerField(help_text="3600 or 86400.")
    event = models.BigIntegerField(help_text="Its id; 0 where only the organiser is known.")
    organiser = models.BigIntegerField(help_text="Its id; 0 where it is not known.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seconds", "started_at", "event", "organiser"], name="event_meter_once")]
