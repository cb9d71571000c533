"""Guessing codes: wrong ones are counted for each network address, right ones are not.

Counted in Redis. When Redis is away each process counts by itself: a guesser gains a few tries, and nobody
who types a right code is kept out."""

from functools import lru_cache

from django.conf import settings
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

from ticketing.lib.forgiving_cache import Breaker
from ticketing.lib.languages import say

MINUTES = 10
WRONG = RateLimitItemPerMinute(20, MINUTES)  # of one address and event; a family or an office shares one
breaker = Breaker()
_alone = FixedWindowRateLimiter(MemoryStorage())


class TooManyGuesses(Exception):
    """This address has tried too many codes that are none."""

    code = "too_many_guesses"
    retry_after = MINUTES * 60

    def __init__(self) -> None:
        super().__init__(
            say("Too many codes from your network were wrong. Try again in {minutes} minutes, or choose without a code.", minutes=MINUTES)
        )


def check(*, address: str, event_id: int) -> None:
    """TooManyGuesses before the code is looked at, so that the answer tells nothing about it."""
    names = ("codes", str(event_id), address)
    shared = breaker.call(lambda: _shared(settings.REDIS_ADDRESS).test(WRONG, *names), otherwise=None)
    if not (_alone.test(WRONG, *names) if shared is None else shared):
        raise TooManyGuesses()


def missed(*, address: str, event_id: int) -> None:
    """A code that this event does not have."""
    names = ("codes", str(event_id), address)
    if breaker.call(lambda: _shared(settings.REDIS_ADDRESS).hit(WRONG, *names), otherwise=None) is None:
        _alone.hit(WRONG, *names)


@lru_cache(maxsize=2)
def _shared(address: str) -> FixedWindowRateLimiter:
    uri = "redis+" + address if address.startswith("unix://") else address
    storage = RedisStorage(
        uri,
        key_prefix=str(settings.CACHES["default"]["KEY_PREFIX"]),
        socket_timeout=0.25,
        socket_connect_timeout=0.25,
        wrap_exceptions=False,
    )
    return FixedWindowRateLimiter(storage)
