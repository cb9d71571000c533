"""Whoever does not want an organiser's messages: one click in the mail, no account, and back again the same way.

Kept is a fingerprint of the address, so the list is nobody's address book. Mail that one person waits for
(tickets, cancellation, refunds) is none of it."""

import hashlib
from datetime import datetime

from django.core import signing

from accounts.models import Organiser
from workspace.models import Unsubscribed

SALT = "workspace.unsubscribe"
# The fingerprint in SQL, for gathering recipients in one statement.
FINGERPRINT = "encode(sha256(convert_to({organiser} || ':' || {address}, 'UTF8')), 'hex')"


def fingerprint(*, organiser_id: int, email: str) -> str:
    return hashlib.sha256(f"{organiser_id}:{email.lower()}".encode()).hexdigest()


def token_for(*, organiser_id: int, email: str) -> str:
    """For the link; it neither tells the address nor ends."""
    return signing.dumps([organiser_id, fingerprint(organiser_id=organiser_id, email=email)], salt=SALT)


def read(*, token: str) -> tuple[Organiser, str] | None:
    """The organiser and the fingerprint, or None for a link that is none of ours."""
    try:
        organiser_id, found = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    organiser = Organiser.objects.filter(pk=organiser_id).first()
    return (organiser, found) if organiser else None


def unsubscribe(*, organiser: Organiser, fingerprint: str, now: datetime) -> None:
    Unsubscribed.objects.get_or_create(organiser=organiser, fingerprint=fingerprint, defaults={"at": now})


def subscribe(*, organiser: Organiser, fingerprint: str) -> None:
    Unsubscribed.objects.filter(organiser=organiser, fingerprint=fingerprint).delete()


def is_unsubscribed(*, organiser_id: int, email: str) -> bool:
    found = fingerprint(organiser_id=organiser_id, email=email)
    return Unsubscribed.objects.filter(organiser_id=organiser_id, fingerprint=found).exists()
