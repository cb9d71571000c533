"""Other programs: the tokens they call with, the calls they may repeat, and what they are told by webhooks."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Organiser


class Scope(models.TextChoices):
    """What a token may do. The words stand on the token's page."""

    EVENTS_READ = "events.read", "Read events, ticket types, capacities and figures"
    EVENTS_WRITE = "events.write", "Create, change, publish and cancel events"
    ORDERS_READ = "orders.read", "Read orders, attendees and tickets"
    ORDERS_WRITE = "orders.write", "Register, change and cancel orders"
    PAYMENTS_WRITE = "payments.write", "Open payments and give money back"
    SCANS_WRITE = "scans.write", "Scan tickets at the gates"


class Token(models.Model):
    """A key of another program to one organiser's things. Changed only by tokens.py; the secret is not kept."""

    organiser = models.ForeignKey(Organiser, models.CASCADE, related_name="+")
    name = models.CharField(max_length=80, help_text="Which program has it.")
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope))
    secret_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256.")
    ending = models.CharField(max_length=4, help_text="Its last characters, to tell tokens apart.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organiser", "-id"], name="token_of_organiser")]

    def __str__(self) -> str:
        return f"{self.name} …{self.ending}"


class Call(models.Model):
    """A call with an Idempotency-Key, and its first answer. Changed only by repeats.py; gone after a day."""

    token = models.ForeignKey(Token, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    asked = models.CharField(max_length=64, help_text="SHA-256 of method, address and body.")
    started_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="call_key_once")]
        indexes = [models.Index(fields=["started_at"], name="call_by_age")]


class Endpoint(models.Model):
    """An address of another program that is told what happens. Changed only by webhooks/endpoints.py and sending.py."""

    organiser = models.ForeignKey(Organiser, models.CASCADE, related_name="+")
    url = models.URLField(max_length=500)
    sealed_secret = models.BinaryField(help_text="Signs every message; encrypted as tickets' keys are.")
    kinds = ArrayField(models.CharField(max_length=30), default=list, help_text="Of none: every kind.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0, db_default=0, help_text="Tries in a row that failed.")
    failing_since = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True, help_text="While it fails: not called before.")
    taken_until = models.DateTimeField(null=True, help_text="A worker is at it; if it dies, another takes over then.")

    class Meta:
        indexes = [models.Index(fields=["organiser"], name="endpoint_running", condition=models.Q(removed_at=None))]

    def __str__(self) -> str:
        return self.url


class Message(models.Model):
    """One thing that happened, to be told to one endpoint. The row is the job (webhooks/sending.py)."""

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=30)
    fact = models.CharField(max_length=60, help_text="The row it was derived from: once for each endpoint.")
    about = models.CharField(max_length=40, help_text="Messages about one thing go out one after the other: order:12.")
    about_id = models.BigIntegerField()
    happened_at = models.DateTimeField()
    body = models.TextField(blank=True, help_text="As it is sent, from the first try on.")
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    tried_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=200, blank=True, db_default="")
    delivered_at = models.DateTimeField(null=True)
    abandoned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "fact"], name="message_once")]
        indexes = [
            models.Index(fields=["endpoint", "id"], name="message_open", condition=models.Q(delivered_at=None, abandoned_at=None)),
            models.Index(fields=["happened_at"], name="message_by_age"),
        ]

    @property
    def webhook_id(self) -> str:
        """The same at every try, so that a receiver knows what it has seen."""
        return f"msg_{self.pk}"


class Reading(models.Model):
    """One row: how far what happened was read (webhooks/facts.py), {source: id}.

    `pending` are the ends that the last reading saw; they are read once every transaction of that moment has
    ended (`pending_xid`), since only then every row up to them can be seen."""

    read = models.JSONField()
    pending = models.JSONField()
    pending_xid = models.BigIntegerField()
