"""Ticket codes: signed with Ed25519, checked with the public key alone, also without a network.

Layout, 78 bytes: version (1) | key id (1) | event id (4, big endian) | serial (8) | signature (64)
over the first 14 bytes with the prefix SIGNED_PREFIX. Written in Crockford's base 32, upper case:
125 characters that a QR code holds in its alphanumeric mode and a keyboard-wedge scanner types the
same on every layout. Test vectors: docs/ticket-code-vectors.json.

Ed25519 is deterministic, so the code is derived from the ticket's row and never stored.
"""

import base64
import functools
import hashlib
import re
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.db import transaction

from registrations.models import SigningKey, Ticket
from ticketing.lib import tokens
from ticketing.lib.prepared import Param, Prepared

NEWEST_KEY = Prepared(
    lambda: SigningKey.objects.only("key_id", "created_at").filter(event=Param("event"), retired_at=None).order_by("-key_id")[:1]
)
REMEMBERED_SECONDS, MOST_REMEMBERED = 2.0, 1000
TAKEN_BACK_WITHIN = timedelta(minutes=1)  # a key that young may go again with the transaction that made it

VERSION = 1
SIGNED_PREFIX = b"ticket-code:"
BODY_BYTES = 14
CODE_BYTES = BODY_BYTES + 64
CODE_LENGTH = 125

_RFC4648 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TO_CROCKFORD = str.maketrans(_RFC4648, tokens.ALPHABET)
_TO_NUMBER = str.maketrans(tokens.ALPHABET, "0123456789ABCDEFGHIJKLMNOPQRSTUV")
_SPELLED = re.compile(f"[{tokens.ALPHABET}]{{{CODE_LENGTH}}}")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a code says. Nothing is proven until `check` has passed."""

    version: int
    key_id: int
    event_id: int
    serial: int
    body: bytes
    signature: bytes


def encode(*, private_key: Ed25519PrivateKey, key_id: int, event_id: int, serial: int) -> str:
    """The 125 characters of a code."""
    body = bytes([VERSION, key_id]) + event_id.to_bytes(4, "big") + serial.to_bytes(8, "big")
    raw = body + private_key.sign(SIGNED_PREFIX + body)
    return base64.b32encode(raw).decode().rstrip("=").translate(_TO_CROCKFORD)


def decode(text: str) -> Claim | None:
    """What the text claims, or None when it is no code of ours. Case, spaces and dashes don't matter."""
    digits = tokens.normalise(text) if len(text) <= 400 else ""
    if not _SPELLED.fullmatch(digits):
        return None
    number = int(digits.translate(_TO_NUMBER), 32)  # a tenth of what base64 takes, which writes it in Python
    if number & 1:
        return None  # the unused bit at the end must be zero: one ticket, one spelling
    raw = (number >> 1).to_bytes(CODE_BYTES, "big")
    if raw[0] != VERSION:
        return None
    return Claim(
        version=raw[0],
        key_id=raw[1],
        event_id=int.from_bytes(raw[2:6], "big"),
        serial=int.from_bytes(raw[6:14], "big"),
        body=raw[:BODY_BYTES],
        signature=raw[BODY_BYTES:],
    )


def check(*, claim: Claim, public_key: bytes) -> bool:
    """True when this key signed the claim."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(claim.signature, SIGNED_PREFIX + claim.body)
    except InvalidSignature:
        return False
    return True


def code_of(ticket: Ticket) -> str:
    """The ticket's code, signed with the key it was issued under."""
    return encode(
        private_key=_private_key(ticket.event_id, ticket.key_id),
        key_id=ticket.key_id,
        event_id=ticket.event_id,
        serial=ticket.serial,
    )


def raw_code(*, event_id: int, key_id: int, serial: int) -> bytes:
    """The 78 bytes of a code, as a gate reads them."""
    body = bytes([VERSION, key_id]) + event_id.to_bytes(4, "big") + serial.to_bytes(8, "big")
    return body + _private_key(event_id, key_id).sign(SIGNED_PREFIX + body)


def sign(*, event_id: int, key_id: int, prefix: bytes, message: bytes) -> bytes:
    """The event's signature under something that is no ticket; the prefix keeps the two apart."""
    assert prefix != SIGNED_PREFIX
    return _private_key(event_id, key_id).sign(prefix + message)


def public_keys_of(*, event_id: int) -> dict[int, bytes]:
    """All keys of the event, by id; retired ones too, since what they signed stays valid."""
    rows = SigningKey.objects.filter(event_id=event_id).order_by("key_id").values_list("key_id", "public_key")
    return {key_id: bytes(public_key) for key_id, public_key in rows}


def public_key_of(*, event_id: int, key_id: int) -> bytes | None:
    """The event's public key of that id, or None. Kept in the process: keys never change."""
    found = _public_keys.get((event_id, key_id))
    if found is None:
        row = SigningKey.objects.filter(event_id=event_id, key_id=key_id).values_list("public_key", flat=True).first()
        if row is None:
            return None
        found = _public_keys[(event_id, key_id)] = bytes(row)
    return found


_public_keys: dict[tuple[int, int], bytes] = {}


def signing_key_id(*, event_id: int, now: datetime) -> int:
    """The id of the event's current key; its first key is made here. Remembered for two seconds: another process may
    go on with a key that long after the next one was made or this one was retired."""
    until, key_id = _newest.get(event_id, (0.0, 0))
    if time.monotonic() < until:
        return key_id
    newest = NEWEST_KEY.first(event=event_id)
    if newest is None:
        return add_key(event_id=event_id, now=now)
    if now - newest.created_at > TAKEN_BACK_WITHIN:
        if len(_newest) >= MOST_REMEMBERED:
            _newest.clear()
        _newest[event_id] = (time.monotonic() + REMEMBERED_SECONDS, newest.key_id)
    return newest.key_id


_newest: dict[int, tuple[float, int]] = {}


def add_key(*, event_id: int, now: datetime) -> int:
    """A new key for the event, which signs from now on; older ones stay valid. Returns its id, 1 to 255."""
    last = SigningKey.objects.filter(event_id=event_id).order_by("-key_id").values_list("key_id", flat=True).first()
    private_key = Ed25519PrivateKey.generate()
    _newest.pop(event_id, None)
    with transaction.atomic():
        SigningKey.objects.bulk_create(
            [
                SigningKey(
                    event_id=event_id,
                    key_id=(last or 0) + 1,
                    public_key=private_key.public_key().public_bytes_raw(),
                    sealed_private_key=seal().encrypt(private_key.private_bytes_raw()),
                    created_at=now,
                )
            ],
            ignore_conflicts=True,  # two first orders at once: one key, both use it
        )
    return (last or 0) + 1


@functools.lru_cache(maxsize=256)
def _private_key(event_id: int, key_id: int) -> Ed25519PrivateKey:
    sealed = SigningKey.objects.values_list("sealed_private_key", flat=True).get(event_id=event_id, key_id=key_id)
    try:
        return Ed25519PrivateKey.from_private_bytes(seal().decrypt(bytes(sealed)))
    except InvalidToken as error:
        raise KeyUnreadable(event_id) from error


def opens(*, sealed: bytes) -> bool:
    """Whether a sealed key can be read with the secrets of these settings."""
    try:
        seal().decrypt(sealed)
    except InvalidToken:
        return False
    return True


def seal() -> MultiFernet:
    """What keys are encrypted with at rest."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"ticket keys:" + secret.encode()).digest())) for secret in secrets])


class KeyUnreadable(Exception):
    """A signing key was sealed under another SECRET_KEY. Put the old one in SECRET_KEY_FALLBACKS."""

    def __init__(self, event_id: int) -> None:
        super().__init__(
            f"The signing key of event {event_id} was sealed under another SECRET_KEY. "
            "Put the earlier SECRET_KEY into SECRET_KEY_FALLBACKS."
        )
