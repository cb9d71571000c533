"""Who came in: gates, devices, check-in lists, entries, every attempt, and what a phone is sent."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from events.models import Event, TicketType
from registrations.models import Ticket


class CheckInList(models.Model):
    """Which tickets a gate accepts, and how often. No ticket types: all of the event's."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    name = models.CharField(max_length=80, default="Everyone")
    ticket_types = models.ManyToManyField(TicketType, blank=True, related_name="+")
    rule = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()), help_text="rules.py; {} is one entry.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "name"], name="list_name_once")]

    def __str__(self) -> str:
        return self.name


class Gate(models.Model):
    """A place where people are let in."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    name = models.CharField(max_length=80, default="Main gate")
    check_in_list = models.ForeignKey(CheckInList, models.PROTECT, related_name="gates")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "name"], name="gate_name_once")]

    def __str__(self) -> str:
        return self.name


class Unlisted(models.TextChoices):
    """What a signed code means that is not in the phone's copy."""

    ADMIT = "admit", "Admit"
    ASK = "ask", "Ask the steward"
    REFUSE = "refuse", "Refuse"


class EntryPolicy(models.Model):
    """How an event's gates decide what no list decides. No row: the defaults."""

    event = models.OneToOneField(Event, models.CASCADE, related_name="+")
    unlisted = models.CharField(max_length=6, choices=Unlisted, default=Unlisted.ASK)


class Device(models.Model):
    """A phone that works some gates of one event without an account. Changed only by devices.py."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    gates = models.ManyToManyField(Gate, related_name="+")
    kiosk = models.BooleanField(default=False, help_text="People scan themselves.")
    code = models.CharField(max_length=12, null=True, unique=True, help_text="Opens it once; gone when it did.")
    code_expires_at = models.DateTimeField()
    token_hash = models.CharField(max_length=64, null=True, unique=True, help_text="SHA-256 of the phone's own token.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="The steward gave it back.")
    steward = models.CharField(max_length=60, blank=True, help_text="Of the last shift.")
    last_seen_at = models.DateTimeField(null=True)
    battery = models.PositiveSmallIntegerField(null=True)
    queue = models.PositiveIntegerField(default=0, help_text="Scans it has not uploaded yet.")
    copy_number = models.PositiveIntegerField(null=True)
    copy_age_seconds = models.PositiveIntegerField(null=True)
    skew_ms = models.IntegerField(null=True, help_text="What its clock lacks, as it believes itself.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "name"], name="device_name_once")]

    def __str__(self) -> str:
        return self.name


class Shift(models.Model):
    """A steward takes over a device at a gate."""

    device = models.ForeignKey(Device, models.CASCADE, related_name="+")
    gate = models.ForeignKey(Gate, models.CASCADE, null=True, related_name="+")
    steward = models.CharField(max_length=60)
    nonce = models.CharField(max_length=40)
    started_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "nonce"], name="shift_nonce_once")]


class Verdict(models.TextChoices):
    """A scan's answer. The words for people stand in verdicts.py."""

    ADMITTED = "admitted"
    ALREADY_ADMITTED = "already_admitted"
    UNKNOWN = "unknown"
    FORGED = "forged"
    REVOKED = "revoked"
    CANCELLED = "cancelled"
    UNPAID = "unpaid"
    WRONG_EVENT = "wrong_event"
    WRONG_LIST = "wrong_list"
    WRONG_TIME = "wrong_time"
    AUTHENTIC_UNKNOWN = "authentic_unknown"
    EXITED = "exited"
    NOT_INSIDE = "not_inside"
    EXPIRED_CODE = "expired_code"
    STATIC_CODE = "static_code"


class Direction(models.TextChoices):
    IN = "in", "In"
    OUT = "out", "Out"


class Via(models.TextChoices):
    CODE = "code", "Code"
    SERIAL = "serial", "Typed"
    HAND = "hand", "By hand"
    ALL = "all", "All at once"


class Scan(models.Model):
    """An attempt to enter or to leave, whatever came of it. Never changed; an Undo answers it."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="+")
    gate = models.ForeignKey(Gate, models.PROTECT, related_name="+")
    check_in_list = models.ForeignKey(CheckInList, models.PROTECT, related_name="+")
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="+")
    steward = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="+")
    nonce = models.CharField(max_length=40, null=True, help_text="The device's own key: an upload repeated is one scan.")
    presented = models.CharField(max_length=32, blank=True, help_text="SHA-256 of what was read, first half; never the code.")
    via = models.CharField(max_length=8, choices=Via, default=Via.CODE)
    verdict = models.CharField(max_length=20, choices=Verdict)
    direction = models.CharField(max_length=3, choices=Direction, default=Direction.IN, db_default=Direction.IN)
    period = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="The rule's: 0, or the venue's day.")
    shown = models.CharField(max_length=20, null=True, help_text="The verdict a phone without network showed; null: decided here.")
    let_in = models.BooleanField(null=True, help_text="What that phone's steward did.")
    skew_ms = models.IntegerField(null=True)
    scanned_at = models.DateTimeField(help_text="On the device's clock, put right.")
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "nonce"], name="scan_nonce_once")]
        indexes = [
            models.Index(fields=["event", "-id"], name="scan_of_event"),
            models.Index(fields=["ticket"], name="scan_of_ticket"),
        ]


class Entry(models.Model):
    """What a ticket did by one check-in list in one period of its rule. Its first insertion, or the
    conditional update of what is there, is the admission (S1)."""

    check_in_list = models.ForeignKey(CheckInList, models.PROTECT, related_name="+")
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="+")
    period = models.PositiveSmallIntegerField(default=0, db_default=0)
    gate = models.ForeignKey(Gate, models.PROTECT, related_name="+", help_text="Of the last entry.")
    entries = models.PositiveSmallIntegerField(default=1, db_default=1)
    admitted_at = models.DateTimeField(help_text="The last entry.")
    left_at = models.DateTimeField(null=True, help_text="The last exit.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["check_in_list", "ticket", "period"], name="one_entry_per_list"),
            models.CheckConstraint(condition=models.Q(entries__gte=1), name="entry_is_one_at_least"),
        ]

    @property
    def is_inside(self) -> bool:
        """Means something only where the list's rule has exits."""
        return self.left_at is None or self.left_at < self.admitted_at


class Undo(models.Model):
    """An admission taken back, with the reason."""

    scan = models.OneToOneField(Scan, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=120)
    undone_at = models.DateTimeField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="+")


class ConflictKind(models.TextChoices):
    TWICE = "twice", "Let in twice"
    NOT_VALID = "not_valid", "Let in, not valid"
    UNLISTED = "unlisted", "Let in, unknown"


class Cause(models.TextChoices):
    """A guess, from times, gates, devices and skew (conflicts.py)."""

    SAME_DEVICE = "same_device", "One phone read it twice"
    CLOCK = "clock", "Clocks too far apart to tell"
    COPIED = "copied", "A copied ticket"
    PASSED_BACK = "passed_back", "Handed out again after entry"
    LATE_REVOCATION = "late_revocation", "Revoked while the phone had no network"
    RULE = "rule", "The list does not allow it"
    UNKNOWN = "unknown", "Not clear"


class Conflict(models.Model):
    """Somebody was let in without network and should not have been. Found at sync; written by conflicts.py."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    scan = models.OneToOneField(Scan, models.PROTECT, related_name="+")
    earlier_scan = models.ForeignKey(Scan, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=ConflictKind)
    cause = models.CharField(max_length=16, choices=Cause)
    found_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["event", "-id"], name="conflict_of_event")]


class Seal(models.Model):
    """Under which name and with which key a ticket stands in phones' copies. Derived from its code
    (seals.py); kept because the signature costs 40 µs, and a copy has 100,000."""

    ticket = models.OneToOneField(Ticket, models.CASCADE, primary_key=True, related_name="+")
    of_serial = models.BigIntegerField(null=True, help_text="Of the code it was made from; another since: it is made anew.")
    record_id = models.BinaryField(max_length=8)
    secret = models.BinaryField(max_length=32)


class Copy(models.Model):
    """What phones of an event carry: the number of its newest part, and how far it was read."""

    event = models.OneToOneField(Event, models.CASCADE, related_name="+")
    number = models.PositiveIntegerField(default=0)
    basis = models.CharField(max_length=16, blank=True, help_text="When it changes, every record is another one.")
    read_up_to = models.BigIntegerField(default=0, help_text="PostgreSQL's transaction before which all is in the parts.")
    refreshed_at = models.DateTimeField(null=True)


class CopyPart(models.Model):
    """A whole copy or what changed after it, as sent (docs/gate-protocol.md §3)."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    whole = models.BooleanField()
    content = models.BinaryField()
    built_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "number", "whole"], name="copy_part_once")]
