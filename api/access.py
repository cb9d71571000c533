"""Who calls, and the only loaders of what they may touch. Not yours is 404, the same as not there. HOT."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest
from ninja.security import HttpBearer

from api import limits, tokens
from api.models import Scope, Token
from api.problem import Problem
from events.models import Event, Question, TicketType
from registrations.models import Order
from scanning.gates import gates_at, gates_of
from scanning.models import Gate
from ticketing.lib import clock, meters
from ticketing.lib.prepared import Param, Prepared

EVENT = Prepared(lambda: Event.objects.select_related("organiser").filter(slug=Param("slug"), organiser=Param("organiser")))
TYPES = Prepared(
    lambda: (
        TicketType.objects.select_related("event")
        .defer("event__description", "event__summary")
        .annotate(
            asks=Exists(Question.objects.filter(event=OuterRef("event"), archived_at=None)),
            quota_ids=ArraySubquery(TicketType.quotas.through.objects.filter(tickettype=OuterRef("pk")).values("quota_id")),
        )
        .filter(event__slug=Param("slug"), event__organiser=Param("organiser"))
    )
)
ORDER = Prepared(
    lambda: (
        Order.objects.select_related("event__organiser", "hold")
        .defer("event__description", "event__summary", "hold__attendees")
        .filter(code=Param("code"), event__slug=Param("slug"), event__organiser=Param("organiser"))
    )
)


class Caller:
    """A token in the place of a signed-in user: what it changes is noted in its name."""

    is_authenticated = True
    pk = None

    def __init__(self, token: Token) -> None:
        self.token = token

    def __str__(self) -> str:
        return f"API token {self.token.name}"


class NeedsToken(HttpBearer):
    """`scope`: what the token must be allowed to do; None: any token will do."""

    def __init__(self, scope: Scope | None = None) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Token:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        return self.authenticate(request, secret.strip() if scheme.lower() == "bearer" else "")

    def authenticate(self, request: HttpRequest, secret: str) -> Token:
        token = tokens.token_for(secret=secret, now=clock.now()) if secret else None
        if token is None:
            limits.count_address(request=request)
            raise Problem(401, "no_token", "Send the header Authorization: Bearer tkt_… with a token that is not revoked.")
        limits.count_token(token_id=token.pk, money=self.scope == Scope.PAYMENTS_WRITE and request.path_info.endswith("/refunds"))
        if self.scope is not None and self.scope not in token.scopes:
            raise Problem(403, "scope_missing", f"This token may not do that. Make one with the scope {self.scope}.")
        request.user = Caller(token)  # type: ignore[assignment]
        meters.about(organiser=token.organiser_id)
        return token


def event_for(request: Any, slug: str) -> Event:
    """The organiser's event. Http404."""
    event = EVENT.first(slug=slug, organiser=request.auth.organiser_id)
    if event is None:
        raise Http404
    meters.about(event=event.pk)
    return event


def types_for(request: Any, slug: str) -> tuple[Event, dict[int, TicketType]]:
    """The event and all its ticket types by id, each of which knows the event; `asks`: the event has questions,
    `quota_ids`: what it counts against. One query, two when there are none."""
    kinds = TYPES.all(slug=slug, organiser=request.auth.organiser_id)
    event = kinds[0].event if kinds else event_for(request, slug)
    for kind in kinds:
        kind.event = event
    meters.about(event=event.pk)
    return event, {kind.pk: kind for kind in kinds}


def gates_for(request: Any, slug: str) -> list[Gate]:
    """The gates of the organiser's event with their lists; the first is made here if there is none. One query, every
    two seconds."""
    gates = gates_at(organiser_id=request.auth.organiser_id, slug=slug) or gates_of(event=event_for(request, slug))
    meters.about(event=gates[0].event_id)
    return gates


def order_for(request: Any, slug: str, code: str) -> Order:
    """An order of the organiser's event, with event, organiser and hold. Http404."""
    order = ORDER.first(code=code, slug=slug, organiser=request.auth.organiser_id)
    if order is None:
        raise Http404
    meters.about(event=order.event_id)
    return order
