"""Where meters are read off and traces begin: every request, every task; and where writing begins."""

import time
from collections.abc import Callable
from typing import Any

import redis
from celery import Task, bootsteps
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from ticketing.lib import clock, meters, traces


class MeterMiddleware:
    """First of all, so that pages from the page cache count too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        usage = meters.begin()
        if "HTTP_TRACEPARENT" in request.META:
            traces.follow(request.META["HTTP_TRACEPARENT"])
        response = self.get_response(request)
        cached = getattr(response, "cached_route", None)
        meters.end(
            usage,
            kind="page",
            name=cached or _route(request),
            outcome=meters.outcome_of(response.status_code),
            bytes_out=0 if response.streaming else len(response.content),
            from_page_cache=cached is not None,
            facts=lambda: _facts_of(request, response),
        )
        return response


def _route(request: HttpRequest) -> str:
    """The address's name; never the address, which may hold a secret."""
    match = request.resolver_match
    if match is not None:
        return match.view_name
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "unknown"


def _facts_of(request: HttpRequest, response: HttpResponse) -> dict[str, Any]:
    """Of a request, by the names of OpenTelemetry. The address as its pattern: a real one may hold a secret."""
    facts = {"http.request.method": request.method, "http.response.status_code": response.status_code}
    match = request.resolver_match
    return facts | {"http.route": "/" + match.route} if match is not None else facts


class MeteredTask(Task):  # type: ignore[misc]
    """Every task of ours (see ticketing/celery.py)."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        meters.resume()
        usage, outcome, failure = meters.begin(), "ok", ""
        traces.follow(getattr(self.request, "traceparent", None) or "")
        try:
            return super().__call__(*args, **kwargs)
        except BaseException as error:
            outcome = "failed"
            failure = type(error).__name__
            meters.failed(task=self.name, arguments=kwargs, error=error, at=time.time())
            raise
        finally:
            meters.end(usage, kind="task", name=self.name, outcome=outcome, facts=lambda: _facts_of_task(self, kwargs, failure))


def _facts_of_task(task: Task, arguments: dict[str, Any], failure: str) -> dict[str, Any]:
    """Of a task: where it waited, and the ids it was told; never a text."""
    info = getattr(task.request, "delivery_info", None) or {}
    facts = {"messaging.system": "celery", "messaging.destination.name": info.get("routing_key", ""), "error.type": failure}
    facts |= {name: value for name, value in arguments.items() if isinstance(value, int)}
    return {name: value for name, value in facts.items() if value != ""}


class MeterStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """The worker writes its meters from its start on, also while it has nothing to do."""

    def start(self, parent: Any) -> None:
        # A pool of processes does its tasks in children, each of which writes for itself.
        in_threads = parent.pool_cls.__module__ == "celery.concurrency.thread"
        meters.start(role="worker", at_once=parent.concurrency if in_threads else 0)
        if settings.TRACES_EXPORTED:
            from operations.traces import export  # only a worker that has a collector loads it

            export.start()


class Watchman:
    """Beside the meters of a web process: when nobody has watched for most of a minute (no worker, no Redis),
    this process does. Which one of several, the database decides."""

    EVERY_SECONDS = 10.0

    def __init__(self) -> None:
        self.looked = time.monotonic() + self.EVERY_SECONDS * 3  # the worker starts too

    def look(self) -> None:
        if time.monotonic() - self.looked < self.EVERY_SECONDS:
            return
        self.looked = time.monotonic()
        if self._watched():
            return
        from operations.watch.evaluation import keep_watch  # only a process that must watch loads it

        try:
            keep_watch(now=clock.now(), stands_in=True)
        finally:
            connection.close()  # this thread's own; it may not be needed again for months

    @staticmethod
    def _watched() -> bool:
        try:
            return bool(meters.connect().exists(meters.key("watched")))
        except (redis.RedisError, OSError):
            return False
