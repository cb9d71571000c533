"""What a visitor sees when a part is away or a form can't be trusted."""

import logging
from collections.abc import Callable

from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ticketing.lib import traces

logger = logging.getLogger("ticketing.trouble")
RETRY_AFTER_SECONDS = 5


class TroubleMiddleware:
    """The database is away or too busy: 503 with Retry-After, not a storm of 500s (F4).
    It can't hold what was sent, such as a NUL in a text: the sender's fault, not ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DataError):
            logger.warning("What was sent can't be stored (%s).", type(error).__name__)
            return not_found(request, error) if "\0" in request.path else bad_request(request, error)
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        logger.warning("Database does not answer: %s", str(error).splitlines()[0] if str(error) else type(error).__name__)
        return busy(request)


def busy(request: HttpRequest) -> HttpResponse:
    response = render(request, "503.html", {"reference": traces.reference()}, status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403.html", {"csrf": True}, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """One uniform page, whether the thing is not there or not yours (F34)."""
    return render(request, "404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """The reference leads staff to the trace of exactly this request."""
    return render(request, "500.html", {"reference": traces.reference()}, status=500)
