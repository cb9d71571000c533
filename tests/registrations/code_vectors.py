"""Makes docs/ticket-code-vectors.json: `python -m tests.registrations.code_vectors` writes it anew.

The keys are fixed and Ed25519 is deterministic, so the file is always the same.
"""

import hashlib
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FILE = Path(__file__).resolve().parent.parent.parent / "docs" / "ticket-code-vectors.json"
EVENT, OTHER_EVENT, LARGEST_EVENT = 700_001, 700_002, 2**32 - 1
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SERIAL = 0x0123_4567_89AB_CDE
ORDER_OF_THE_CURVE = 2**252 + 27742317777372353535851937790883648493  # RFC 8032, section 5.1: L
README = [
    "Test vectors for ticket codes, for every program that reads them. The keys are for tests alone.",
    "A code is 78 bytes: version (1), key id (1), event id (4, big endian), serial (8, big endian), Ed25519 signature (64).",
    "The signature is over the bytes of signed_prefix followed by the first 14 bytes of the code.",
    "Written in Crockford's base 32 (0-9 A-Z without I L O U), upper case, 125 characters; the one unused bit at the end is zero.",
    "Before reading: take out white space and dashes, upper case, then I and L are 1, O is 0, U is V. Nothing longer than 400 is read.",
    "Serials are decimal strings: they have 60 bits, more than a JavaScript number holds exactly.",
    "gate: the event whose gate reads the code; keys: all that it knows. Expected, in this order of checking:",
    "malformed: no code (a gate says unknown). unknown_key: no such key of that event (forged). forged: the signature does not fit (forged).",
    "wrong_event: genuine, for another event. valid: genuine, for this event; whether it may enter is then looked up by its serial.",
]


def key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"ticket code test vector, {name}".encode()).digest())


KEYS = {
    (EVENT, 1): key("first key"),
    (EVENT, 2): key("second key"),
    (OTHER_EVENT, 1): key("other event"),
    (LARGEST_EVENT, 255): key("last key"),
}


def code(event_id: int = EVENT, key_id: int = 1, serial: int = SERIAL, signed_by: Ed25519PrivateKey | None = None) -> str:
    from registrations import codes

    return codes.encode(private_key=signed_by or KEYS[event_id, key_id], key_id=key_id, event_id=event_id, serial=serial)


def rewritten(text: str, change) -> str:
    """The code with its 78 bytes changed."""
    raw = change(*parts(text))
    number = int.from_bytes(raw, "big") << 1  # 624 bits and the unused one
    return "".join(ALPHABET[number >> shift & 31] for shift in range(620, -1, -5))


def parts(text: str) -> tuple[bytes, bytes]:
    """Body and signature, read in another way than the product does."""
    number = 0
    for character in text:
        number = number << 5 | ALPHABET.index(character)
    raw = (number >> 1).to_bytes(78, "big")
    return raw[:14], raw[14:]


def with_character(text: str, place: int, character: str) -> str:
    assert text[place] != character
    return text[:place] + character + text[place + 1 :]


def malleated(body: bytes, signature: bytes) -> bytes:
    """S + L instead of S: the same equation, a second spelling. RFC 8032 says to refuse it."""
    s = int.from_bytes(signature[32:], "little") + ORDER_OF_THE_CURVE
    return body + signature[:32] + s.to_bytes(32, "little")


def genuine() -> list[tuple[str, str, str]]:
    plain = code()
    return [
        ("as it is printed", plain, "valid"),
        ("signed with the event's newer key", code(key_id=2), "valid"),
        ("the smallest serial", code(serial=0), "valid"),
        ("the largest serial, 60 bits", code(serial=2**60 - 1), "valid"),
        ("lower case", plain.lower(), "valid"),
        (
            "with spaces, a line break and a no-break space",
            f" {plain[:40]} {plain[40:80]}\n{plain[80:100]}\u00a0{plain[100:]}\r\n",
            "valid",
        ),
        ("with dashes", "-".join(plain[at : at + 5] for at in range(0, 125, 5)), "valid"),
        ("0 and 1 read as O, I and L, V as U", plain.replace("0", "O").replace("1", "I", 3).replace("1", "l").replace("V", "u"), "valid"),
        ("for another event whose key is known", code(event_id=OTHER_EVENT), "wrong_event"),
        ("the largest event and key id", code(event_id=LARGEST_EVENT, key_id=255), "wrong_event"),
    ]


def altered() -> list[tuple[str, str, str]]:
    plain = code()
    return [
        ("a character of the serial altered", with_character(plain, 15, "7" if plain[15] != "7" else "8"), "forged"),
        ("a character of the signature altered", with_character(plain, 70, "7" if plain[70] != "7" else "8"), "forged"),
        (
            "the event id altered to another known one",
            rewritten(plain, lambda b, s: b[:2] + OTHER_EVENT.to_bytes(4, "big") + b[6:] + s),
            "forged",
        ),
        ("the key id altered to another known one", rewritten(plain, lambda b, s: b[:1] + b"\x02" + b[2:] + s), "forged"),
        ("signed with another event's key", code(signed_by=KEYS[OTHER_EVENT, 1]), "forged"),
        ("the signature of another ticket", rewritten(plain, lambda b, s: b + parts(code(serial=1))[1]), "forged"),
        ("a signature of zeros", rewritten(plain, lambda b, s: b + bytes(64)), "forged"),
        ("the same signature spelt with S + L", rewritten(plain, malleated), "forged"),
        ("signed without the prefix", rewritten(plain, lambda b, s: b + KEYS[EVENT, 1].sign(b)), "forged"),
        ("a key id the event does not have", code(key_id=9, signed_by=KEYS[EVENT, 1]), "unknown_key"),
        ("an event nobody knows", code(event_id=5, signed_by=KEYS[EVENT, 1]), "unknown_key"),
    ]


def unreadable() -> list[tuple[str, str, str]]:
    plain = code()
    last = ALPHABET[ALPHABET.index(plain[-1]) + 1]
    return [
        ("nothing", "", "malformed"),
        ("words", "nonsense", "malformed"),
        ("a character too few", plain[:-1], "malformed"),
        ("a character too many", plain + "0", "malformed"),
        ("a character outside the alphabet", with_character(plain, 20, "*"), "malformed"),
        ("a letter of another script", with_character(plain, 20, "Ж"), "malformed"),
        ("the unused bit set", with_character(plain, 124, last), "malformed"),
        ("an unknown version", rewritten(plain, lambda b, s: b"\x02" + b[1:] + s), "malformed"),
        ("longer than 400 characters, though of spaces", plain + " " * 276, "malformed"),
        ("inside an address", f"https://example.com/{plain}", "malformed"),
    ]


def vector(name: str, text: str, expected: str) -> dict[str, object]:
    from registrations import codes
    from ticketing.lib import tokens

    found: dict[str, object] = {"name": name, "text": text, "gate": EVENT, "expected": expected, "claim": None}
    if claim := codes.decode(text):
        found["claim"] = {
            "version": claim.version,
            "key_id": claim.key_id,
            "event_id": claim.event_id,
            "serial": str(claim.serial),
            "serial_text": tokens.serial_text(claim.serial),
            "body_hex": claim.body.hex(),
            "signature_hex": claim.signature.hex(),
        }
    return found


def serials() -> list[dict[str, object]]:
    """Serials as a steward types them."""
    from ticketing.lib import tokens

    plain = tokens.serial_text(SERIAL)
    typed = [plain, plain.lower().replace("-", " "), plain.replace("0", "o").replace("1", "l"), plain[:-1], plain + "0", "****-****-****"]
    read = [tokens.serial_from_text(text) for text in typed]
    return [{"text": text, "serial": None if number is None else str(number)} for text, number in zip(typed, read, strict=True)]


def as_text() -> str:
    from registrations import codes

    keys = [
        {
            "event_id": event_id,
            "key_id": key_id,
            "public_key_hex": private.public_key().public_bytes_raw().hex(),
            "private_key_hex": private.private_bytes_raw().hex(),
        }
        for (event_id, key_id), private in KEYS.items()
    ]
    vectors = [vector(*made) for made in [*genuine(), *altered(), *unreadable()]]
    whole = {"readme": README, "signed_prefix": codes.SIGNED_PREFIX.decode(), "keys": keys, "vectors": vectors, "serials": serials()}
    return json.dumps(whole, indent=1) + "\n"


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketing.settings")
    django.setup()
    FILE.write_text(as_text())
