"""What changes a price: steps of a ticket type by date or number, and codes that buyers type."""

from typing import Annotated, Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router
from pydantic import Field, StringConstraints

from api import price_shapes, repeats, words
from api.access import event_for
from api.answers import done, page, shown
from api.models import Scope
from api.problem import invalid
from api.reference import changing, op
from api.routes_events import Slug
from api.routes_orders import number_of
from api.routes_public import After, Limit
from api.routes_types import Count, Pk, type_named, types_named
from events import promotions, reserving, tier_steps
from events.models import Event, PriceTier, Promotion, TicketType
from ticketing.lib import clock

router = Router(tags=["Prices"])
Number = Annotated[int, Field(ge=1, lt=2**31)]


class TierNew(words.Sent):
    """A time, a number of tickets, or both; whichever comes first ends it."""

    name: words.text(80, least=1) = Field(description="Such as Early bird. Buyers see it.")  # type: ignore[valid-type]
    price_minor: words.Minor
    ends_at: words.Moment | None = None
    quantity: Number | None = None
    position: Count | None = Field(None, description="Smaller numbers come first; by itself the last.")


class CodeNew(words.Sent):
    """Per cent or an amount off, hidden types, places set aside: one at least."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", max_length=40)]
    percent: Annotated[int, Field(ge=1, le=100)] | None = None
    amount_minor: Annotated[int, Field(ge=1, lt=10**12)] | None = Field(None, description="Off each ticket.")
    unlocks_hidden: bool = False
    ticket_types: list[words.Id] = Field([], max_length=50, description="Only for these types; none: for all.")
    max_uses: Number | None = Field(None, description="Each order is one use; 1 makes a voucher.")
    budget_minor: words.Minor | None = Field(None, description="The most that is taken off in all orders together.")
    reserves: words.Id | None = Field(None, description="Set tickets of this type aside for whoever has the code …")
    reserved: Annotated[int, Field(ge=1, le=100_000)] | None = Field(None, description="… so many of them.")
    starts_at: words.Moment | None = None
    ends_at: words.Moment | None = None


@router.get("/{slug}/ticket-types/{pk}/tiers", **op("List a type's price steps", Scope.EVENTS_READ, price_shapes.Tiers))
def tier_list(request: Any, slug: Slug, pk: Pk) -> HttpResponse:
    """In the order in which they are sold; the type's own price comes after the last."""
    kind = type_named(request, slug, pk)
    return shown(request, {"items": [price_shapes.tier(row) for row in kind.tiers.filter(archived_at=None)]})


@router.post("/{slug}/ticket-types/{pk}/tiers", **changing("Add a price step", Scope.EVENTS_WRITE, price_shapes.TierShape, status=201))
@repeats.once(together=True)
def tier_new(request: Any, slug: Slug, pk: Pk, sent: TierNew) -> HttpResponse:
    """Whoever holds or bought tickets keeps their price."""
    kind = type_named(request, slug, pk)
    if sent.ends_at is None and sent.quantity is None:
        raise invalid("ends_at", "Say when this price ends: at a time, after a number of tickets, or both.")
    fields = sent.model_dump()
    if fields["position"] is None:
        fields["position"] = kind.tiers.filter(archived_at=None).count()
    return done(price_shapes.tier(tier_steps.save(kind=kind, tier=PriceTier(), fields=fields, now=clock.now())), status=201)


@router.post("/{slug}/ticket-types/{pk}/tiers/{tier}/archive", **changing("End a price step", Scope.EVENTS_WRITE, price_shapes.TierShape))
@repeats.once(together=True)
def tier_archive(request: Any, slug: Slug, pk: Pk, tier: Pk) -> HttpResponse:
    """Nothing is sold at this price any more."""
    kind = type_named(request, slug, pk)
    row = get_object_or_404(kind.tiers, pk=tier)
    row.ticket_type = kind
    tier_steps.archive(tier=row, now=clock.now())
    row.refresh_from_db(fields=["archived_at"])
    return done(price_shapes.tier(row))


@router.get("/{slug}/codes", **op("List codes", Scope.EVENTS_READ, price_shapes.Codes))
def code_list(request: Any, slug: Slug, limit: Limit = 50, after: After = "") -> HttpResponse:
    """Promo codes, access codes and vouchers, the newest first; archived ones too."""
    event = event_for(request, slug)
    rows = event.promotions.prefetch_related("ticket_types").order_by("-pk")
    if after:
        rows = rows.filter(pk__lt=number_of(after))
    found, following = page(list(rows[: limit + 1]), limit=limit, place=lambda row: (event.created_at, row.pk))
    return shown(request, {"items": [price_shapes.code(row) for row in found], "next": following})


@router.post("/{slug}/codes", **changing("Make a code", Scope.EVENTS_WRITE, price_shapes.CodeShape, status=201))
@repeats.once(together=True)
def code_new(request: Any, slug: Slug, sent: CodeNew) -> HttpResponse:
    """A promo code; with `max_uses` 1 a voucher. 409 when the places it shall reserve are not free."""
    event = event_for(request, slug)
    kinds = types_named(event, sent.ticket_types, field="ticket_types")
    reserves = _reserved_type(event, sent)
    _check(event, sent, reserves, kinds)
    fields = sent.model_dump(exclude={"ticket_types", "reserves", "reserved"})
    fields |= {"code": promotions.normal(sent.code), "percent": sent.percent or 0, "amount_minor": sent.amount_minor or 0}
    made = promotions.save(event=event, promotion=Promotion(event=event), fields=fields, kinds=kinds)
    reserving.reserve(promotion=made, kind=reserves, places=sent.reserved or 0)
    return done(price_shapes.code(made), status=201)


def _reserved_type(event: Event, sent: CodeNew) -> TicketType | None:
    if (sent.reserves is None) != (sent.reserved is None):
        raise invalid("reserved", "Give reserves and reserved together.")
    kind = event.ticket_types.filter(archived_at=None, pk=sent.reserves).first() if sent.reserves else None
    if sent.reserves and kind is None:
        raise invalid("reserves", "This event has no such ticket type.")
    return kind


def _check(event: Event, sent: CodeNew, reserves: TicketType | None, kinds: list[TicketType]) -> None:
    if event.promotions.filter(code=promotions.normal(sent.code)).exists():
        raise invalid("code", "This event has or had this code already. Choose another.")
    if sent.percent and sent.amount_minor:
        raise invalid("amount_minor", "Give per cent or an amount, not both.")
    if not (sent.percent or sent.amount_minor or sent.unlocks_hidden or sent.reserves):
        raise invalid("percent", "Say what the code does: per cent off, an amount off, hidden ticket types, or places reserved.")
    if reserves and kinds and reserves not in kinds:
        raise invalid("reserves", "The code is not for this type. Name it in ticket_types too, or reserve another.")
    if sent.starts_at and sent.ends_at and sent.ends_at <= sent.starts_at:
        raise invalid("ends_at", "The end must be after the beginning.")


@router.post("/{slug}/codes/{pk}/archive", **changing("Withdraw a code", Scope.EVENTS_WRITE, price_shapes.CodeShape))
@repeats.once(together=True)
def code_archive(request: Any, slug: Slug, pk: Pk) -> HttpResponse:
    """Not taken any more; orders keep their price, and reserved places that nobody took go on sale."""
    rows = event_for(request, slug).promotions.select_related("event").prefetch_related("ticket_types")
    row = get_object_or_404(rows, pk=pk)
    now = clock.now()
    promotions.archive(promotion=row, now=now)
    reserving.put_ended_on_sale(now=now)
    row.refresh_from_db()
    return done(price_shapes.code(row))
