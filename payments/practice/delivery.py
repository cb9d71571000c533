"""Sends the practice provider's notices over HTTP, as a real provider would. Rows are the queue."""

import json
import logging
import urllib.error
import urllib.request
from datetime import datetime, timedelta

from django.urls import reverse

from payments.models import PracticeNotice
from payments.practice.gateway import SIGNATURE_HEADER, secrets, sign
from ticketing.lib.site import absolute

logger = logging.getLogger("ticketing.practice")
BATCH = 50
TIMEOUT_SECONDS = 5
MOST_TRIES = 12


def deliver_due(*, now: datetime) -> int:
    """Post what is due; what is not answered 200 is sent again, later each time. Returns how many arrived."""
    due = (
        PracticeNotice.objects.filter(due_at__lte=now, delivered_at=None, tries__lt=MOST_TRIES).select_related("session").order_by("due_at")
    )
    return sum(_deliver(notice, now) for notice in due[:BATCH])


def _deliver(notice: PracticeNotice, now: datetime) -> int:
    wait = timedelta(seconds=min(5 * 2**notice.tries, 3600))
    claimed = PracticeNotice.objects.filter(pk=notice.pk, tries=notice.tries, delivered_at=None).update(
        tries=notice.tries + 1, due_at=now + wait
    )
    if not claimed or not post(notice=notice, now=now):
        return 0
    PracticeNotice.objects.filter(pk=notice.pk).update(delivered_at=now)
    return 1


def post(*, notice: PracticeNotice, now: datetime) -> bool:
    """One HTTP request; True when it was answered 200."""
    body = json.dumps({"id": notice.notice_id, "kind": notice.kind, "session": notice.session.token}).encode()
    stamp = str(int(now.timestamp()))
    request = urllib.request.Request(
        absolute(reverse("payments:notice-new", kwargs={"gateway_name": "practice"})),
        data=body,
        method="POST",
        headers={"Content-Type": "application/json", SIGNATURE_HEADER: f"{stamp}.{sign(body=body, stamp=stamp, secret=secrets()[0])}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError) as error:
        logger.info("Notice %s not taken: %s", notice.notice_id, error)
        return False
