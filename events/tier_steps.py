"""The steps of a type's price, as the organiser sets them up. How they are sold: tiers.py."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from events.models import Event, PriceTier, TicketType
from events.pages import changed
from ticketing.lib.money import format_price
from trail import record


class BelowSold(Exception):
    """Fewer tickets at this price than are sold and held at it (F26)."""

    code = "below_sold"

    def __init__(self) -> None:
        super().__init__("More than that are sold or held at this price already. Choose a larger number.")


def save(*, kind: TicketType, tier: PriceTier, fields: Mapping[str, Any], now: datetime) -> PriceTier:
    """Make or change a step. BelowSold. Whoever holds or bought tickets at the old price keeps it."""
    with transaction.atomic():
        if tier.pk is None:
            return _made(kind, fields, act="tier_made")
        if (tier.quantity is None) != (fields["quantity"] is None):
            # Tickets of a step without a number were never counted: the step ends, and another takes its place.
            PriceTier.objects.filter(pk=tier.pk).update(archived_at=now)
            return _made(kind, fields, act="tier_changed")
        fits = PriceTier.objects.filter(pk=tier.pk)
        if fields["quantity"] is not None:
            fits = fits.filter(claimed__lte=fields["quantity"])
        if not fits.update(**fields):
            raise BelowSold()
        tier.refresh_from_db()
        _told(kind, "tier_changed", tier)
    return tier


def archive(*, tier: PriceTier, now: datetime) -> None:
    """Nothing is sold at this price any more."""
    with transaction.atomic():
        PriceTier.objects.filter(pk=tier.pk, archived_at=None).update(archived_at=now)
        _told(tier.ticket_type, "tier_archived", tier)


def _made(kind: TicketType, fields: Mapping[str, Any], act: str) -> PriceTier:
    tier = PriceTier.objects.create(ticket_type=kind, **fields)
    _told(kind, act, tier)
    return tier


def _told(kind: TicketType, act: str, tier: PriceTier) -> None:
    event: Event = kind.event
    kind.tiered = PriceTier.objects.filter(ticket_type=kind, archived_at=None).exists()
    TicketType.objects.filter(pk=kind.pk).update(tiered=kind.tiered)
    words = f"{kind.name}, {tier.name}: {format_price(tier.price_minor, event.currency)}"
    record.note(act=act, about="event", about_id=event.pk, event_id=event.pk, organiser_id=event.organiser_id, words=words)
    changed(event)


def copy(*, kinds: Mapping[int, TicketType]) -> None:
    """The steps of types for their copies, with nothing sold. `kinds`: {type of the source: its copy}."""
    for tier in PriceTier.objects.filter(ticket_type__in=list(kinds), archived_at=None):
        tier.ticket_type, tier.pk, tier.claimed = kinds[tier.ticket_type_id], None, 0
        tier._state.adding = True
        tier.save()
