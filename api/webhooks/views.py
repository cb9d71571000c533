"""The owner's pages about webhooks: endpoints, their log, sending once more."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import organiser_for_member
from accounts.models import Organiser
from api.forms import EndpointForm
from api.models import Endpoint, Message
from api.webhooks import endpoints
from api.webhooks.kinds import KINDS
from ticketing.lib import clock

LOGGED = 50


def _loaded(request: HttpRequest, slug: str, pk: int) -> tuple[Organiser, Endpoint]:
    organiser, _ = organiser_for_member(user=request.user, slug=slug, to="own")
    return organiser, get_object_or_404(Endpoint, organiser=organiser, pk=pk, removed_at=None)


@login_required
def endpoint_list(request: HttpRequest, slug: str) -> HttpResponse:
    organiser, _ = organiser_for_member(user=request.user, slug=slug, to="own")
    form = EndpointForm(request.POST or None, private_networks=settings.WEBHOOK_PRIVATE_NETWORKS)
    if request.method == "POST" and form.is_valid():
        try:
            made = endpoints.add(organiser=organiser, by=request.user, now=clock.now(), **form.cleaned_data)
            messages.info(request, "Added. Give your program the secret, then send a test.")
            return redirect("api:endpoint", slug=slug, pk=made.pk)
        except endpoints.EndpointRefused as refusal:
            form.add_error("url", str(refusal))
    rows = Endpoint.objects.filter(organiser=organiser, removed_at=None).order_by("id")
    context = {"organiser": organiser, "part": "webhooks", "form": form, "rows": rows}
    return render(request, "api/endpoints.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_safe
def endpoint(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    organiser, found = _loaded(request, slug, pk)
    log = Message.objects.filter(endpoint=found).order_by("-pk")
    state = request.GET.get("show", "")
    if state == "open":
        log = log.filter(delivered_at=None, abandoned_at=None)
    context: dict[str, Any] = {
        "organiser": organiser,
        "part": "webhooks",
        "endpoint": found,
        "secret": endpoints.secret_of(endpoint=found),
        "log": log[:LOGGED],
        "show": state,
        "kinds": [KINDS[kind] for kind in found.kinds if kind in KINDS],
    }
    return render(request, "api/endpoint.html", context)


@login_required
@require_POST
def endpoint_act(request: HttpRequest, slug: str, pk: int, act: str) -> HttpResponse:
    """pause, resume, test or remove."""
    _, found = _loaded(request, slug, pk)
    now = clock.now()
    if act == "remove":
        endpoints.remove(endpoint=found, now=now)
        messages.info(request, "Removed. It is told nothing more.")
        return redirect("api:endpoint-list", slug=slug)
    if act == "pause":
        endpoints.pause(endpoint=found, now=now)
    elif act == "resume":
        endpoints.resume(endpoint=found)
    elif act == "test":
        endpoints.try_out(endpoint=found, now=now)
        messages.info(request, "A test is on its way. Its answer stands in the log in a moment.")
    else:
        raise Http404
    return redirect("api:endpoint", slug=slug, pk=pk)


@login_required
@require_POST
def message_again(request: HttpRequest, slug: str, pk: int, message: int) -> HttpResponse:
    _, found = _loaded(request, slug, pk)
    row = get_object_or_404(Message.objects.select_related("endpoint"), endpoint=found, pk=message)
    endpoints.tell_again(message=row, now=clock.now())
    messages.info(request, f"{row.webhook_id} goes out again.")
    return redirect("api:endpoint", slug=slug, pk=pk)
