"""The staff's desk: jobs, messages, imports, sums; to read."""

from django.contrib import admin

from ticketing.lib.desk import DeskAdmin
from workspace.models import (
    ExportSchedule,
    Import,
    ImportedRow,
    Job,
    Message,
    MessageTemplate,
    Recipient,
    SalesHour,
    Seal,
    TrafficHour,
    Unsubscribed,
)


@admin.register(Job)
class JobAdmin(DeskAdmin):
    list_display = ("id", "event", "kind", "asked_by", "asked_at", "started_at", "done", "total", "finished_at", "failed_at")
    list_select_related = ("event", "asked_by")


@admin.register(ExportSchedule)
class ExportScheduleAdmin(DeskAdmin):
    list_display = ("id", "event", "every", "asked_by", "next_at", "ended_at")
    list_select_related = ("event", "asked_by")


@admin.register(Import)
class ImportAdmin(DeskAdmin):
    list_display = ("id", "event", "file_name", "uploaded_by", "uploaded_at")
    list_select_related = ("event", "uploaded_by")
    exclude = ("content",)


@admin.register(ImportedRow)
class ImportedRowAdmin(DeskAdmin):
    list_display = ("id", "event", "order")
    list_select_related = ("event", "order")


@admin.register(Message)
class MessageAdmin(DeskAdmin):
    list_display = ("id", "event", "subject", "written_by", "send_at", "gathered_at", "finished_at", "stopped_at")
    list_select_related = ("event", "written_by")


@admin.register(MessageTemplate)
class MessageTemplateAdmin(DeskAdmin):
    list_display = ("id", "organiser", "name")
    list_select_related = ("organiser",)


@admin.register(Recipient)
class RecipientAdmin(DeskAdmin):
    list_display = ("id", "message", "email", "owed_at")
    list_select_related = ("message",)
    search_fields = ("email__iexact",)


@admin.register(SalesHour)
class SalesHourAdmin(DeskAdmin):
    list_display = ("event", "ticket_type", "hour", "tickets", "orders", "orders_minor")
    list_select_related = ("event", "ticket_type")


@admin.register(TrafficHour)
class TrafficHourAdmin(DeskAdmin):
    list_display = ("event", "hour", "source", "views", "holds", "orders")
    list_select_related = ("event",)


@admin.register(Seal)
class SealAdmin(DeskAdmin):
    list_display = ("ticket_id", "hold_id", "sealed_at")


@admin.register(Unsubscribed)
class UnsubscribedAdmin(DeskAdmin):
    list_display = ("id", "organiser", "at")
    list_select_related = ("organiser",)
