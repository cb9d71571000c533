"""How often Stripe may be asked: 25 requests a second and endpoint, over all processes (F12).

Counted in Redis. When Redis is away each process keeps to a small part of it by itself: too slow is
polite, too fast would be answered 429 to everybody."""

import random
import time
from functools import lru_cache

from django.conf import settings
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

from payments.gateway import GatewayBusy
from ticketing.lib.forgiving_cache import Breaker

ALONE_PER_SECOND = 5  # of one process that can't see the others
PATIENCE_SECONDS = 0.4
breaker = Breaker()
_alone = FixedWindowRateLimiter(MemoryStorage())


def take(*, endpoint: str) -> None:
    """One call to this endpoint. Waits a moment for its turn; GatewayBusy when there is none."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _hit(endpoint):
        if time.monotonic() >= deadline:
            raise GatewayBusy(
                f"More calls to {endpoint} than {settings.STRIPE_CALLS_PER_SECOND} a second.", retry_after=1 + random.random()
            )
        time.sleep(random.uniform(0.03, 0.1))


def _hit(endpoint: str) -> bool:
    shared = breaker.call(
        lambda: _shared(settings.REDIS_ADDRESS).hit(RateLimitItemPerSecond(settings.STRIPE_CALLS_PER_SECOND), "stripe", endpoint),
        otherwise=None,
    )
    if shared is None:
        return _alone.hit(RateLimitItemPerSecond(min(ALONE_PER_SECOND, settings.STRIPE_CALLS_PER_SECOND)), "stripe", endpoint)
    return bool(shared)


@lru_cache(maxsize=2)
def _shared(address: str) -> FixedWindowRateLimiter:
    uri = "redis+" + address if address.startswith("unix://") else address
    return FixedWindowRateLimiter(RedisStorage(uri, socket_timeout=0.25, socket_connect_timeout=0.25, wrap_exceptions=False))
