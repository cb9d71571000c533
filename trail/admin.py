"""The staff's desk: the trail, to read."""

from django.contrib import admin

from ticketing.lib.desk import DeskAdmin
from trail.models import Change


@admin.register(Change)
class ChangeAdmin(DeskAdmin):
    list_display = ("at", "actor", "act", "about", "about_id", "event_id", "words")
    search_fields = ("about_id__exact",)
    search_help_text = "Id of the row it was about"
