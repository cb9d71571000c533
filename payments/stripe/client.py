"""One call to Stripe: pinned version, time-outs, retries with jitter, and errors in our words.

The SDK repeats what did not arrive, with the same idempotency key and a random wait; what is still
not answered after that is GatewayTrouble, and the row that asked is asked again by the sweep."""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar
from urllib.request import getproxies

import stripe
from django.conf import settings

from payments.gateway import GatewayTrouble, PaymentRefused
from payments.stripe import budget
from payments.stripe.transport import KeptConnections
from ticketing.lib import waiting

API_VERSION = "2026-10-28.endive"  # what this code was written and tested against
CONNECT_SECONDS, READ_SECONDS = 3, 15  # opening a session takes seconds at the 95th percentile
REPEATS = 1

Answer = TypeVar("Answer")
stripe.enable_telemetry = False  # it tells Stripe how long calls take, and keeps a number of its own in the home folder


@lru_cache(maxsize=4)
def _client(key: str, base: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses={"api": base} if base else {},
        max_network_retries=REPEATS,
        http_client=KeptConnections(
            connect_seconds=CONNECT_SECONDS, read_seconds=READ_SECONDS, proxy="" if base else getproxies().get("https", "")
        ),
    )


def client() -> stripe.StripeClient:
    """This process's client; its connections are kept."""
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


def call(endpoint: str, ask: Callable[[], Answer]) -> Answer:
    """Ask within the budget of the endpoint. GatewayBusy, GatewayTrouble, or PaymentRefused for good."""
    budget.take(endpoint=endpoint)
    waiting.without_database()
    try:
        return ask()
    except stripe.IdempotencyError as error:  # the same key with other words: a mistake of ours
        raise GatewayTrouble(_words(error)) from error  # there may be a session under it: not refused for good
    except stripe.InvalidRequestError as error:
        if error.http_status == 409:  # the first call with this key is still running
            raise GatewayTrouble(_words(error)) from error
        raise PaymentRefused(_words(error)) from error
    except stripe.CardError as error:
        raise PaymentRefused(_words(error)) from error
    except stripe.StripeError as error:  # 429, 5xx, no answer, and a key that is not accepted
        raise GatewayTrouble(f"{type(error).__name__}: {_words(error)}") from error


def _words(error: stripe.StripeError) -> str:
    return (error.user_message or str(error))[:300]
