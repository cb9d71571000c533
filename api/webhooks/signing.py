"""Signatures of the Standard Webhooks scheme (standardwebhooks.com, version 1.0.0), which receivers check with
libraries of many languages: HMAC-SHA256 over "<id>.<unix seconds>.<body>", in base 64."""

import base64
import hashlib
import hmac
from datetime import datetime


def headers_of(*, webhook_id: str, at: datetime, body: bytes, key: bytes) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    signature = hmac.new(key, f"{webhook_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": webhook_id, "webhook-timestamp": stamp, "webhook-signature": f"v1,{base64.b64encode(signature).decode()}"}
