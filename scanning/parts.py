"""A part of a phone's copy, as bytes: docs/gate-protocol.md, section 3. Knows no database.

Records are sealed with keys that only the ticket's own code gives; ids ascend, so the phone keeps a
part as it came and finds a record by halving.
"""

import base64
import hashlib
import hmac
import json
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ticketing.lib import tokens

MAGIC = b"GCP1"
SIGNED_PREFIX = b"gate-copy:"
SIGNATURE_BYTES = 64
SALT_BYTES = 16
NAME_BYTES = 60
NO_GATE = 65_535
MOST_ENTRIES = 255
STANDING, STATE = struct.Struct(">BH"), struct.Struct(">8sHHIHBB")
# A key seals one record of one part, under a salt that never comes again: the nonce may be constant.
NONCE = bytes(12)
_ID, _KEY = b"gate record id\x01", b"gate record key:"
_TO_RFC4648 = str.maketrans(tokens.ALPHABET, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


@dataclass(frozen=True, kw_only=True)
class State:
    """What a ticket did by a list, as a phone needs it."""

    record_id: bytes
    list_index: int
    gate_index: int
    moved_at: datetime
    period: int
    entries: int
    inside: bool

    def packed(self) -> bytes:
        moved = max(0, int(self.moved_at.timestamp()))
        return STATE.pack(
            self.record_id, self.list_index, self.gate_index, moved, self.period, min(self.entries, MOST_ENTRIES), int(self.inside)
        )


def secret_of(raw_code: bytes) -> bytes:
    """HKDF's pseudo-random key of a code: from it come the record's id and its keys. 32 bytes."""
    return hmac.digest(bytes(32), hashlib.sha256(raw_code).digest(), "sha256")


def record_id_of(secret: bytes) -> bytes:
    return hmac.digest(secret, _ID, "sha256")[:8]


def record_key(secret: bytes, salt: bytes) -> bytes:
    return hmac.digest(secret, _KEY + salt + b"\x01", "sha256")


def plaintext(*, standing: int, type_index: int, order_code: str, name: str, rotating_secret: bytes = b"") -> bytes:
    """What a record says."""
    written = name.encode()
    if len(written) > NAME_BYTES:
        written = written[:NAME_BYTES].decode(errors="ignore").encode()
    return STANDING.pack(standing, type_index) + base64.b32decode(order_code.translate(_TO_RFC4648)) + rotating_secret + written


def seal(*, secret: bytes, record_id: bytes, salt: bytes, text: bytes) -> bytes:
    return AESGCM(record_key(secret, salt)).encrypt(NONCE, text, record_id)


def assemble(*, header: dict[str, Any], records: Sequence[tuple[bytes, bytes]], states: Iterable[bytes]) -> bytes:
    """The part without its signature. `records`: (id, sealed), ascending by id."""
    packed = b"".join(states)
    counted = header | {"records": len(records), "states": len(packed) // STATE.size}
    head = json.dumps(counted, separators=(",", ":")).encode()
    lengths = struct.pack(f">{len(records)}H", *(len(sealed) for _, sealed in records))
    ids, sealed = b"".join(each for each, _ in records), b"".join(each for _, each in records)
    return b"".join((MAGIC, struct.pack(">I", len(head)), head, ids, lengths, sealed, packed))


def digest(unsigned: bytes) -> bytes:
    """What is signed, with SIGNED_PREFIX before it."""
    return hashlib.sha256(unsigned).digest()


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part as a phone reads it; for tests and vectors."""

    header: dict[str, Any]
    sealed: dict[bytes, bytes]
    states: list[tuple[Any, ...]]
    unsigned: bytes
    signature: bytes


def read(content: bytes) -> list[Part]:
    """The parts of an answer, in order. ValueError for bytes that are none."""
    found, at = [], 0
    while at < len(content):
        start = at
        if content[at : at + 4] != MAGIC:
            raise ValueError("no part")
        (size,) = struct.unpack_from(">I", content, at + 4)
        header = json.loads(content[at + 8 : at + 8 + size])
        at += 8 + size
        count = header["records"]
        ids = [content[at + 8 * n : at + 8 * n + 8] for n in range(count)]
        lengths = struct.unpack_from(f">{count}H", content, at + 8 * count)
        at += 10 * count
        sealed = {}
        for record_id, length in zip(ids, lengths, strict=True):
            sealed[record_id] = content[at : at + length]
            at += length
        end = at + STATE.size * header["states"]
        found.append(
            Part(
                header=header,
                sealed=sealed,
                states=list(STATE.iter_unpack(content[at:end])),
                unsigned=content[start:end],
                signature=content[end : end + SIGNATURE_BYTES],
            )
        )
        at = end + SIGNATURE_BYTES
    return found


def unseal(*, part: Part, raw_code: bytes) -> bytes | None:
    """The record that this code opens, or None. InvalidTag when it was altered."""
    secret = secret_of(raw_code)
    record_id = record_id_of(secret)
    sealed = part.sealed.get(record_id)
    return None if sealed is None else AESGCM(record_key(secret, bytes.fromhex(part.header["salt"]))).decrypt(NONCE, sealed, record_id)
