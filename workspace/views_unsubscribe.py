"""The link under an organiser's messages. A mail program posts to it by itself (RFC 8058); a person sees a page first."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from ticketing.lib import clock
from workspace import unsubscribing


@csrf_exempt  # the link itself is the permission, and mail programs bring no cookie
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    found = unsubscribing.read(token=token)
    if found is None:
        raise Http404
    organiser, fingerprint = found
    state = "asked"
    if request.method == "POST":
        if request.POST.get("act") == "subscribe":
            unsubscribing.subscribe(organiser=organiser, fingerprint=fingerprint)
            state = "back"
        else:
            unsubscribing.unsubscribe(organiser=organiser, fingerprint=fingerprint, now=clock.now())
            state = "gone"
    response = render(request, "workspace/unsubscribe.html", {"organiser": organiser, "state": state})
    response.headers["Referrer-Policy"] = "same-origin"
    return response
