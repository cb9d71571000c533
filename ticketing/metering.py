"""Where meters are read off: every request, every task, every S3 call; and where writing begins."""

import time
from collections.abc import Callable
from typing import Any

from celery import Task, bootsteps
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ticketing.lib import meters


class MeterMiddleware:
    """First of all, so that pages from the page cache count too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        usage = meters.begin()
        response = self.get_response(request)
        cached = getattr(response, "cached_route", None)
        meters.end(
            usage,
            kind="page",
            name=cached or _route(request),
            outcome=meters.outcome_of(response.status_code),
            bytes_out=0 if response.streaming else len(response.content),
            from_page_cache=cached is not None,
        )
        return response


def _route(request: HttpRequest) -> str:
    """The address's name; never the address, which may hold a secret."""
    match = request.resolver_match
    if match is not None:
        return match.view_name
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "unknown"


class MeteredTask(Task):  # type: ignore[misc]
    """Every task of ours (see ticketing/celery.py)."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        meters.resume()
        usage, outcome = meters.begin(), "ok"
        try:
            return super().__call__(*args, **kwargs)
        except BaseException as error:
            outcome = "failed"
            meters.failed(task=self.name, arguments=kwargs, error=error, at=time.time())
            raise
        finally:
            meters.end(usage, kind="task", name=self.name, outcome=outcome)


class MeterStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """The worker writes its meters from its start on, also while it has nothing to do."""

    def start(self, parent: Any) -> None:
        meters.start(role="worker")
