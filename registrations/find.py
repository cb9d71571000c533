"""Find my tickets: the links go to the address itself, and nobody else learns whether it bought.

The page does the same work and gives the same answer for every address; who bought is looked up
when the mail is composed, in a worker.
"""

import hashlib
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from outbox import post
from ticketing.lib.later import later

ASKED_PER_HOUR = 20  # from one network address; a family or an office shares one


def ask(*, email: str, address: str, now: datetime) -> bool:
    """Owe the mail; at most one an hour goes to one e-mail address. False when the network address asked too often.

    Redis away: the counter lets through, the database still holds the one mail an hour."""
    hour = int(now.timestamp() // 3600)
    if too_often(what="find", address=address, now=now):
        return False
    digest = hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]
    post.owe(kind="find_tickets", to=email.strip(), subject_id=hour, key=f"find_tickets:{digest}:{hour}", now=now)
    later("outbox.send_due")
    return True


def too_often(*, what: str, address: str, now: datetime) -> bool:
    """Whether this network address asks for that kind of mail more often in an hour than people do. Counts it."""
    return _asked(f"{what}:{address}:{int(now.timestamp() // 3600)}") > ASKED_PER_HOUR


def _asked(key: str) -> int:
    cache.add(key, 0, 3600)
    try:
        return int(cache.incr(key) or 0)
    except ValueError:  # Redis is away or has just forgotten
        return 0


def address_of(request: HttpRequest) -> str:
    """The visitor's network address; behind our proxy, what the proxy wrote last."""
    forwarded = request.headers.get("X-Forwarded-For", "") if getattr(settings, "SECURE_PROXY_SSL_HEADER", None) else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
