"""Answers about events: each row written by one function, and its shape for the document."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.answers import moment
from api.question_shapes import QuestionShape, question
from api.words import Shown
from events import offer
from events.models import Event, Question, Quota, TicketType
from ticketing.lib.site import absolute
from workspace.statistics import Figures

At = datetime


class ProblemError(Shown):
    field: str
    message: str


class ProblemShape(Shown):
    """RFC 9457. `code` is for programs, `detail` for people, `errors` name the fields and the mend."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[ProblemError] | None = None


class PublicEvent(Shown):
    slug: str
    name: str
    summary: str
    starts_at: At
    ends_at: At
    time_zone: str
    currency: str
    venue_name: str
    city: str
    country: str
    online: bool
    from_minor: int | None = Field(None, description="The least price among what is listed; null when there is none.")
    on_sale: bool = Field(description="Something of it can be bought, as far as places go.")
    url: str


class PublicEvents(Shown):
    items: list[PublicEvent]
    next: str | None = Field(None, description="The cursor of the next page; null on the last.")


class PublicType(Shown):
    id: int
    name: str
    description: str
    pricing: str
    price_minor: int
    state: Literal["on_sale", "few_left", "sold_out", "not_yet", "over"]
    min_per_order: int
    max_per_order: int
    sale_starts_at: At | None = None
    sale_ends_at: At | None = None
    is_addon: bool = Field(description="Sold only with a ticket.")
    needs_approval: bool = Field(description="The organiser decides about an order of it.")


class PublicEventPage(PublicEvent):
    description: str = Field(description="Markdown.")
    venue_address: str
    organiser: str
    cancelled: bool
    ticket_types: list[PublicType]
    questions: list[QuestionShape] = Field(description="What an order has to answer.")


def public_event(event: Event, *, least: int | None, open_: bool) -> dict[str, Any]:
    return {
        "slug": event.slug,
        "name": event.name,
        "summary": event.summary,
        "starts_at": moment(event.starts_at),
        "ends_at": moment(event.ends_at),
        "time_zone": event.time_zone,
        "currency": event.currency,
        "venue_name": event.venue_name,
        "city": event.city,
        "country": event.country,
        "online": event.is_online,
        "from_minor": least,
        "on_sale": open_,
        "url": absolute(f"/events/{event.slug}/"),
    }


def public_event_page(event: Event, offers: list[offer.Offer], questions: list[Question]) -> dict[str, Any]:
    prices = offer.from_price(offers)
    return public_event(event, least=prices["least"] if offers else None, open_=prices["buyable"]) | {
        "description": event.description,
        "venue_address": event.venue_address,
        "organiser": event.organiser.name,
        "cancelled": event.cancelled_at is not None,
        "ticket_types": [_public_type(each) for each in offers],
        "questions": [question(each) for each in questions],
    }


def _public_type(each: offer.Offer) -> dict[str, Any]:
    kind = each.kind
    return {
        "id": kind.pk,
        "name": kind.name,
        "description": kind.description,
        "pricing": kind.pricing,
        "price_minor": each.price_minor,
        "state": each.state,
        "min_per_order": kind.min_per_order,
        "max_per_order": kind.max_per_order,
        "sale_starts_at": moment(kind.sale_starts_at),
        "sale_ends_at": moment(kind.sale_ends_at),
        "is_addon": kind.is_addon,
        "needs_approval": bool(kind.approval),
    }


class OwnEvent(Shown):
    slug: str
    name: str
    summary: str
    description: str
    starts_at: At
    ends_at: At
    time_zone: str
    currency: str
    venue_name: str
    venue_address: str
    city: str
    country: str
    online_url: str
    tax_name: str
    tax_on_top: bool
    max_per_buyer: int | None = None
    state: Literal["draft", "published", "cancelled"]
    created_at: At
    published_at: At | None = None
    cancelled_at: At | None = None
    url: str


class OwnEvents(Shown):
    items: list[OwnEvent]
    next: str | None = None


TYPED = ("name", "summary", "description", "time_zone", "currency", "venue_name", "venue_address", "city", "country", "online_url")


def own_event(event: Event) -> dict[str, Any]:
    return {
        "slug": event.slug,
        **{name: getattr(event, name) for name in TYPED},
        "starts_at": moment(event.starts_at),
        "ends_at": moment(event.ends_at),
        "tax_name": event.tax_name,
        "tax_on_top": event.tax_on_top,
        "max_per_buyer": event.max_per_buyer,
        "state": "cancelled" if event.cancelled_at else "published" if event.published_at else "draft",
        "created_at": moment(event.created_at),
        "published_at": moment(event.published_at),
        "cancelled_at": moment(event.cancelled_at),
        "url": absolute(f"/events/{event.slug}/"),
    }


class OwnType(Shown):
    id: int
    name: str
    description: str
    pricing: Literal["fixed", "free", "donation"]
    price_minor: int
    tax_rate: float
    sale_starts_at: At | None = None
    sale_ends_at: At | None = None
    min_per_order: int
    max_per_order: int
    hidden: bool
    approval: Literal["", "keep", "free"]
    is_addon: bool
    most_per_ticket: int | None = None
    base_types: list[int] = Field(description="Of an add-on: ids of the types it is sold with; empty: with any.")
    position: int
    quotas: list[int] = Field(description="Ids of the capacities it counts against.")
    archived_at: At | None = None


class OwnTypes(Shown):
    items: list[OwnType]


def own_type(kind: TicketType) -> dict[str, Any]:
    """`kind` has its quotas and base types prefetched."""
    return {
        "id": kind.pk,
        "name": kind.name,
        "description": kind.description,
        "pricing": kind.pricing,
        "price_minor": kind.price_minor,
        "tax_rate": float(kind.tax_rate),
        "sale_starts_at": moment(kind.sale_starts_at),
        "sale_ends_at": moment(kind.sale_ends_at),
        "min_per_order": kind.min_per_order,
        "max_per_order": kind.max_per_order,
        "hidden": kind.hidden,
        "approval": kind.approval,
        "is_addon": kind.is_addon,
        "most_per_ticket": kind.most_per_ticket,
        "base_types": sorted(base.pk for base in kind.base_types.all()),
        "position": kind.position,
        "quotas": sorted(quota.pk for quota in kind.quotas.all()),
        "archived_at": moment(kind.archived_at),
    }


class QuotaShape(Shown):
    id: int
    name: str
    capacity: int
    claimed: int = Field(description="Sold and held.")


class Quotas(Shown):
    items: list[QuotaShape]


def quota(row: Quota) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "capacity": row.capacity, "claimed": row.claimed}


class TypeFigures(Shown):
    ticket_type: int
    tickets: int
    sales_minor: int


class DayFigures(Shown):
    day: str
    tickets: int
    orders: int
    sales_minor: int


class Stats(Shown):
    """At most 30 seconds old: `at` says of when."""

    at: At
    currency: str
    capacity: int
    claimed: int
    held: int
    orders: int
    waiting: int = Field(description="Orders that wait for their payment.")
    tickets: int
    entered: int
    sales_minor: int
    refunded_minor: int
    by_type: list[TypeFigures]
    days: list[DayFigures]


def stats(event: Event, figures: Figures, quotas: list[Quota]) -> dict[str, Any]:
    return {
        "at": moment(figures.at),
        "currency": event.currency,
        "capacity": sum(row.capacity for row in quotas),
        "claimed": sum(row.claimed for row in quotas),
        "held": figures.held,
        "orders": figures.orders,
        "waiting": figures.waiting,
        "tickets": figures.tickets,
        "entered": figures.entered,
        "sales_minor": figures.sales_minor,
        "refunded_minor": figures.refunded_minor,
        "by_type": [
            {"ticket_type": type_id, "tickets": tickets, "sales_minor": minor}
            for type_id, (tickets, minor) in sorted(figures.by_type.items())
        ],
        "days": [
            {"day": day.day.isoformat(), "tickets": day.tickets, "orders": day.orders, "sales_minor": day.minor} for day in figures.days
        ],
    }


class TokenShape(Shown):
    """Whose token it is and what it may do."""

    organiser: str
    name: str
    scopes: list[str]
    made_at: At
