"""Whole anonymous pages in Redis, with exact invalidation.

A page is stored with its scope (such as "event:7") and the scope's version at the time its
rendering began; it is served only while the version is still that. `changed` raises the version,
so that the next request sees the change; a rendering that began before the change can't be served
after it. Pages are the same bytes for everybody who is spoken to in one language: a page is kept once for
each, and once for visitors who asked for none of ours; one version makes all of them out of date. The middleware
refuses to store a page that sets a cookie. Redis away: pages are rendered.
"""

import functools
import json
import re
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from ticketing.lib import languages, meters, views_tally
from ticketing.lib.forgiving_cache import breaker

# One round trip: the page, if its scope's version is still the one it was rendered under.
LOOK_UP = """
local page = redis.call('HMGET', KEYS[1], 'scope', 'version', 'head', 'body')
if not page[1] then return false end
if (redis.call('GET', ARGV[1] .. page[1]) or '0') ~= page[2] then return false end
if ARGV[2] then redis.call('HINCRBY', ARGV[2], page[1] .. '|' .. ARGV[3], 1) end
return {page[3], page[4]}
"""
PUBLIC = re.compile(r"/$|/events/|/series/|/api/v1/events")  # where marked pages are; private ones don't ask Redis
VERSION_SECONDS = 7 * 24 * 3600
STORED_HEADERS = (
    "Content-Type",
    "Cache-Control",
    "ETag",
    "Content-Security-Policy",
    "X-Frame-Options",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Content-Disposition",
)


@functools.cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_ADDRESS, socket_timeout=0.25, socket_connect_timeout=0.25)


@functools.cache
def _look_up() -> Any:
    return _redis().register_script(LOOK_UP)


def _key(kind: str, name: str) -> str:
    return f"{settings.CACHES['default']['KEY_PREFIX']}:{settings.CACHE_NAMESPACE}:{kind}:{name}"


def views_key() -> str:
    """Where the middleware counts: {scope|source: views} until a sweep takes them."""
    return _key("views", "pages")


def take_views() -> dict[tuple[str, str], int]:
    """What was counted since the last time; {} without Redis. Then `forget_views`."""
    return dict(breaker.call(lambda: views_tally.take(client=_redis(), key=views_key()), otherwise={}))


def forget_views() -> None:
    breaker.call(lambda: views_tally.forget(client=_redis(), key=views_key()), otherwise=None)


def changed(*scopes: str) -> None:
    """The pages of these scopes are out of date once the current transaction commits."""
    transaction.on_commit(lambda: _raise_versions(scopes), robust=True)


def _raise_versions(scopes: tuple[str, ...]) -> None:
    def act() -> None:
        pipe = _redis().pipeline(transaction=False)
        for scope in scopes:
            pipe.incr(_key("version", scope))
            pipe.expire(_key("version", scope), VERSION_SECONDS)
        pipe.execute()

    breaker.call(act, otherwise=None)


def cached_page(*, scope: Callable[..., str], seconds: int) -> Callable[..., Any]:
    """Mark a view's answer as the same for everybody. `scope` gets the view's URL arguments;
    `seconds` is how long an unchanged page may live, here and in browsers or a CDN."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def wrapped(request: HttpRequest, **arguments: Any) -> HttpResponse:
            name = scope(**arguments)
            kept = settings.PAGE_CACHE_ENABLED
            version = breaker.call(lambda: _redis().get(_key("version", name)), otherwise=None, what="page version") if kept else None
            response = view(request, **arguments)
            if response.status_code == 200:
                response.headers.setdefault("Cache-Control", f"public, max-age={min(seconds, 5)}, s-maxage={seconds}")
                response.page_cache = (name, version or b"0", getattr(response, "fresh_seconds", seconds))  # type: ignore[attr-defined]
            return response

        return wrapped

    return decorate


class PageCacheMiddleware:
    """Answers cached pages before any other work; stores what cached_page marked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD") or not settings.PAGE_CACHE_ENABLED or not PUBLIC.match(request.path_info):
            return self.get_response(request)
        key = _key("page", f"{languages.asked()}:{request.get_host()}{request.get_full_path()}")
        counted = [views_key(), views_tally.source_of(request)] if views_tally.is_counted(request) else []
        found = breaker.call(lambda: _look_up()(keys=[key], args=[_key("version", ""), *counted]), otherwise=None, what="page look-up")
        if found:
            return _answer(request, found)
        response = self.get_response(request)
        mark = getattr(response, "page_cache", None)
        if mark and not response.cookies and not response.streaming:
            self._store(key, response, mark, request.resolver_match.view_name if request.resolver_match else "", counted)
        return response

    @staticmethod
    def _store(key: str, response: HttpResponse, mark: tuple[str, bytes, int], route: str, counted: list[str]) -> None:
        scope, version, seconds = mark
        head = json.dumps([{name: response.headers[name] for name in STORED_HEADERS if name in response.headers}, route, meters.subject()])

        def act() -> None:
            pipe = _redis().pipeline(transaction=True)
            pipe.delete(key)
            pipe.hset(key, mapping={"scope": scope, "version": version, "head": head, "body": response.content})
            pipe.expire(key, max(1, seconds))
            if counted:
                pipe.hincrby(counted[0], f"{scope}|{counted[1]}", 1)
            pipe.execute()

        breaker.call(act, otherwise=None, what="page kept")


def _answer(request: HttpRequest, found: list[bytes]) -> HttpResponse:
    headers, route, (event, organiser) = json.loads(found[0])
    known = headers.get("ETag") and headers["ETag"] == request.headers.get("If-None-Match")
    response = HttpResponse(status=304) if known else HttpResponse(found[1])
    for name, value in headers.items():
        response.headers[name] = value
    response.headers["X-Cache"] = "hit"
    response.cached_route = route  # type: ignore[attr-defined]
    meters.about(event=event, organiser=organiser)
    return response
