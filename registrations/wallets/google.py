"""Google's wallet: a link that carries the whole ticket as a JSON Web Token, signed by the operator's service account.

Format: https://developers.google.com/wallet/tickets/events/web. Class and object come inside the token, so nothing is
asked of Google when a page is made. Its ids end with the ticket's code, as Apple's numbers do."""

import base64
import functools
import json
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings

from registrations.wallets.facts import PassFacts

SAVE = "https://pay.google.com/gp/v/save/"


def available() -> bool:
    return bool(settings.GOOGLE_WALLET_ISSUER_ID)


def save_link(*, facts: PassFacts, event_id: int, now: datetime) -> str:
    """Where the button leads. Not for void tickets."""
    account = json.loads(settings.GOOGLE_WALLET_ACCOUNT)
    claims = {
        "iss": account["client_email"],
        "aud": "google",
        "typ": "savetowallet",
        "iat": int(now.timestamp()),
        "origins": [settings.SITE_URL],
        "payload": {"eventTicketClasses": [_class(facts, event_id)], "eventTicketObjects": [_object(facts, event_id)]},
    }
    return SAVE + _token(claims, account["private_key"], account.get("private_key_id", ""))


def _class(facts: PassFacts, event_id: int) -> dict[str, Any]:
    return {
        "id": f"{settings.GOOGLE_WALLET_ISSUER_ID}.event-{event_id}",
        "issuerName": facts.organiser_name,
        "reviewStatus": "UNDER_REVIEW",
        "eventName": _text(facts, facts.event_name),
        "venue": {"name": _text(facts, facts.place), "address": _text(facts, facts.address or facts.place)},
        "dateTime": {"start": facts.starts_at.isoformat(timespec="seconds"), "end": facts.ends_at.isoformat(timespec="seconds")},
    }


def _object(facts: PassFacts, event_id: int) -> dict[str, Any]:
    return {
        "id": f"{settings.GOOGLE_WALLET_ISSUER_ID}.ticket-{facts.number}",
        "classId": f"{settings.GOOGLE_WALLET_ISSUER_ID}.event-{event_id}",
        "state": "ACTIVE",
        "ticketHolderName": facts.attendee,
        "ticketNumber": facts.typed,
        "ticketType": _text(facts, facts.ticket_type),
        "reservationInfo": {"confirmationCode": facts.order_code},
        "hexBackgroundColor": facts.accent,
        "barcode": {"type": "QR_CODE", "value": facts.code, "alternateText": facts.typed},
    }


def _text(facts: PassFacts, value: str) -> dict[str, Any]:
    return {"defaultValue": {"language": facts.language, "value": value}}


def _token(claims: dict[str, Any], private_key: str, key_id: str) -> str:
    """RFC 7515 in its compact form, RS256."""
    head = {"alg": "RS256", "typ": "JWT"} | ({"kid": key_id} if key_id else {})
    signed = ".".join(_part(json.dumps(each, separators=(",", ":")).encode()) for each in (head, claims))
    return f"{signed}.{_part(_key(private_key).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@functools.lru_cache(maxsize=2)
def _key(pem: str) -> rsa.RSAPrivateKey:
    found = load_pem_private_key(pem.encode(), None)
    assert isinstance(found, rsa.RSAPrivateKey)
    return found
