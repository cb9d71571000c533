"""The organiser's desk: long work and its results, sums of what was sold, messages, what was imported."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.models import Organiser
from events.models import Event, TicketType
from registrations.models import Order, Ticket


class Seal(models.Model):
    """One row: up to which ticket and hold the hours below are summed (sealing.py).

    `pending_*` are the ends seen by the last sweep. They are summed once every transaction that ran then
    has ended (`pending_xid`), since only then every row up to them can be seen."""

    ticket_id = models.BigIntegerField(default=0)
    hold_id = models.BigIntegerField(default=0)
    pending_ticket_id = models.BigIntegerField(default=0)
    pending_hold_id = models.BigIntegerField(default=0)
    pending_xid = models.BigIntegerField(default=0)
    sealed_at = models.DateTimeField(null=True)


class SalesHour(models.Model):
    """What was issued of one type in one hour, whatever became of it. Sums of ticket rows up to the seal."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    ticket_type = models.ForeignKey(TicketType, models.CASCADE, related_name="+")
    hour = models.DateTimeField()
    tickets = models.BigIntegerField()
    tickets_minor = models.BigIntegerField()
    orders = models.BigIntegerField(help_text="Orders whose first ticket is one of these.")
    orders_minor = models.BigIntegerField(help_text="Their totals.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "ticket_type", "hour"], name="sales_hour_once")]


class TrafficHour(models.Model):
    """From where people came in one hour, and how far: views, holds, orders. Views are swept from Redis."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    hour = models.DateTimeField()
    source = models.CharField(max_length=40, blank=True)
    views = models.BigIntegerField(default=0, db_default=0)
    holds = models.BigIntegerField(default=0, db_default=0)
    orders = models.BigIntegerField(default=0, db_default=0)
    tickets = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "hour", "source"], name="traffic_hour_once")]


class Repeat(models.TextChoices):
    DAILY = "day", "Every day"
    WEEKLY = "week", "Every week"


class ExportSchedule(models.Model):
    """An export that is made again and again; its maker gets a mail with the link."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    arguments = models.JSONField(help_text="What a job of exporting.py gets: what, format, filters.")
    every = models.CharField(max_length=5, choices=Repeat)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    next_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="export_schedule_due", condition=models.Q(ended_at=None))]


class Job(models.Model):
    """Work that takes longer than a page: an export, an import, an act on many orders. The row is the job."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12)
    arguments = models.JSONField(default=dict)
    schedule = models.ForeignKey(ExportSchedule, models.SET_NULL, null=True, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True, help_text="The worker's last sign of life; without one for minutes another takes over.")
    tries = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    done = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)
    file_name = models.CharField(max_length=200, blank=True, help_text="In the store; deleted after some days.")
    outcome = models.JSONField(default=dict, help_text="What came of it, for its page.")

    class Meta:
        indexes = [
            models.Index(fields=["asked_at"], name="job_due", condition=models.Q(finished_at=None, failed_at=None)),
            models.Index(fields=["event", "-id"], name="job_of_event"),
        ]

    @property
    def is_over(self) -> bool:
        return self.finished_at is not None or self.failed_at is not None


class Import(models.Model):
    """A file of attendees from another system, from its upload to its job."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=120)
    content = models.TextField(blank=True, help_text="The file; emptied when it was imported.")
    mapping = models.JSONField(default=dict, help_text="{field: column} and {type name: ticket type id}.")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    uploaded_at = models.DateTimeField()
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")


class ImportedRow(models.Model):
    """A row of another system that is an order here: the same row again makes nothing."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    key = models.CharField(max_length=64, help_text="The other system's id of the ticket, or a hash of the row.")
    order = models.ForeignKey(Order, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "key"], name="imported_once")]


class MessageTemplate(models.Model):
    """A text to begin a message with."""

    organiser = models.ForeignKey(Organiser, models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    subject = models.CharField(max_length=150)
    body = models.TextField(help_text="Markdown with {placeholders}.")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["organiser", "name"], name="template_name_once")]

    def __str__(self) -> str:
        return self.name


class Message(models.Model):
    """One text to many. Its recipients become rows of the outbox little by little (messaging.py)."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    subject = models.CharField(max_length=150)
    body = models.TextField()
    audience = models.JSONField(default=dict, help_text="To whom, and the filters of the list.")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    written_at = models.DateTimeField()
    send_at = models.DateTimeField(null=True, help_text="None: a draft.")
    gathered_at = models.DateTimeField(null=True, help_text="Its recipients stand in their rows.")
    stopped_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True, help_text="Every mail is in the outbox.")

    class Meta:
        indexes = [
            models.Index(
                fields=["send_at"],
                name="message_due",
                condition=models.Q(send_at__isnull=False, finished_at=None, stopped_at=None),
            ),
            models.Index(fields=["event", "-id"], name="message_of_event"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def state(self) -> str:
        """draft, stopped, sent, sending or scheduled."""
        if self.send_at is None:
            return "draft"
        if self.stopped_at:
            return "stopped"
        if self.finished_at:
            return "sent"
        return "sending" if self.gathered_at else "scheduled"


class Recipient(models.Model):
    """One address that a message goes to, once, and the order or ticket whose facts fill its text."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="recipients")
    email = models.EmailField()
    order = models.ForeignKey(Order, models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, models.CASCADE, null=True, related_name="+")
    owed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "email"], name="recipient_once")]
        indexes = [models.Index(fields=["message", "id"], name="recipient_to_owe", condition=models.Q(owed_at=None))]


class Unsubscribed(models.Model):
    """An address that does not want this organiser's messages, as a fingerprint. Written only by unsubscribing.py."""

    organiser = models.ForeignKey(Organiser, models.CASCADE, related_name="+")
    fingerprint = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organiser", "fingerprint"], name="unsubscribed_once")]
