"""Makes docs/gate-copy-vectors.json: `python -m tests.scanning.copy_vectors` writes it anew.

Keys and salts are fixed here, so the file is always the same.
"""

import base64
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FILE = Path(__file__).resolve().parent.parent.parent / "docs" / "gate-copy-vectors.json"
README = [
    "Test vectors for a phone's copy (gate-protocol.md, section 3) and for rotating codes (section 5). The keys are for tests alone.",
    "parts: a whole and a delta, base64, each with its 64 bytes of signature; content of both, one after the other, is an answer.",
    "tickets: codes, and what a phone that has both parts finds for each; null: no such record (authentic_unknown).",
    "altered: parts whose signature does not hold. rotating: the end of a code at a moment, from the ticket's secret.",
]
EVENT = 700_001
KEY = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"gate copy test vector").digest())
BUILT = ("2027-06-12T16:00:00.000Z", "2027-06-12T16:00:10.000Z")
SALTS = (bytes(range(16)), bytes(range(16, 32)))
# serial, standing, type's place, order code, name
WHOLE = [
    (1, 0, 0, "7QF2M9XK", "Dana Ōta"),
    (2, 1, 0, "7QF2M9XK", "Revoked before"),
    (3, 0, 1, "00000000", "名前がとても長い人" * 4),
    (4, 0, 1, "ZZZZZZZZ", ""),
]
DELTA = [(4, 2, 1, "ZZZZZZZZ", "Cancelled since"), (5, 0, 0, "ABCDEFGH", "Sold since"), (6, 3, 0, "ABCDEFGH", "Unpaid")]
STANDING = ("fine", "revoked", "cancelled", "unpaid")


def raw(serial: int) -> bytes:
    from registrations import codes

    body = bytes([1, 1]) + EVENT.to_bytes(4, "big") + serial.to_bytes(8, "big")
    return body + KEY.sign(codes.SIGNED_PREFIX + body)


def state(serial: int, *, list_index: int, gate_index: int, minute: int, period: int, entries: int, inside: bool) -> dict[str, object]:
    from scanning import parts

    return {
        "serial": serial,
        "record_id": parts.record_id_of(parts.secret_of(raw(serial))),
        "list_index": list_index,
        "gate_index": gate_index,
        "moved_at": datetime(2027, 6, 12, 16, minute, tzinfo=UTC),
        "period": period,
        "entries": entries,
        "inside": inside,
    }


def states() -> list[list[dict[str, object]]]:
    first = state(1, list_index=0, gate_index=1, minute=5, period=0, entries=1, inside=False)
    return [
        [first, state(3, list_index=1, gate_index=0, minute=6, period=10_024, entries=255, inside=True)],
        [
            first | {"entries": 0, "moved_at": datetime(2027, 6, 12, 16, 7, tzinfo=UTC)},
            state(5, list_index=0, gate_index=65_535, minute=8, period=0, entries=2, inside=True),
        ],
    ]


def part(number: int, rotating: bool = False) -> bytes:
    from scanning import parts

    salt, records = SALTS[number], []
    for serial, standing, type_index, order_code, name in (WHOLE, DELTA)[number]:
        secret = parts.secret_of(raw(serial))
        text = parts.plaintext(
            standing=standing, type_index=type_index, order_code=order_code, name=name, rotating_secret=bytes([serial] * 10)
        )
        record_id = parts.record_id_of(secret)
        records.append((record_id, parts.seal(secret=secret, record_id=record_id, salt=salt, text=text)))
    header = {
        "event": EVENT,
        "number": 7 + number,
        "after": 0 if number == 0 else 7,
        "kind": ("whole", "delta")[number],
        "built_at": BUILT[number],
        "salt": salt.hex(),
        "types": [31, 32],
        "lists": [5, 6],
        "gates": [3, 4],
        "rotating": True,
        "key_id": 1,
    }
    packed = [
        parts.State(**{name: value for name, value in each.items() if name != "serial"}).packed()  # type: ignore[arg-type]
        for each in states()[number]
    ]
    unsigned = parts.assemble(header=header, records=sorted(records), states=packed)
    return unsigned + KEY.sign(parts.SIGNED_PREFIX + parts.digest(unsigned))


def tickets() -> list[dict[str, object]]:
    from registrations import codes
    from scanning import parts
    from ticketing.lib import tokens

    found: list[dict[str, object]] = []
    newest = {row[0]: row for row in (*WHOLE, *DELTA)}
    for serial in (1, 2, 3, 4, 5, 6, 9):
        secret = parts.secret_of(raw(serial))
        row = newest.get(serial)
        found.append(
            {
                "code": codes.encode(private_key=KEY, key_id=1, event_id=EVENT, serial=serial),
                "serial": tokens.serial_text(serial),
                "record_id": parts.record_id_of(secret).hex(),
                "keys": [parts.record_key(secret, salt).hex() for salt in SALTS],
                "record": {
                    "standing": STANDING[row[1]],
                    "type": (31, 32)[row[2]],
                    "order": row[3],
                    "name": row[4].encode()[:60].decode(errors="ignore"),
                    "rotating_secret": bytes([serial] * 10).hex(),
                }
                if row
                else None,
            }
        )
    return found


def rotating() -> list[dict[str, object]]:
    from registrations import rotating as module

    secret, found = bytes(range(10)), []
    for seconds in (0, 29, 30, 1_812_815_999, 1_812_816_000, 2**33):
        at = datetime.fromtimestamp(seconds, UTC)
        step = module.step_of(at)
        found.append({"secret": secret.hex(), "at": at.isoformat(), "step": step, "suffix": module.suffix_at(secret=secret, step=step)})
    return found


def as_text() -> str:
    whole, delta = part(0), part(1)
    altered = [
        whole[:-1] + bytes([whole[-1] ^ 1]),
        whole.replace(b'"whole"', b'"delta"'),
        delta[:200] + bytes([delta[200] ^ 1]) + delta[201:],
    ]
    written = {
        "readme": README,
        "public_key": base64.b64encode(KEY.public_key().public_bytes_raw()).decode(),
        "key_id": 1,
        "event": EVENT,
        "parts": [base64.b64encode(each).decode() for each in (whole, delta)],
        "states": [
            [each | {"record_id": each["record_id"].hex(), "moved_at": each["moved_at"].isoformat()} for each in some] for some in states()
        ],  # type: ignore[attr-defined]
        "tickets": tickets(),
        "altered": [base64.b64encode(each).decode() for each in altered],
        "rotating": rotating(),
    }
    return json.dumps(written, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketing.settings")
    django.setup()
    FILE.write_text(as_text())
