"""An organiser's endpoints: added, paused, tested, removed; and a message sent once more."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from accounts.models import Organiser
from api.models import Endpoint, Message
from api.webhooks import facts
from api.webhooks.kinds import KINDS, TEST
from registrations import codes
from ticketing.lib import tokens
from ticketing.lib.later import later
from trail import record

SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32
MOST_ENDPOINTS = 10


class EndpointRefused(Exception):
    """Not an address that can be told anything; the message says the mend."""

    code = "endpoint_refused"


def add(*, organiser: Organiser, url: str, kinds: Sequence[str], by: Any, now: datetime) -> Endpoint:
    """From now on it is told what happens: these kinds, or every kind. EndpointRefused."""
    site = urlsplit(url)
    if site.scheme != "https" and not (site.scheme == "http" and settings.WEBHOOK_PRIVATE_NETWORKS):
        raise EndpointRefused("Give an address that begins with https://.")
    if Endpoint.objects.filter(organiser=organiser, removed_at=None).count() >= MOST_ENDPOINTS:
        raise EndpointRefused(f"At most {MOST_ENDPOINTS} endpoints. Remove one first.")
    with transaction.atomic():
        facts.begin()
        endpoint = Endpoint.objects.create(
            organiser=organiser,
            url=url,
            kinds=[kind for kind in KINDS if kind in kinds],
            sealed_secret=codes.seal().encrypt(secrets.token_bytes(SECRET_BYTES)),
            made_by=by,
            made_at=now,
        )
        _note(endpoint, "endpoint_added")
    return endpoint


def secret_of(*, endpoint: Endpoint) -> str:
    """As receivers know it: whsec_ and the key in base 64."""
    return SECRET_PREFIX + base64.b64encode(key_of(endpoint=endpoint)).decode()


def key_of(*, endpoint: Endpoint) -> bytes:
    return codes.seal().decrypt(bytes(endpoint.sealed_secret))


def pause(*, endpoint: Endpoint, now: datetime) -> None:
    """What happens waits; it goes out when the endpoint is resumed, unless that is more than three days later."""
    if Endpoint.objects.filter(pk=endpoint.pk, paused_at=None).update(paused_at=now):
        _note(endpoint, "endpoint_paused")


def resume(*, endpoint: Endpoint) -> None:
    calm = {"failures": 0, "failing_since": None, "next_try_at": None}
    if Endpoint.objects.filter(pk=endpoint.pk, paused_at__isnull=False).update(paused_at=None, **calm):
        _note(endpoint, "endpoint_resumed")
    later("api.tell")


def remove(*, endpoint: Endpoint, now: datetime) -> None:
    """It is told nothing more, also of what waits."""
    if Endpoint.objects.filter(pk=endpoint.pk, removed_at=None).update(removed_at=now):
        _note(endpoint, "endpoint_removed")


def try_out(*, endpoint: Endpoint, now: datetime) -> Message:
    """A message that tells of nothing, to see whether it arrives."""
    about = f"test:{tokens.link_token()}"
    message = Message.objects.create(endpoint=endpoint, kind=TEST, fact=about, about=about, about_id=0, happened_at=now, due_at=now)
    _hurry(endpoint)
    return message


def tell_again(*, message: Message, now: datetime) -> None:
    """The same message, with the same id, once more; whatever became of it before."""
    Message.objects.filter(pk=message.pk).update(due_at=now, delivered_at=None, abandoned_at=None)
    _hurry(message.endpoint)


def _hurry(endpoint: Endpoint) -> None:
    """Somebody looks at the log: an endpoint that fails is called at once."""
    Endpoint.objects.filter(pk=endpoint.pk).update(next_try_at=None)
    later("api.tell")


def _note(endpoint: Endpoint, act: str) -> None:
    organiser_id = endpoint.organiser_id
    record.note(act=act, about="organiser", about_id=organiser_id, organiser_id=organiser_id, words=endpoint.url[:300])
