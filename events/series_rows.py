"""A series: many dates under one set-up. Each date is an event of its own, sold, edited and cancelled by itself."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse

from accounts.models import Organiser


class EventSeries(models.Model):
    """What its dates have in common. The rules say when they are; the dates are events that know their series."""

    organiser = models.ForeignKey(Organiser, models.PROTECT, related_name="+")
    name = models.CharField(max_length=160)
    slug = models.SlugField(max_length=60, unique=True)
    source = models.ForeignKey("events.Event", models.PROTECT, related_name="+", help_text="The date whose set-up new ones copy.")
    rules = models.JSONField(default=list, help_text="Of repetition.Rule; the dates are all of theirs together.")
    made_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organiser", "name"], name="series_of_organiser")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("events:series", kwargs={"series": self.slug})


class WorkKind(models.TextChoices):
    DATES = "dates", "Dates are made"
    DETAILS = "details", "Details are changed"
    TICKETS = "tickets", "Ticket types are changed"
    PARTS = "parts", "Prices, codes and questions are changed"
    PUBLICATION = "public", "Dates are published or taken back"


class SeriesWork(models.Model):
    """Something to be done to many dates. The row is the job: what it does is safe to do again."""

    series = models.ForeignKey(EventSeries, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=WorkKind)
    arguments = models.JSONField(default=dict)
    since = models.DateTimeField(null=True, help_text="Only dates from then on; None: all that are still to come.")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    wanted_at = models.DateTimeField()
    taken_until = models.DateTimeField(null=True, help_text="A worker is at it; after that another takes over.")
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="series_work_due", condition=models.Q(finished_at=None)),
            models.Index(fields=["series", "-id"], name="work_of_series"),
        ]
