"""The scanner's shell: page, manifest, service worker, and the link that opens a gate."""

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from scanning import shell


@require_safe
@cache_control(no_cache=True)
def scanner(request: HttpRequest) -> HttpResponse:
    """The same bytes for everybody: who scans and where is known to the phone alone."""
    response = HttpResponse(shell.page(request=request))
    response.headers["Content-Security-Policy"] = shell.POLICY
    response.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    return response


@require_safe
@cache_control(no_cache=True)
def scanner_worker(request: HttpRequest) -> HttpResponse:
    version, addresses = shell.kept(request=request)
    context = {"kept": json.dumps({"version": version, "page": addresses[0], "addresses": addresses})}
    return render(request, "scanning/scanner_worker.js", context, content_type="text/javascript")


@require_safe
@cache_control(max_age=3600)
def scanner_manifest(request: HttpRequest) -> HttpResponse:
    return JsonResponse(shell.manifest(), content_type="application/manifest+json")


@require_safe
def open_page(request: HttpRequest, code: str) -> HttpResponse:
    """The one-time link. The code goes into the part of the address that no server sees: a chat
    that looks at the link for a preview spends nothing, the steward's own tap does."""
    response = redirect(f"{reverse('scanning:scanner')}#open={code}")
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
