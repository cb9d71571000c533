"""The staff's desk: holds, orders, tickets."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from registrations import cancellation, checkout
from registrations.models import (
    AnswerFile,
    Answers,
    BuyerAllowance,
    Erasure,
    Hold,
    HoldLine,
    Invoice,
    InvoiceCounter,
    Order,
    OrderLine,
    PassOnPhone,
    RotatingCodes,
    SigningKey,
    StaffOrder,
    Ticket,
    Transfer,
    WaitingEntry,
)
from ticketing.lib import clock
from ticketing.lib.desk import DeskAdmin


@admin.register(Hold)
class HoldAdmin(DeskAdmin):
    list_display = ("id", "event", "created_at", "expires_at", "payment_open_since", "converted_at", "released_at")
    list_select_related = ("event",)
    exclude = ("token",)
    actions = ("release",)

    @admin.action(description="Give the places back")
    def release(self, request: HttpRequest, rows: QuerySet[Hold]) -> None:
        done = sum(checkout.release_hold(hold=hold, now=clock.now()) for hold in rows)
        self.message_user(request, f"{done} holds released; the others had ended or wait for a payment.")


@admin.register(Order)
class OrderAdmin(DeskAdmin):
    list_display = ("code", "event", "buyer_name", "buyer_email", "total_minor", "currency", "placed_at", "confirmed_at", "cancelled_at")
    list_select_related = ("event",)
    search_fields = ("code__exact", "buyer_email__iexact")
    search_help_text = "Whole order code, or whole e-mail address"
    exclude = ("secret",)
    actions = ("cancel",)

    @admin.action(description="Cancel (money is given back from the order's own page)")
    def cancel(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        done = sum(cancellation.cancel_order(order=order, now=clock.now()) for order in rows)
        self.message_user(request, f"{done} orders cancelled.")


@admin.register(Ticket)
class TicketAdmin(DeskAdmin):
    list_display = ("id", "event", "order", "position", "attendee_name", "ticket_type", "voided_at")
    list_select_related = ("event", "order", "ticket_type")
    search_fields = ("serial__exact", "order__code__exact")
    search_help_text = "Whole serial, or whole order code"
    actions = ("void",)

    @admin.action(description="Make void")
    def void(self, request: HttpRequest, rows: Any) -> None:
        done = sum(cancellation.void_ticket(ticket=ticket, reason="staff", now=clock.now()) for ticket in rows)
        self.message_user(request, f"{done} tickets are void now.")


@admin.register(HoldLine)
class HoldLineAdmin(DeskAdmin):
    list_display = ("id", "hold", "ticket_type", "quantity", "price_minor")
    list_select_related = ("hold", "ticket_type")


@admin.register(OrderLine)
class OrderLineAdmin(DeskAdmin):
    list_display = ("id", "order", "ticket_type", "quantity", "price_minor")
    list_select_related = ("order", "ticket_type")


@admin.register(SigningKey)
class SigningKeyAdmin(DeskAdmin):
    list_display = ("event", "key_id", "created_at", "retired_at")
    list_select_related = ("event",)
    exclude = ("sealed_private_key", "public_key")


@admin.register(BuyerAllowance)
class BuyerAllowanceAdmin(DeskAdmin):
    list_display = ("event", "email", "claimed")
    list_select_related = ("event",)
    search_fields = ("email__exact",)


@admin.register(Invoice)
class InvoiceAdmin(DeskAdmin):
    list_display = ("label", "kind", "organiser", "order", "net_minor", "tax_minor", "currency", "issued_at")
    list_select_related = ("organiser", "order")
    search_fields = ("order__code__exact", "label__exact")


@admin.register(InvoiceCounter)
class InvoiceCounterAdmin(DeskAdmin):
    list_display = ("organiser", "last")
    list_select_related = ("organiser",)


@admin.register(StaffOrder)
class StaffOrderAdmin(DeskAdmin):
    list_display = ("order", "kind", "paid_by", "made_by")
    list_select_related = ("order", "made_by")
    ordering = ("-pk",)


@admin.register(RotatingCodes)
class RotatingCodesAdmin(DeskAdmin):
    exclude = ("sealed_key",)
    list_display = ("event", "static_codes", "started_at")
    list_select_related = ("event",)


@admin.register(WaitingEntry)
class WaitingEntryAdmin(DeskAdmin):
    list_display = ("email", "event", "ticket_type", "quantity", "joined_at", "offered_at", "ended_at", "end_reason")
    list_select_related = ("event", "ticket_type")
    search_fields = ("email__iexact",)
    search_help_text = "Whole e-mail address"
    exclude = ("token",)


@admin.register(Transfer)
class TransferAdmin(DeskAdmin):
    list_display = ("id", "ticket", "event", "from_name", "to_name", "made_at", "ended_at")
    list_select_related = ("ticket", "event")
    exclude = ("secret",)


@admin.register(Answers)
class AnswersAdmin(DeskAdmin):
    list_display = ("id", "order", "position")
    list_select_related = ("order",)


@admin.register(AnswerFile)
class AnswerFileAdmin(DeskAdmin):
    list_display = ("id", "event", "order", "name", "content_type", "uploaded_at")
    list_select_related = ("event", "order")
    exclude = ("token", "path")


@admin.register(PassOnPhone)
class PassOnPhoneAdmin(DeskAdmin):
    list_display = ("id", "ticket", "number", "changed_at")
    list_select_related = ("ticket",)
    exclude = ("phone", "push_token")


@admin.register(Erasure)
class ErasureAdmin(DeskAdmin):
    list_display = ("id", "subject", "subject_id", "event_id", "asked_at", "due_at", "erased_at", "kept_outside_at")
