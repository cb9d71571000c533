"""Who is spoken to in which language: a choice that was made, else the browser's wish, else the event's language.

`?language=de` in the address of any public page is a choice: a cookie keeps it, and the page comes without the
parameter. What is not for buyers is in English whatever a browser asks for.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import escape_leading_slashes

from ticketing.lib import languages

COOKIE = "language"
COOKIE_SECONDS = 365 * 24 * 3600
IN_ENGLISH = ("/manage/", "/gate/", "/operations/", "/admin/", "/api/", "/static/", "/media/", "/stripe/", "/metrics", "/livez", "/readyz")
VARY = "Accept-Language, Cookie"


class LanguageMiddleware:
    """Above the page cache, which keeps each page once for each language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(IN_ENGLISH):
            return self.get_response(request)
        chosen = request.GET.get("language", "") if "language=" in request.META.get("QUERY_STRING", "") else ""
        if chosen not in languages.NAMES:
            chosen = ""
        in_frame = request.path_info.endswith("/widget/")  # whose cookies browsers refuse: the address alone says it there
        if chosen and not in_frame and request.method in ("GET", "HEAD"):
            return _keep(request, chosen)
        with languages.answering(chosen or _asked(request)):
            response = self.get_response(request)
        if "public" in response.headers.get("Cache-Control", "") and response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers["Vary"] = VARY
        return response


def _asked(request: HttpRequest) -> str:
    if "language=" in request.META.get("HTTP_COOKIE", "") and request.COOKIES.get(COOKIE) in languages.NAMES:
        return request.COOKIES[COOKIE]
    wanted = request.META.get("HTTP_ACCEPT_LANGUAGE")
    return languages.named_by_browser(wanted) if wanted else ""


def _keep(request: HttpRequest, chosen: str) -> HttpResponse:
    """The same page again, without the parameter, from now on in that language."""
    query = request.GET.copy()
    del query["language"]
    rest = f"?{query.urlencode()}" if query else ""
    response = HttpResponseRedirect(escape_leading_slashes(request.path) + rest)
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(COOKIE, chosen, max_age=COOKIE_SECONDS, httponly=True, samesite="Lax", secure=settings.HTTPS)
    return response
