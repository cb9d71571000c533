"""Telling people of alarms: mail through the outbox, signed webhooks, Slack-shaped JSON. The rows are the jobs."""

import hashlib
import hmac
import ipaddress
import json
import logging
import socket
import urllib.request
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from accounts.models import User
from operations.models import Alarm, Channel, Severity, Telling
from outbox import post
from ticketing.lib import traces
from ticketing.lib.site import absolute

logger = logging.getLogger("ticketing.watch")
SECONDS = 4
SIGNATURE_HEADER = "Alarm-Signature"
MOST_TRIES = 12


class NotTold(Exception):
    """The address did not take it, or must not be called."""


def owe(*, alarm: Alarm, now: datetime) -> None:
    """Owe everybody who listens the news that this alarm fired or cleared, once."""
    cleared = alarm.cleared_at is not None
    kind = "alarm_cleared" if cleared else "alarm_fired"
    for address in addresses():
        key = post.owe(kind=kind, to=address, subject_id=alarm.pk, now=now, key=f"{kind}:{alarm.pk}:{address}"[:120])
        post.send_now(key=key, now=now)  # here: the worker may be what the alarm is about
    channels = Channel.objects.filter(enabled=True)
    if alarm.rule.severity != Severity.URGENT:
        channels = channels.filter(urgent_only=False)
    Telling.objects.bulk_create(
        [Telling(alarm=alarm, channel=channel, cleared=cleared, due_at=now) for channel in channels], ignore_conflicts=True
    )


def addresses() -> list[str]:
    """ALARM_EMAILS, or else the superusers."""
    return settings.ALARM_EMAILS or list(User.objects.filter(is_superuser=True, is_active=True).values_list("email", flat=True))


def words(alarm: Alarm) -> str:
    """One sentence: what, how much, since when."""
    rule = alarm.rule
    if alarm.cleared_at is not None:
        return f"Cleared: {rule.title}. It lasted {_minutes(alarm.cleared_at - alarm.fired_at)}."
    value = "no value" if alarm.value is None else f"{alarm.value:.4g} {rule.unit}".strip()
    return f"{rule.title}: {value}, {'limit' if rule.above else 'at least'} {rule.threshold:g}."


def _minutes(span: timedelta) -> str:
    minutes = max(1, round(span / timedelta(minutes=1)))
    return f"{minutes} minute{'s' if minutes > 1 else ''}"


def alarm_mail(*, subject_id: int, to: str) -> EmailMessage | None:
    """Composed by the outbox when it is sent."""
    alarm = Alarm.objects.select_related("rule").filter(pk=subject_id).first()
    if alarm is None:
        return None
    sentence = words(alarm)
    link = absolute(reverse("operations:alarm", args=[alarm.rule.name]))
    body = f"{sentence}\n\nFired {alarm.fired_at:%Y-%m-%d %H:%M} UTC. {alarm.rule.get_severity_display()}.\n\nWhat to do: {link}\n"
    return EmailMessage(subject=f"[{settings.SITE_NAME}] {sentence}"[:150], body=body, to=[to])


def tell_due(*, now: datetime) -> int:
    """Call the addresses that are owed something. Returns how many were told."""
    told = 0
    due = Telling.objects.filter(told_at=None, due_at__lte=now, tries__lt=MOST_TRIES).select_related("alarm__rule", "channel")
    for row in due.order_by("due_at")[:20]:
        wait = timedelta(seconds=min(20 * 2**row.tries, 1800))
        if not Telling.objects.filter(pk=row.pk, due_at=row.due_at, told_at=None).update(due_at=now + wait, tries=row.tries + 1):
            continue  # another is calling
        try:
            _call(row.channel, body_for(row), now)
        except (NotTold, OSError, ValueError) as error:
            Telling.objects.filter(pk=row.pk).update(last_error=f"{type(error).__name__}: {error}"[:200])
            continue
        Telling.objects.filter(pk=row.pk).update(told_at=now, last_error="")
        told += 1
    return told


def body_for(row: Telling) -> bytes:
    """What the channel's kind expects."""
    alarm = row.alarm
    if row.channel.kind == "slack":
        return json.dumps({"text": words(alarm) + " " + absolute(reverse("operations:alarm", args=[alarm.rule.name]))}).encode()
    told: dict[str, Any] = {
        "alarm": alarm.pk,
        "rule": alarm.rule.name,
        "state": "cleared" if row.cleared else "firing",
        "severity": alarm.rule.severity,
        "value": alarm.value,
        "threshold": alarm.rule.threshold,
        "fired_at": alarm.fired_at.isoformat(),
        "cleared_at": alarm.cleared_at.isoformat() if row.cleared and alarm.cleared_at else None,
        "text": words(alarm),
    }
    return json.dumps(told).encode()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _call(channel: Channel, body: bytes, now: datetime) -> None:
    _refuse_private(channel.address)
    stamp = str(int(now.timestamp()))
    headers = {"Content-Type": "application/json", "User-Agent": "ticketing-alarms"}
    if channel.secret:
        headers[SIGNATURE_HEADER] = f"{stamp}.{sign(secret=channel.secret, stamp=stamp, body=body)}"
    if parent := traces.traceparent():
        headers["traceparent"] = parent
    request = urllib.request.Request(channel.address, data=body, headers=headers, method="POST")
    with traces.span("http", f"alarm {channel.kind}"), urllib.request.build_opener(_NoRedirect).open(request, timeout=SECONDS) as answer:
        if answer.status >= 300:
            raise NotTold(f"answered {answer.status}")


def sign(*, secret: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 over "<unix seconds>.<body>", hexadecimal."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _refuse_private(address: str) -> None:
    """An address inside our own network is not called unless ALARM_PRIVATE_NETWORKS allows it."""
    site = urlsplit(address)
    if site.scheme not in ("http", "https") or not site.hostname:
        raise NotTold("not a web address")
    if settings.ALARM_PRIVATE_NETWORKS:
        return
    for *_, where in socket.getaddrinfo(site.hostname, site.port or 443, type=socket.SOCK_STREAM):
        if not ipaddress.ip_address(where[0]).is_global:
            raise NotTold("an address of a private network")
