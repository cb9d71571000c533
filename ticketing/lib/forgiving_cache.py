"""Redis as a cache that may be away: a failure reads as a miss and is not asked again for a while."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from ticketing.lib import meters
from ticketing.lib.running import note

logger = logging.getLogger("ticketing.cache")
QUIET_SECONDS = 2.0


class Breaker:
    """Opens for QUIET_SECONDS after a failure, so that a slow Redis costs one time-out, not one a call."""

    def __init__(self) -> None:
        self.open_until = 0.0

    def call(self, action: Callable[[], Any], *, otherwise: Any, what: str = "call") -> Any:
        """`what` names it in a trace: never the key, which may hold an address."""
        if time.monotonic() < self.open_until:
            return otherwise
        began = time.perf_counter_ns()
        try:
            answer = action()
            note("redis", what, began, time.perf_counter_ns())
            return answer
        except (RedisError, OSError) as error:
            note("redis", what, began, time.perf_counter_ns(), {"error.type": type(error).__name__})
            self.open_until = time.monotonic() + QUIET_SECONDS
            logger.warning("Redis does not answer (%s); going on without it.", type(error).__name__)
            return otherwise


breaker = Breaker()
_ABSENT = object()


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache whose failures are misses."""

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return breaker.call(lambda: super(ForgivingRedisCache, self).add(*args, **kwargs), otherwise=True, what="add")

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        found = breaker.call(lambda: super(ForgivingRedisCache, self).get(key, _ABSENT, version), otherwise=_ABSENT, what="get")
        meters.add("cache_misses" if found is _ABSENT else "cache_hits")
        return default if found is _ABSENT else found

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return breaker.call(lambda: super(ForgivingRedisCache, self).set(*args, **kwargs), otherwise=None, what="set")

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return breaker.call(lambda: super(ForgivingRedisCache, self).touch(*args, **kwargs), otherwise=False, what="touch")

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return breaker.call(lambda: super(ForgivingRedisCache, self).delete(*args, **kwargs), otherwise=False, what="delete")

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return breaker.call(lambda: super(ForgivingRedisCache, self).get_many(*args, **kwargs), otherwise={}, what="get_many")

    def set_many(self, *args: Any, **kwargs: Any) -> Any:
        return breaker.call(lambda: super(ForgivingRedisCache, self).set_many(*args, **kwargs), otherwise=[], what="set_many")

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return breaker.call(lambda: super(ForgivingRedisCache, self).has_key(*args, **kwargs), otherwise=False, what="has_key")

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        return breaker.call(lambda: super(ForgivingRedisCache, self).incr(*args, **kwargs), otherwise=None, what="incr")
