"""The staff's desk: gates, entries, scans."""

from django.contrib import admin

from scanning.models import CheckInList, Entry, Gate, Scan
from ticketing.lib.desk import DeskAdmin


@admin.register(Scan)
class ScanAdmin(DeskAdmin):
    list_display = ("id", "event", "gate", "ticket", "verdict", "via", "scanned_at", "steward")
    list_select_related = ("event", "gate", "ticket", "steward")
    search_fields = ("ticket__serial__exact",)


@admin.register(Entry)
class EntryAdmin(DeskAdmin):
    list_display = ("id", "gate", "ticket", "admitted_at")
    list_select_related = ("gate", "ticket")


@admin.register(Gate)
class GateAdmin(DeskAdmin):
    list_display = ("name", "event", "check_in_list")
    list_select_related = ("event", "check_in_list")


@admin.register(CheckInList)
class CheckInListAdmin(DeskAdmin):
    list_display = ("name", "event")
    list_select_related = ("event",)
