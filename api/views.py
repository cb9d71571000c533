"""The owner's pages about tokens, and the reference for everybody."""

import functools
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import organiser_for_member
from api import document, tokens
from api.forms import TokenForm
from api.models import Token
from ticketing.lib import clock


@login_required
@never_cache
def token_list(request: HttpRequest, slug: str) -> HttpResponse:
    """A new token's secret is on the page that made it, and nowhere after."""
    organiser, _ = organiser_for_member(user=request.user, slug=slug, to="own")
    form, secret = TokenForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        _, secret = tokens.make(organiser=organiser, by=request.user, now=clock.now(), **form.cleaned_data)
        form = TokenForm()
    rows = Token.objects.filter(organiser=organiser, revoked_at=None).select_related("made_by").order_by("-id")
    context = {"organiser": organiser, "part": "tokens", "form": form, "secret": secret, "rows": rows}
    return render(request, "api/tokens.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def token_revoke(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    organiser, _ = organiser_for_member(user=request.user, slug=slug, to="own")
    token = get_object_or_404(Token, organiser=organiser, pk=pk)
    tokens.revoke(token=token, now=clock.now())
    messages.info(request, f"{token.name}: the token opens nothing any more.")
    return redirect("api:token-list", slug=slug)


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document, to read."""
    return render(request, "api/reference.html", {"groups": _groups()})


@functools.cache
def _groups() -> list[dict[str, Any]]:
    return document.groups()
