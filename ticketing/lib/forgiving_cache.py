"""Redis as a cache that may be away: a failure reads as a miss and is not asked again for a while."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from ticketing.lib import meters

logger = logging.getLogger("ticketing.cache")
QUIET_SECONDS = 2.0


class Breaker:
    """Opens for QUIET_SECONDS after a failure, so that a slow Redis costs one time-out, not one a call."""

    def __init__(self) -> None:
        self.open_until = 0.0

    def call(self, action: Callable[[], Any], *, otherwise: Any) -> Any:
        if time.monotonic() < self.open_until:
            return otherwise
        try:
            return action()
        except (RedisError, OSError) as error:
            self.open_until = time.monotonic() + QUIET_SECONDS
            logger.warning("Redis does not answer (%s); going on without it.", type(error).__name__)
            return otherwise


breaker = Breaker()
_ABSENT = object()


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache whose failures are misses."""

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return breaker.call(lambda: super(ForgivingRedisCache, self).add(*args, **kwargs), otherwise=True)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        found = breaker.call(lambda: super(ForgivingRedisCache, self).get(key, _ABSENT, version), otherwise=_ABSENT)
        meters.add("cache_misses" if found is _ABSENT else "cache_hits")
        return default if found is _ABSENT else found

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return breaker.call(lambda: super(ForgivingRedisCache, self).set(*args, **kwargs), otherwise=None)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return breaker.call(lambda: super(ForgivingRedisCache, self).touch(*args, **kwargs), otherwise=False)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return breaker.call(lambda: super(ForgivingRedisCache, self).delete(*args, **kwargs), otherwise=False)

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return breaker.call(lambda: super(ForgivingRedisCache, self).get_many(*args, **kwargs), otherwise={})

    def set_many(self, *args: Any, **kwargs: Any) -> Any:
        return breaker.call(lambda: super(ForgivingRedisCache, self).set_many(*args, **kwargs), otherwise=[])

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return breaker.call(lambda: super(ForgivingRedisCache, self).has_key(*args, **kwargs), otherwise=False)

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        return breaker.call(lambda: super(ForgivingRedisCache, self).incr(*args, **kwargs), otherwise=None)
