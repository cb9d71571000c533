"""What an event sells: ticket types and the capacities they share."""

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Path, Router
from pydantic import Field

from api import repeats, shapes, words
from api.access import event_for
from api.answers import done, shown
from api.models import Scope
from api.problem import invalid
from api.reference import changing, op
from api.routes_events import Slug
from events import publication
from events.models import Event, Quota, TicketType
from ticketing.lib import clock

router = Router(tags=["Ticket types"])
Pk = Annotated[int, Path(ge=1, le=words.BIGGEST_ID)]
Count = Annotated[int, Field(ge=0, lt=2**31)]
OfAnOrder = Annotated[int, Field(ge=1, le=1000)]


class TypeFacts(words.Sent):
    description: words.text(240) = ""  # type: ignore[valid-type]
    pricing: Annotated[str, Field(pattern="^(fixed|free|donation)$")] = Field(
        "fixed", description="fixed, free, or donation: the buyer chooses."
    )
    price_minor: words.Minor = Field(0, description="Of a donation: the least.")
    tax_rate: words.Percent = words.Decimal(0)
    capacity: Count | None = Field(None, description="How many of this type there are: a capacity of its own.")
    quotas: list[words.Id] = Field([], max_length=50, description="Ids of shared capacities that it counts against as well.")
    sale_starts_at: words.Moment | None = None
    sale_ends_at: words.Moment | None = None
    min_per_order: OfAnOrder = 1
    max_per_order: OfAnOrder = 10
    hidden: bool = False
    approval: Literal["", "keep", "free"] = Field(
        "", description="Buyers ask and you decide: keep their places meanwhile, or leave them free until you approve."
    )
    is_addon: bool = Field(False, description="Sold only with a ticket.")
    most_per_ticket: Annotated[int, Field(ge=1, lt=2**31)] | None = Field(None, description="Of an add-on: for each ticket it comes with.")
    base_types: list[words.Id] = Field([], max_length=50, description="Of an add-on: ids of the types it is sold with; none: with any.")
    position: Count | None = Field(None, description="Smaller numbers stand higher.")


class TypeNew(TypeFacts):
    name: words.text(80, least=1)  # type: ignore[valid-type]


class TypeChange(TypeFacts):
    """Only what is sent is changed."""

    name: words.text(80, least=1) = ""  # type: ignore[valid-type]


class QuotaNew(words.Sent):
    name: words.text(80, least=1)  # type: ignore[valid-type]
    capacity: Count


SET = (
    "name",
    "description",
    "pricing",
    "price_minor",
    "tax_rate",
    "sale_starts_at",
    "sale_ends_at",
    "min_per_order",
    "max_per_order",
    "hidden",
    "approval",
    "is_addon",
    "most_per_ticket",
)
SHOWN_WITH = ("quotas", "base_types")


@router.get("/{slug}/ticket-types", **op("List ticket types", Scope.EVENTS_READ, shapes.OwnTypes))
def type_list(request: Any, slug: Slug) -> HttpResponse:
    """Archived ones too: tickets of them may have been sold."""
    kinds = event_for(request, slug).ticket_types.prefetch_related(*SHOWN_WITH)
    return shown(request, {"items": [shapes.own_type(kind) for kind in kinds]})


@router.post("/{slug}/ticket-types", **changing("Add a ticket type", Scope.EVENTS_WRITE, shapes.OwnType, status=201))
@repeats.once(together=True)
def type_new(request: Any, slug: Slug, sent: TypeNew) -> HttpResponse:
    """It needs a `capacity` of its own, or `quotas` that it shares."""
    event = event_for(request, slug)
    if sent.capacity is None and not sent.quotas:
        raise invalid("capacity", "Give a capacity, or the ids of shared ones in quotas.")
    return done(shapes.own_type(_save(event, TicketType(event=event), sent.model_dump())), status=201)


@router.patch("/{slug}/ticket-types/{pk}", **changing("Change a ticket type", Scope.EVENTS_WRITE, shapes.OwnType))
@repeats.once(together=True)
def type_change(request: Any, slug: Slug, pk: Pk, sent: TypeChange) -> HttpResponse:
    """Only what is sent is changed. A capacity below what is sold and held is refused."""
    event = event_for(request, slug)
    kind = get_object_or_404(event.ticket_types.prefetch_related(*SHOWN_WITH), pk=pk, archived_at=None)
    return done(shapes.own_type(_save(event, kind, sent.model_dump(exclude_unset=True))))


def _save(event: Event, kind: TicketType, facts: dict[str, Any]) -> TicketType:
    for name in SET:
        setattr(kind, name, facts.get(name, getattr(kind, name)))
    if facts.get("position") is not None:
        kind.position = facts["position"]
    if kind.min_per_order > kind.max_per_order:
        raise invalid("max_per_order", "The most must not be less than the least.")
    if kind.pricing == "free" and facts.get("price_minor"):
        raise invalid("price_minor", "What is free has no price. Leave it away, or choose another pricing.")
    if not kind.is_addon:
        kind.most_per_ticket = None
    quotas = _quotas(event, facts["quotas"]) if "quotas" in facts else list(kind.quotas.all())
    bases = types_named(event, facts["base_types"], field="base_types") if "base_types" in facts else None
    publication.save_ticket_type(event=event, kind=kind, quotas=quotas, own_capacity=facts.get("capacity"), base_types=bases)
    kind._prefetched_objects_cache = {}  # type: ignore[attr-defined]
    return kind


def type_named(request: Any, slug: str, pk: int) -> TicketType:
    """One that is sold. Http404."""
    event = event_for(request, slug)
    kind = get_object_or_404(event.ticket_types, pk=pk, archived_at=None)
    kind.event = event
    return kind


def types_named(event: Event, ids: list[int], *, field: str) -> list[TicketType]:
    """The types of these ids, in their order. Problem."""
    found = event.ticket_types.filter(archived_at=None).in_bulk(ids)
    for place, pk in enumerate(ids):
        if pk not in found:
            raise invalid(f"{field}.{place}", "This event has no such ticket type.")
    return [found[pk] for pk in dict.fromkeys(ids)]


def _quotas(event: Event, ids: list[int]) -> list[Quota]:
    found = {quota.pk: quota for quota in event.quotas.filter(pk__in=ids)}
    for place, pk in enumerate(ids):
        if pk not in found:
            raise invalid(f"quotas.{place}", "This event has no such capacity.")
    return list(found.values())


@router.post("/{slug}/ticket-types/{pk}/archive", **changing("Archive a ticket type", Scope.EVENTS_WRITE, shapes.OwnType))
@repeats.once(together=True)
def type_archive(request: Any, slug: Slug, pk: Pk) -> HttpResponse:
    """Not sold any more; tickets that were sold stay valid."""
    kind = get_object_or_404(TicketType, event=event_for(request, slug), pk=pk)
    publication.archive_ticket_type(kind=kind, now=clock.now())
    return done(shapes.own_type(TicketType.objects.prefetch_related(*SHOWN_WITH).get(pk=pk)))


@router.get("/{slug}/quotas", **op("List capacities", Scope.EVENTS_READ, shapes.Quotas))
def quota_list(request: Any, slug: Slug) -> HttpResponse:
    return shown(request, {"items": [shapes.quota(row) for row in event_for(request, slug).quotas.all()]})


@router.post("/{slug}/quotas", **changing("Add a shared capacity", Scope.EVENTS_WRITE, shapes.QuotaShape, status=201))
@repeats.once(together=True)
def quota_new(request: Any, slug: Slug, sent: QuotaNew) -> HttpResponse:
    event = event_for(request, slug)
    return done(shapes.quota(_save_quota(event, Quota(event=event), sent)), status=201)


@router.put("/{slug}/quotas/{pk}", **changing("Change a capacity", Scope.EVENTS_WRITE, shapes.QuotaShape))
@repeats.once(together=True)
def quota_change(request: Any, slug: Slug, pk: Pk, sent: QuotaNew) -> HttpResponse:
    """Less than what is sold and held is refused."""
    event = event_for(request, slug)
    quota = get_object_or_404(event.quotas, pk=pk)
    return done(shapes.quota(_save_quota(event, quota, sent)))


def _save_quota(event: Event, quota: Quota, sent: QuotaNew) -> Quota:
    if event.quotas.filter(name=sent.name).exclude(pk=quota.pk).exists():
        raise invalid("name", "Another capacity of this event has this name. Give a different one.")
    quota.name = sent.name
    return publication.save_quota(event=event, quota=quota, capacity=sent.capacity)
