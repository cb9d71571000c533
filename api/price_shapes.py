"""Answers about what changes a price: steps of a type, and codes."""

from datetime import datetime
from typing import Any

from pydantic import Field

from api.answers import moment
from api.words import Shown
from events.models import PriceTier, Promotion

At = datetime


class TierShape(Shown):
    id: int
    name: str
    price_minor: int
    ends_at: At | None = None
    quantity: int | None = Field(None, description="Tickets at this price; null: until its time alone.")
    claimed: int = Field(description="Of them sold and held.")
    archived_at: At | None = None


class Tiers(Shown):
    items: list[TierShape]


def tier(row: PriceTier) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "price_minor": row.price_minor,
        "ends_at": moment(row.ends_at),
        "quantity": row.quantity,
        "claimed": row.claimed,
        "archived_at": moment(row.archived_at),
    }


class CodeShape(Shown):
    id: int
    code: str
    percent: int
    amount_minor: int
    unlocks_hidden: bool
    ticket_types: list[int] = Field(description="Ids of the types it is for; empty: all.")
    max_uses: int | None = None
    uses: int
    budget_minor: int | None = Field(None, description="The most that is taken off in all.")
    given_minor: int = Field(description="What was taken off so far.")
    reserves: int | None = Field(None, description="The type of which it reserves places.")
    reserved: int
    reserved_free: int = Field(description="Reserved places that nobody has taken yet.")
    starts_at: At | None = None
    ends_at: At | None = None
    archived_at: At | None = None


class Codes(Shown):
    items: list[CodeShape]
    next: str | None = None


def code(row: Promotion) -> dict[str, Any]:
    """`row` has its ticket types prefetched."""
    same = (
        "code",
        "percent",
        "amount_minor",
        "unlocks_hidden",
        "max_uses",
        "uses",
        "budget_minor",
        "given_minor",
        "reserved",
        "reserved_free",
    )
    return {
        "id": row.pk,
        **{name: getattr(row, name) for name in same},
        "ticket_types": sorted(kind.pk for kind in row.ticket_types.all()),
        "reserves": row.reserves_id,
        "starts_at": moment(row.starts_at),
        "ends_at": moment(row.ends_at),
        "archived_at": moment(row.archived_at),
    }
