"""How long the site's certificate lasts: asked at the public address, as a browser would."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache

ASKED_FOR_SECONDS = 3600


def days_left(*, now: datetime) -> float | None:
    """Days until the certificate of SITE_URL ends; None without https, or when nobody answers there. Asked once an hour."""
    if not settings.HTTPS:
        return None
    ends = cache.get("certificate-ends")
    if ends is None:
        ends = _asked()
        cache.set("certificate-ends", ends, ASKED_FOR_SECONDS)
    return (datetime.fromtimestamp(ends, tz=UTC) - now) / timedelta(days=1) if ends else None


def _asked() -> float:
    """Unix seconds of its end; 0 when it could not be read."""
    site = urlsplit(settings.SITE_URL)
    try:
        with (
            socket.create_connection((site.hostname or "", site.port or 443), timeout=3) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=site.hostname) as secured,
        ):
            told = secured.getpeercert() or {}
            return float(ssl.cert_time_to_seconds(str(told["notAfter"])))
    except (OSError, KeyError, ValueError):
        return 0.0
