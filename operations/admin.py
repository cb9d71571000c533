"""The staff's desk: limits and channels of alarms are set here; the rest is read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from operations.models import Alarm, Channel, Deploy, Drill, Rule, Telling
from ticketing.lib.desk import DeskAdmin


@admin.register(Rule)
class RuleAdmin(admin.ModelAdmin):
    list_display = ("title", "measure", "threshold", "severity", "enabled", "state")
    search_fields = ("name", "title")
    readonly_fields = ("name", "measure", "state", "value", "evaluated_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # it would come back; it can be switched off

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Channel)
class ChannelAdmin(admin.ModelAdmin):
    list_display = ("kind", "address", "urgent_only", "enabled")


@admin.register(Alarm, Deploy, Drill)
class WatchedAdmin(DeskAdmin):
    pass


@admin.register(Telling)
class TellingAdmin(DeskAdmin):
    list_display = ("alarm", "channel", "cleared", "due_at", "tries", "told_at", "last_error")
