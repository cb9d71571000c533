"""The double's notices: signed as Stripe signs, over HTTP, doubled and out of order on request."""

import json
import random
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import stripe

from tests.stripe_double.book import shown


class Post:
    """Owes notices; `deliver` sends what is owed. `at_once`: each as it happens, as the double by hand does."""

    def __init__(self, url: str, secret: str, now: Callable[[], float]) -> None:
        self.url, self.secret, self.now, self.owed, self.at_once = url, secret, now, [], False
        self.lock = threading.Lock()

    def owe(self, event: dict[str, Any]) -> None:
        with self.lock:
            self.owed.append(event)
        if self.at_once:
            threading.Timer(0.2, self.deliver).start()

    def deliver(self, *, copies: int = 1, seed: int | None = None) -> list[int]:
        """Send everything owed, `copies` times each, shuffled by `seed`; the statuses it was answered."""
        with self.lock:
            due, self.owed = self.owed * copies, []
        if seed is not None:
            random.Random(seed).shuffle(due)
        return [self.send(event) for event in due]

    def send(self, event: dict[str, Any], **changes: Any) -> int:
        body = self.body(event)
        return self.send_raw(body, self.signature(body), **changes)

    def body(self, event: dict[str, Any]) -> str:
        return json.dumps(shown(event))

    def signature(self, body: str, *, secret: str = "", age: int = 0) -> str:
        return stripe.WebhookSignature.generate_signature_header(body, secret or self.secret, int(self.now()) - age)

    def send_raw(self, body: str, signature: str) -> int:
        headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
        request = urllib.request.Request(self.url, data=body.encode(), method="POST", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0
