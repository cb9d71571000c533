"""Apple's pass file: a ZIP of pass.json and pictures, a manifest of their hashes, and a detached PKCS #7 signature.

Format: https://developer.apple.com/documentation/walletpasses. The signer is the operator's pass type certificate;
Apple's intermediate certificate goes along, so that phones can follow the chain."""

import functools
import hashlib
import io
import json
import zipfile
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs7
from django.conf import settings

from registrations.wallets.facts import PassFacts, token_of
from ticketing.lib import languages
from ticketing.lib.languages import say
from ticketing.lib.site import absolute

CONTENT_TYPE = "application/vnd.apple.pkpass"
ICONS = {"icon.png": 29, "icon@2x.png": 58, "icon@3x.png": 87, "logo.png": 50, "logo@2x.png": 100}


def available() -> bool:
    return bool(settings.APPLE_PASS_CERTIFICATE)


def pass_file(*, facts: PassFacts) -> bytes:
    """The .pkpass of a ticket, signed."""
    files = {"pass.json": json.dumps(described(facts=facts), ensure_ascii=False).encode()}
    files |= {name: _icon(size, facts.accent) for name, size in ICONS.items()}
    files["manifest.json"] = json.dumps({name: hashlib.sha1(content).hexdigest() for name, content in files.items()}).encode()
    files["signature"] = _signed(files["manifest.json"])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def described(*, facts: PassFacts) -> dict[str, Any]:
    """pass.json. On the lock screen from the event's time on; void ones carry no code."""
    with languages.speaking(facts.language):
        return _described(facts)


def _described(facts: PassFacts) -> dict[str, Any]:
    told: dict[str, Any] = {
        "formatVersion": 1,
        "passTypeIdentifier": settings.APPLE_PASS_TYPE_ID,
        "teamIdentifier": settings.APPLE_TEAM_ID,
        "serialNumber": facts.number,
        "organizationName": facts.organiser_name,
        "description": say("Ticket for {event}", event=facts.event_name),
        "logoText": facts.organiser_name,
        "foregroundColor": "rgb(255, 255, 255)",
        "labelColor": "rgb(230, 234, 242)",
        "backgroundColor": _rgb(facts.accent),
        "relevantDate": facts.starts_at.isoformat(timespec="minutes"),
        "expirationDate": facts.ends_at.isoformat(timespec="minutes"),
        "sharingProhibited": True,
        "voided": facts.void,
        "eventTicket": {
            "primaryFields": [
                {"key": "event", "label": say("Event"), "value": facts.event_name, "changeMessage": say("The event is now %@")}
            ],
            "secondaryFields": [
                {
                    "key": "starts",
                    "label": say("Starts"),
                    "value": facts.starts_at.isoformat(timespec="minutes"),
                    "dateStyle": "PKDateStyleMedium",
                    "timeStyle": "PKDateStyleShort",
                    "ignoresTimeZone": True,
                    "changeMessage": say("It starts at another time: %@"),
                },
                {"key": "place", "label": say("Where"), "value": facts.place, "changeMessage": say("It takes place elsewhere: %@")},
            ],
            "auxiliaryFields": [
                {"key": "attendee", "label": say("For"), "value": facts.attendee},
                {"key": "type", "label": say("Ticket"), "value": facts.ticket_type},
            ],
            "backFields": [
                {"key": "address", "label": say("Address"), "value": facts.address or facts.place},
                {"key": "order", "label": say("Order"), "value": facts.order_code},
                *([{"key": "typed", "label": say("Number, for typing"), "value": facts.typed}] if facts.typed else []),
            ],
        },
    }
    if settings.HTTPS:  # phones ask nobody without it
        told |= {"webServiceURL": absolute("/wallet/"), "authenticationToken": token_of(number=facts.number)}
    if facts.code:
        told["barcodes"] = [{"format": "PKBarcodeFormatQR", "message": facts.code, "messageEncoding": "iso-8859-1", "altText": facts.typed}]
    return told


def _rgb(accent: str) -> str:
    red, green, blue = (int(accent[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"


def _signed(manifest: bytes) -> bytes:
    certificate, key, chain = _signer(settings.APPLE_PASS_CERTIFICATE, settings.APPLE_PASS_KEY, settings.APPLE_WWDR_CERTIFICATE)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(manifest).add_signer(certificate, key, hashes.SHA256())
    for each in chain:
        builder = builder.add_certificate(each)
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoCapabilities])


@functools.lru_cache(maxsize=2)
def _signer(certificate: str, key: str, chain: str) -> tuple[x509.Certificate, Any, list[x509.Certificate]]:
    password = settings.APPLE_PASS_KEY_PASSWORD.encode() or None
    return (
        x509.load_pem_x509_certificate(certificate.encode()),
        load_pem_private_key(key.encode(), password),
        x509.load_pem_x509_certificates(chain.encode()),
    )


@functools.lru_cache(maxsize=256)
def _icon(size: int, accent: str) -> bytes:
    """A ticket on the event's colour, drawn here."""
    from PIL import Image, ImageDraw

    large = size * 4
    image = Image.new("RGB", (large, large), accent)
    draw = ImageDraw.Draw(image)
    box = (large * 0.14, large * 0.3, large * 0.86, large * 0.7)
    draw.rounded_rectangle(box, radius=large * 0.06, fill="#ffffff")
    for side in (box[0], box[2]):
        draw.ellipse((side - large * 0.07, large * 0.43, side + large * 0.07, large * 0.57), fill=accent)
    out = io.BytesIO()
    image.resize((size, size), Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()
