"""A strict Content-Security-Policy: everything from ourselves, nothing inline.

Django 5.2 has none of its own (6.0 does); the policy is one constant, so a package would be longer.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

POLICY = (
    "default-src 'self'; img-src 'self' data: blob: https:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self' https://checkout.stripe.com https://connect.stripe.com"
)
# The admin's own widgets and allauth's set small inline styles.
ADMIN_POLICY = POLICY.replace("default-src 'self';", "default-src 'self'; style-src 'self' 'unsafe-inline';")
# A worker takes its policy from its own response; the gate's decoder is the one place that runs WebAssembly.
DECODER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"


def decoder_headers(headers: Any, path: str, url: str) -> None:
    """For WhiteNoise, which answers static files before this middleware."""
    if "/decode-worker." in url:
        headers["Content-Security-Policy"] = DECODER_POLICY


class ContentSecurityPolicyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = ADMIN_POLICY if request.path.startswith("/admin/") else POLICY
        if getattr(response, "framable", False):  # the widget stands in other people's pages
            policy = policy.replace("frame-ancestors 'none'", "frame-ancestors *")
        if settings.STRIPE_API_BASE:  # a double of Stripe has its pages at its own address
            policy = f"{policy} {settings.STRIPE_API_BASE}"
        response.headers.setdefault("Content-Security-Policy", policy)
        return response
