"""What the watch keeps: meters by minute, hour and day, alarms, traces. Derived from facts elsewhere, read by nobody below.

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


class Sample(models.Model):
    """What the whole measured about itself at one moment: see operations/watch/measures.py.

    `sampled_at` is the beginning of its 20 seconds, so that of several watchers one takes it."""

    sampled_at = models.DateTimeField(primary_key=True)
    values = models.JSONField(default=dict, help_text="{measure: [value or null, samples it rests on]}")


class Recording(models.Model):
    """A request, a task or one row's turn in a sweep, with its spans: a part of a trace. Nothing a person typed is in it."""

    trace = models.UUIDField(help_text="The trace's 128 bits.")
    span = models.CharField(max_length=16, help_text="The id of its root span, hexadecimal.")
    parent = models.CharField(max_length=16, blank=True, help_text="The span of the same trace that asked for it.")
    link = models.CharField(max_length=32, blank=True, help_text="The trace that asked for it, where that is another.")
    started_at = models.DateTimeField()
    duration_us = models.BigIntegerField()
    kind = models.CharField(max_length=8, help_text="page, task, or part of one.")
    name = models.CharField(max_length=120, help_text="The address's name, such as events:event, or the task's.")
    outcome = models.CharField(max_length=8, help_text="ok, refused, busy or failed.")
    why = models.CharField(max_length=8, help_text="It was kept because it failed, was slow, or was sampled.")
    event = models.BigIntegerField(default=0, help_text="Its id; 0 where it is not known.")
    facts = models.JSONField(default=dict, help_text="Attributes of the root span, by OpenTelemetry's names.")
    spans = models.JSONField(default=list, help_text="[[kind, name, offset and duration in microseconds, attributes]]")

    class Meta:
        indexes = [
            models.Index(fields=["trace", "started_at"], name="recording_of_trace"),
            models.Index(fields=["-started_at"], name="recording_newest"),
            models.Index(fields=["-started_at"], name="recording_of_trouble", condition=~models.Q(why="sampled")),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.span}"


class Severity(models.TextChoices):
    URGENT = "urgent", "Urgent: somebody must look now"
    WARNING = "warning", "Warning: within the day"


class Missing(models.TextChoices):
    MISSING = "missing", "Say that it is missing"
    FIRING = "firing", "Missing is trouble"
    OK = "ok", "Missing is well"
    KEEP = "keep", "Stay as it was"


class State(models.TextChoices):
    OK = "ok", "OK"
    FIRING = "firing", "Firing"
    MISSING = "missing", "Missing"


class Rule(models.Model):
    """When to call somebody: a measure past a threshold, M times of the last N, taken every 20 seconds.

    The state is written by operations/watch/evaluation.py alone; staff change the rest in the admin."""

    name = models.SlugField(max_length=60, unique=True, help_text="Also the heading in docs/runbook.md.")
    title = models.CharField(max_length=120)
    measure = models.CharField(max_length=60)
    above = models.BooleanField(default=True, help_text="Trouble is above the threshold; otherwise below.")
    threshold = models.FloatField()
    clear_threshold = models.FloatField(help_text="Clears only on this side of it, so that it does not flutter.")
    unit = models.CharField(max_length=12, blank=True)
    datapoints = models.PositiveSmallIntegerField(default=2, help_text="M: so many past the threshold …")
    evaluations = models.PositiveSmallIntegerField(default=3, help_text="… N: of the last so many.")
    minimum_samples = models.PositiveIntegerField(default=1, help_text="Resting on fewer, a measure says nothing.")
    missing = models.CharField(max_length=8, choices=Missing, default=Missing.MISSING)
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.URGENT)
    enabled = models.BooleanField(default=True)
    silenced_until = models.DateTimeField(null=True, blank=True)

    state = models.CharField(max_length=8, choices=State, default=State.OK, editable=False)
    points = models.CharField(max_length=60, blank=True, editable=False, help_text="The last N: b past, g good, m missing, oldest first.")
    value = models.FloatField(null=True, editable=False)
    evaluated_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.title


class Alarm(models.Model):
    """One time that a rule fired: its history."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="+")
    fired_at = models.DateTimeField()
    value = models.FloatField(null=True)
    cleared_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule"], condition=models.Q(cleared_at=None), name="alarm_open_once")]
        indexes = [models.Index(fields=["-fired_at"], name="alarm_newest")]


class Channel(models.Model):
    """Where alarms are told besides mail: a program's address."""

    kind = models.CharField(max_length=8, choices=[("webhook", "Signed webhook"), ("slack", "Slack-shaped JSON")])
    address = models.URLField(max_length=400)
    secret = models.CharField(max_length=80, blank=True, help_text="Signs a webhook: HMAC-SHA256 over time and body.")
    urgent_only = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.address[:40]}"


class Telling(models.Model):
    """An alarm owed to a channel. The row is the job."""

    alarm = models.ForeignKey(Alarm, models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+")
    cleared = models.BooleanField(default=False)
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    told_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alarm", "channel", "cleared"], name="telling_once")]


class Drill(models.Model):
    """A restore that was tried for real, with what it measured."""

    finished_at = models.DateTimeField()
    passed = models.BooleanField()
    rpo_seconds = models.FloatField(null=True)
    rto_seconds = models.FloatField(null=True)


class Deploy(models.Model):
    """A version that began to serve: a mark on the charts."""

    version = models.CharField(max_length=60, unique=True)
    started_at = models.DateTimeField()
