"""The way to /api/v1/: past everything that only pages need (sessions, CSRF, messages), since a call brings
its own token, no cookie is looked at, and answers are JSON also when something breaks."""

import functools
import logging
from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve

from api import problem
from api.problem import Problem
from trail.record import acting

logger = logging.getLogger("ticketing.api")
PREFIX = "/api/v1/"
ADDRESSES = "api.urls"
RETRY_AFTER_SECONDS = 5


class ApiDoor:
    """After the meters, the page cache and the security headers; before all that knows people."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        request.user = AnonymousUser()
        with acting(request):
            response = self._answer(request)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
            request.resolver_match = match = _resolved(request.path_info)
            response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        except Exception as error:
            return problem.answer(_problem_of(request, error))
        if response.status_code == 405:
            return _not_allowed(response)
        return response


@functools.lru_cache(maxsize=512)
def _resolved(path: str) -> ResolverMatch:
    """Programs call the same few addresses again and again; trying sixty patterns each time is a tenth of a scan."""
    return resolve(path, ADDRESSES)


def _problem_of(request: HttpRequest, error: Exception) -> Problem:
    if told := problem.of(error):
        return told
    if isinstance(error, DataError | UnicodeError):
        return Problem(422, "not_storable", "Something sent has characters or numbers that can't be stored. Leave them away.")
    if isinstance(error, OperationalError | InterfaceError):
        logger.warning("Database does not answer: %s", str(error).splitlines()[0] if str(error) else type(error).__name__)
        return Problem(503, "busy", "Too much to do just now. Try again in a few seconds.", retry_after=RETRY_AFTER_SECONDS)
    if isinstance(error, DisallowedHost):
        return Problem(400, "unknown_host", "This server does not answer to that name.")
    if isinstance(error, RequestDataTooBig):
        return Problem(413, "too_large", "The body is too large.")
    logger.exception("%s %s broke.", request.method, request.resolver_match.view_name if request.resolver_match else "?", exc_info=error)
    return Problem(500, "broken", "Something broke on our side. It is noted; try again later.")


def _not_allowed(response: HttpResponse) -> HttpResponse:
    told = problem.answer(Problem(405, "method_not_allowed", f"This address takes {response.headers.get('Allow', 'another method')}."))
    told.headers["Allow"] = response.headers.get("Allow", "")
    return told


def not_found(request: HttpRequest, path: str = "") -> HttpResponse:
    """Every address below /api/v1/ that is none."""
    raise Http404
