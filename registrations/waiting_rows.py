"""Who waits for tickets that are sold out: the table of the waiting list."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse

from events.models import Event, TicketType
from ticketing.lib.language_field import language_field

ENDED = {"left": "Left the list", "removed": "Removed", "over": "Sale is over"}


class WaitingEntryQuerySet(models.QuerySet["WaitingEntry"]):
    def waiting(self) -> WaitingEntryQuerySet:
        """Neither offered anything yet nor gone, first come first."""
        return self.filter(hold=None, ended_at=None).order_by("position", "id")


class WaitingEntry(models.Model):
    """Somebody waits for tickets of one type. An entry gets one offer, and that is a hold like any other: its
    places are claimed and its expiry gives them back. Changed only by waiting.py and waiting_offers.py."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="+")
    ticket_type = models.ForeignKey(TicketType, models.PROTECT, related_name="+")
    token = models.CharField(max_length=32, unique=True)
    email = models.EmailField()
    language = language_field("That it was joined in: of its mails; empty: the event's.")
    quantity = models.PositiveIntegerField()
    takes_fewer = models.BooleanField(default=True, db_default=True, help_text="Also when not all of them are free.")
    position = models.BigIntegerField(default=0, help_text="Smaller ones first; at first its own number.")
    joined_at = models.DateTimeField()
    hold = models.OneToOneField("registrations.Hold", models.PROTECT, null=True, related_name="+", help_text="The offer.")
    offered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=8, blank=True, choices=list(ENDED.items()))

    objects = WaitingEntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hold=None, offered_at=None) | models.Q(hold__isnull=False, offered_at__isnull=False, ended_at=None),
                name="entry_offered_once_or_ended",
            ),
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="entry_wants_something"),
            models.UniqueConstraint(
                Lower("email"), "ticket_type", name="waits_once_per_type", condition=models.Q(hold=None, ended_at=None)
            ),
        ]
        indexes = [
            models.Index(fields=["ticket_type", "position", "id"], name="entry_waiting", condition=models.Q(hold=None, ended_at=None)),
            models.Index(fields=["event", "position", "id"], name="entry_of_event"),
        ]

    def __str__(self) -> str:
        return f"entry {self.pk}"

    def get_absolute_url(self) -> str:
        """The unguessable link: whoever holds it is who waits."""
        return reverse("registrations:waiting-entry", kwargs={"token": self.token})

    @property
    def state(self) -> str:
        """waiting, offered, bought, missed, or why it ended: left, removed, over."""
        if self.ended_at:
            return self.end_reason
        if self.hold is None:
            return "waiting"
        if self.hold.converted_at:
            return "bought"
        return "missed" if self.hold.released_at else "offered"
