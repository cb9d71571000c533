"""Who came in: gates, check-in lists, entries and every attempt."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from events.models import Event, TicketType
from registrations.models import Ticket


class CheckInList(models.Model):
    """Which tickets a gate accepts. No ticket types: all of the event's."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    name = models.CharField(max_length=80, default="Everyone")
    ticket_types = models.ManyToManyField(TicketType, blank=True, related_name="+")

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


class Via(models.TextChoices):
    CODE = "code", "Code"
    SERIAL = "serial", "Typed"
    HAND = "hand", "By hand"


class Scan(models.Model):
    """An attempt to enter, whatever came of it. Never changed."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="+")
    gate = models.ForeignKey(Gate, models.PROTECT, related_name="+")
    check_in_list = models.ForeignKey(CheckInList, models.PROTECT, related_name="+")
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="+")
    steward = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    nonce = models.CharField(max_length=40, null=True, help_text="The device's own key: an upload repeated is one scan.")
    presented = models.CharField(max_length=32, blank=True, help_text="SHA-256 of what was read, first half; never the code.")
    via = models.CharField(max_length=8, choices=Via, default=Via.CODE)
    verdict = models.CharField(max_length=20, choices=Verdict)
    scanned_at = models.DateTimeField(help_text="On the device's clock, put right.")
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "nonce"], name="scan_nonce_once")]
        indexes = [
            models.Index(fields=["event", "-id"], name="scan_of_event"),
            models.Index(fields=["ticket"], name="scan_of_ticket"),
        ]


class Entry(models.Model):
    """A ticket is in, by one check-in list. Its first insertion is the admission (S1)."""

    check_in_list = models.ForeignKey(CheckInList, models.PROTECT, related_name="+")
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="+")
    gate = models.ForeignKey(Gate, models.PROTECT, related_name="+")
    admitted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["check_in_list", "ticket"], name="one_entry_per_list")]
