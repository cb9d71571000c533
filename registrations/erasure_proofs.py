"""Proofs of erasures in the file store, and the stored files of whom was forgotten.

One small JSON file each, `erasures/order-12.json`: numbers, times, and a fingerprint of the subject's secret. It is
signed, since it makes the product erase."""

import hmac
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from registrations.models import AnswerFile, Erasure, Order, Transfer

logger = logging.getLogger("ticketing.erasure")
FOLDER = "erasures"
SALT = "registrations.erasure"


@dataclass(frozen=True, kw_only=True)
class Proof:
    subject: str
    subject_id: int
    event_id: int
    identity: str
    asked_at: datetime


def identity(*, row: Erasure) -> str:
    """A fingerprint of the subject's unguessable link, or "" when it is not there (any more)."""
    if row.subject == Erasure.Subject.ORDER:
        secret = Order.objects.filter(pk=row.subject_id).values_list("secret", flat=True).first()
    else:
        secret = Transfer.objects.filter(ticket_id=row.subject_id).order_by("pk").values_list("secret", flat=True).first()
    return hmac.digest(b"erasure", secret.encode(), "sha256").hex()[:32] if secret else ""


def keep(*, row: Erasure, identity: str) -> bool:
    """Delete the subject's stored files and put the proof into the store. False when the store does not answer."""
    facts = {
        "subject": row.subject,
        "subject_id": row.subject_id,
        "event_id": row.event_id,
        "identity": identity,
        "asked_at": row.asked_at.isoformat(),
        "erased_at": row.erased_at.isoformat() if row.erased_at else "",
        "rows": row.rows,
    }
    try:
        order = Order.objects.filter(pk=row.subject_id).first() if row.subject == Erasure.Subject.ORDER else None
        if order is not None:
            _delete(f"tickets/{order.event_id}", f"{order.code}-")
            for path in AnswerFile.objects.filter(order=order).values_list("path", flat=True):
                default_storage.delete(path)
        name = f"{FOLDER}/{row.subject}-{row.subject_id}.json"
        default_storage.delete(name)
        default_storage.save(name, ContentFile(json.dumps(facts | {"signed": _signed(facts)}, indent=1).encode()))
    except Exception as error:  # storage fails in many ways; the row stays due
        logger.warning("Proof of erasure %s not stored (%s); tried again.", row.pk, type(error).__name__)
        return False
    return True


def _signed(facts: dict[str, object]) -> str:
    return signing.dumps([facts["subject"], facts["subject_id"], facts["event_id"], facts["identity"], facts["asked_at"]], salt=SALT)


def all_kept() -> Iterator[Proof]:
    """Every proof in the store whose signature is ours; none when the store does not answer."""
    try:
        _, names = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return
    except Exception as error:
        logger.warning("Proofs of erasures can't be listed (%s).", type(error).__name__)
        return
    for name in names:
        proof = _read(f"{FOLDER}/{name}")
        if proof is not None:
            yield proof


def _read(name: str) -> Proof | None:
    try:
        with default_storage.open(name) as file:
            subject, subject_id, event_id, fingerprint, asked_at = signing.loads(
                json.loads(file.read())["signed"], salt=SALT, fallback_keys=settings.SECRET_KEY_FALLBACKS
            )
    except Exception as error:
        logger.warning("%s is no proof of an erasure (%s).", name, type(error).__name__)
        return None
    moment = datetime.fromisoformat(asked_at)
    return Proof(subject=subject, subject_id=subject_id, event_id=event_id, identity=fingerprint, asked_at=moment)


def delete_files_of_event(*, event_id: int) -> bool:
    """The stored tickets of an event, and the files with answers. False when the store does not answer."""
    try:
        for folder in (f"tickets/{event_id}", f"answers/{event_id}"):
            _delete(folder, "")
    except Exception as error:
        logger.warning("Stored tickets of event %s not deleted (%s); tried again.", event_id, type(error).__name__)
        return False
    return True


def _delete(folder: str, prefix: str) -> None:
    try:
        _, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        if name.startswith(prefix):
            default_storage.delete(f"{folder}/{name}")
