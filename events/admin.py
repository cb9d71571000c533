"""The staff's desk: what is sold."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from events import publication
from events.models import BuyerTerms, Category, Discount, Event, EventSeries, PriceTier, Promotion, Question, Quota, SeriesWork, TicketType
from ticketing.lib import clock
from ticketing.lib.desk import DeskAdmin


@admin.register(Event)
class EventAdmin(DeskAdmin):
    list_display = ("name", "organiser", "starts_at", "city", "published_at", "cancelled_at")
    list_select_related = ("organiser",)
    search_fields = ("name", "slug")
    actions = ("publish", "unpublish", "cancel")

    @admin.action(description="Publish")
    def publish(self, request: HttpRequest, rows: Any) -> None:
        for event in rows:
            try:
                publication.publish(event=event, now=clock.now())
            except publication.NotReady as error:
                self.message_user(request, f"{event}: {error}", level="warning")

    @admin.action(description="Unpublish")
    def unpublish(self, request: HttpRequest, rows: Any) -> None:
        for event in rows:
            publication.unpublish(event=event)

    @admin.action(description="Cancel: nothing is sold any more")
    def cancel(self, request: HttpRequest, rows: Any) -> None:
        for event in rows:
            publication.cancel(event=event, now=clock.now())


@admin.register(TicketType)
class TicketTypeAdmin(DeskAdmin):
    list_display = ("name", "event", "pricing", "price_minor", "hidden", "archived_at")
    list_select_related = ("event",)
    search_fields = ("name", "event__name")


@admin.register(Quota)
class QuotaAdmin(DeskAdmin):
    list_display = ("name", "event", "capacity", "claimed", "queued")
    list_select_related = ("event",)
    search_fields = ("name", "event__name")


@admin.register(Promotion)
class PromotionAdmin(DeskAdmin):
    list_display = (
        "code",
        "event",
        "percent",
        "amount_minor",
        "uses",
        "max_uses",
        "given_minor",
        "budget_minor",
        "reserved",
        "reserved_free",
        "archived_at",
    )
    list_select_related = ("event",)
    search_fields = ("code__exact", "event__name")


@admin.register(PriceTier)
class PriceTierAdmin(DeskAdmin):
    list_display = ("name", "ticket_type", "price_minor", "ends_at", "quantity", "claimed", "archived_at")
    list_select_related = ("ticket_type",)
    search_fields = ("name", "ticket_type__name", "ticket_type__event__name")


@admin.register(Discount)
class DiscountAdmin(DeskAdmin):
    list_display = ("name", "event", "from_tickets", "percent", "amount_minor", "archived_at")
    list_select_related = ("event",)
    search_fields = ("name", "event__name")


@admin.register(EventSeries)
class EventSeriesAdmin(DeskAdmin):
    list_display = ("name", "organiser", "source", "made_at", "published_at")
    list_select_related = ("organiser", "source")
    search_fields = ("name", "slug")


@admin.register(SeriesWork)
class SeriesWorkAdmin(DeskAdmin):
    list_display = ("series", "kind", "wanted_at", "taken_until", "done", "total", "finished_at", "outcome")
    list_select_related = ("series",)
    search_fields = ("series__slug__exact",)


@admin.register(Category)
class CategoryAdmin(DeskAdmin):
    list_display = ("name", "event", "position")
    list_select_related = ("event",)


@admin.register(BuyerTerms)
class BuyerTermsAdmin(DeskAdmin):
    list_display = ("event", "transfers", "changes_until_hours", "cancel_until_hours", "cancel_fee_minor", "cancel_fee_percent")
    list_select_related = ("event",)


@admin.register(Question)
class QuestionAdmin(DeskAdmin):
    list_display = ("label", "event", "kind", "per_ticket", "required", "position", "archived_at")
    list_select_related = ("event",)
