"""The staff's desk: tokens, calls that were repeated, endpoints and what they were told. No secret is shown."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from api import tokens
from api.models import Call, Endpoint, Message, Reading, Token
from ticketing.lib import clock
from ticketing.lib.desk import DeskAdmin


@admin.register(Token)
class TokenAdmin(DeskAdmin):
    list_display = ("name", "organiser", "ending", "made_by", "made_at", "last_used_at", "revoked_at")
    list_select_related = ("organiser", "made_by")
    exclude = ("secret_hash",)
    actions = ("revoke",)

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        for token in rows:
            tokens.revoke(token=token, now=clock.now())


@admin.register(Call)
class CallAdmin(DeskAdmin):
    list_display = ("id", "token", "started_at", "answered_at", "status")
    list_select_related = ("token",)
    exclude = ("body",)


@admin.register(Endpoint)
class EndpointAdmin(DeskAdmin):
    list_display = ("id", "organiser", "url", "made_at", "paused_at", "removed_at", "failures", "failing_since")
    list_select_related = ("organiser",)
    exclude = ("sealed_secret",)


@admin.register(Message)
class MessageAdmin(DeskAdmin):
    list_display = ("id", "endpoint", "kind", "about", "happened_at", "tries", "delivered_at", "abandoned_at", "last_status")
    list_select_related = ("endpoint",)


@admin.register(Reading)
class ReadingAdmin(DeskAdmin):
    list_display = ("id", "read", "pending_xid")
