"""The staff's desk: gates, entries, scans, phones and their copies."""

from django.contrib import admin

from scanning.models import CheckInList, Conflict, Copy, CopyPart, Device, Entry, EntryPolicy, Gate, Scan, Seal, Shift, Undo
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


@admin.register(EntryPolicy)
class EntryPolicyAdmin(DeskAdmin):
    list_display = ("event", "unlisted")
    list_select_related = ("event",)


@admin.register(Device)
class DeviceAdmin(DeskAdmin):
    exclude = ("code", "token_hash")
    list_display = ("name", "event", "steward", "claimed_at", "last_seen_at", "battery", "queue", "copy_age_seconds", "revoked_at")
    list_select_related = ("event",)


@admin.register(Shift)
class ShiftAdmin(DeskAdmin):
    list_display = ("id", "device", "gate", "steward", "started_at")
    list_select_related = ("device", "gate")


@admin.register(Undo)
class UndoAdmin(DeskAdmin):
    list_display = ("id", "scan", "reason", "undone_at", "user", "device")
    list_select_related = ("scan", "user", "device")


@admin.register(Conflict)
class ConflictAdmin(DeskAdmin):
    list_display = ("id", "event", "kind", "cause", "scan", "earlier_scan", "found_at")
    list_select_related = ("event", "scan", "earlier_scan")


@admin.register(Seal)
class SealAdmin(DeskAdmin):
    """What a phone's copy is sealed with; the secret itself is for nobody's eyes."""

    exclude = ("secret",)
    ordering = ("-pk",)
    list_display = ("ticket",)
    list_select_related = ("ticket",)


@admin.register(Copy)
class CopyAdmin(DeskAdmin):
    list_display = ("id", "event", "number", "refreshed_at")
    list_select_related = ("event",)


@admin.register(CopyPart)
class CopyPartAdmin(DeskAdmin):
    exclude = ("content",)
    list_display = ("id", "event", "number", "whole", "built_at")
    list_select_related = ("event",)
