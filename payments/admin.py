"""The staff's desk: money. Nothing is edited here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from payments import notices, reconciliation, settlement
from payments.gateway import GatewayTrouble
from payments.journal import AccountSum, Difference, EventRefund, EventSum, LedgerEntry, Payout, PayoutLine, Posting, SummedTo
from payments.models import Dispute, Notice, Payment, PayoutAccount, PracticeNotice, PracticePayout, PracticeRefund, PracticeSession, Refund
from ticketing.lib import clock
from ticketing.lib.desk import DeskAdmin


@admin.register(Payment)
class PaymentAdmin(DeskAdmin):
    list_display = ("id", "order", "gateway", "amount_minor", "currency", "opened_at", "succeeded_at", "failed_at", "mismatch_at")
    list_select_related = ("order",)
    search_fields = ("order__code__exact", "provider_id__exact")
    actions = ("ask",)

    @admin.action(description="Ask the provider now")
    def ask(self, request: HttpRequest, rows: Any) -> None:
        for payment in rows:
            try:
                settlement.settle(payment=payment, now=clock.now())
            except GatewayTrouble as error:
                self.message_user(request, f"Payment {payment.pk}: {error}", level="warning")


@admin.register(Refund)
class RefundAdmin(DeskAdmin):
    list_display = (
        "id",
        "payment",
        "amount_minor",
        "reason",
        "due_at",
        "staff_asked_at",
        "approved_at",
        "tries",
        "completed_at",
        "failed_at",
    )
    list_select_related = ("payment",)
    actions = ("approve",)

    @admin.action(description="Let automatic refunds above the hour's cap go out")
    def approve(self, request: HttpRequest, rows: Any) -> None:
        for refund in rows:
            settlement.approve_refund(refund=refund, now=clock.now())


@admin.register(Notice)
class NoticeAdmin(DeskAdmin):
    list_display = ("id", "gateway", "kind", "provider_id", "received_at", "handled_at", "tries", "last_error")
    search_fields = ("provider_id__exact", "provider_notice_id__exact")
    actions = ("handle",)

    @admin.action(description="Act on it now")
    def handle(self, request: HttpRequest, rows: Any) -> None:
        for notice in rows:
            notices.handle(notice=notice, now=clock.now())


@admin.register(LedgerEntry)
class LedgerEntryAdmin(DeskAdmin):
    list_display = ("id", "key", "kind", "organiser", "payment", "note", "posted_at")
    list_select_related = ("organiser", "payment")
    search_fields = ("key__exact",)


@admin.register(Posting)
class PostingAdmin(DeskAdmin):
    list_display = ("id", "entry", "account", "amount_minor", "currency")
    list_select_related = ("entry",)


@admin.register(Difference)
class DifferenceAdmin(DeskAdmin):
    list_display = ("id", "problem", "organiser", "payment", "ours_minor", "theirs_minor", "currency", "found_at", "settled_at", "decision")
    list_select_related = ("organiser", "payment")
    search_fields = ("provider_id__exact",)
    actions = ("settle",)

    @admin.action(description="Carry out the decision")
    def settle(self, request: HttpRequest, rows: Any) -> None:
        for difference in rows:
            try:
                reconciliation.settle_difference(difference=difference, by=request.user, now=clock.now())  # type: ignore[arg-type]
            except (reconciliation.CantSettle, GatewayTrouble) as error:
                self.message_user(request, f"Difference {difference.pk}: {error}", level="warning")


admin.site.register([Dispute, EventRefund, PayoutAccount, Payout, PayoutLine, PracticePayout], DeskAdmin)
admin.site.register([SummedTo, EventSum, AccountSum], DeskAdmin)
admin.site.register([PracticeSession, PracticeNotice, PracticeRefund], DeskAdmin)
