"""Random names for links and codes. Unguessable ones have at least 128 bits."""

import secrets

# Crockford's base 32: no I, L, O, U, so that it can be read aloud and typed.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("ILOU", "110V")


def link_token() -> str:
    """An unguessable part of a link: 22 characters, 131 bits."""
    return secrets.token_urlsafe(16)


def order_code() -> str:
    """A short public reference of an order: 8 characters, 40 bits; not a secret."""
    return "".join(secrets.choice(ALPHABET) for _ in range(8))


def serial() -> int:
    """A ticket's serial: 60 random bits, positive in a signed 64-bit column."""
    return secrets.randbits(60)


def serial_text(number: int) -> str:
    """A serial for people: "7QF2-M9XK-3T4B"."""
    digits = "".join(ALPHABET[(number >> shift) & 31] for shift in range(55, -1, -5))
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"


def serial_from_text(text: str) -> int | None:
    """The serial that was typed, or None. Spaces, dashes, case and O/0, I/1 do not matter."""
    digits = normalise(text)
    if len(digits) != 12:
        return None
    number = 0
    for digit in digits:
        place = ALPHABET.find(digit)
        if place < 0:
            return None
        number = number << 5 | place
    return number


def normalise(text: str) -> str:
    """Typed text as base 32: upper case, no spaces or dashes, misread letters put right."""
    return "".join(text.split()).replace("-", "").upper().translate(_MISREAD)
