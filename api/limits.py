"""How often one token or one address may call, counted in Redis for all web servers together.

Without Redis reading and selling go on; giving money back waits, since nobody counts it (F7)."""

import functools
import time

import redis
from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter

from api.problem import Problem
from registrations.find import address_of
from ticketing.lib.forgiving_cache import breaker

MOST_AHEAD = 10_000


@functools.cache
def _limiter() -> FixedWindowRateLimiter:
    pool = redis.ConnectionPool.from_url(settings.REDIS_ADDRESS, socket_timeout=0.25, socket_connect_timeout=0.25)
    prefix = f"{settings.CACHES['default']['KEY_PREFIX']}:{settings.CACHE_NAMESPACE}:limit"
    return FixedWindowRateLimiter(RedisStorage("redis://", connection_pool=pool, key_prefix=prefix))


@functools.cache
def _a_minute(calls: int) -> RateLimitItem:
    return RateLimitItemPerMinute(calls)


def count_token(*, token_id: int, money: bool) -> None:
    """One more call with this token. Problem 429 when it was one too many. `money`: the call gives money back."""
    _count(settings.API_CALLS_PER_TOKEN, f"token:{token_id}", closed=money)


def count_address(*, request: HttpRequest) -> None:
    """One more call from this address without a valid token."""
    _count(settings.API_CALLS_PER_ADDRESS, f"address:{address_of(request)}", closed=False)


_ahead: dict[str, int] = {}


def _count(calls: int, who: str, *, closed: bool) -> None:
    """A busy program is counted in steps of a hundredth of what it may, one round trip to Redis each; money always."""
    step = 1 if closed else max(1, calls // 100)
    item, counted = _a_minute(calls), _ahead.get(who, 0)
    if counted > 0:
        _ahead[who] = counted - 1
        return
    within = breaker.call(lambda: _limiter().hit(item, who, cost=step), otherwise=None)
    if within and step > 1:
        if len(_ahead) >= MOST_AHEAD:
            _ahead.clear()
        _ahead[who] = step - 1
    if within is None and closed:
        raise Problem(503, "limits_away", "Calls can't be counted just now, so no money is given back. Try again.", retry_after=5)
    if within is False:
        ends_at = breaker.call(lambda: _limiter().get_window_stats(item, who).reset_time, otherwise=time.time() + 60)
        seconds = max(1, round(ends_at - time.time()))
        detail = f"At most {calls} calls a minute. Wait {seconds} seconds, then go on more slowly."
        raise Problem(429, "too_many_calls", detail, retry_after=seconds)
