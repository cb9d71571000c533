"""The staff's desk: mail that is owed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from outbox import post
from outbox.models import Mail
from ticketing.lib import clock
from ticketing.lib.desk import DeskAdmin


@admin.register(Mail)
class MailAdmin(DeskAdmin):
    list_display = ("key", "kind", "bulk", "to", "queued_at", "due_at", "tries", "sent_at", "given_up_at", "last_error")
    search_fields = ("to__iexact", "key__exact")
    exclude = ("message",)
    actions = ("retry",)

    @admin.action(description="Try again now")
    def retry(self, request: HttpRequest, rows: Any) -> None:
        post.try_again(mails=rows, now=clock.now())
