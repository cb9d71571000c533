"""Discounts that need no code: from a number of tickets on, so much off each. The best one of an order applies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import transaction
from django.db.models import Q

from events.models import Discount, Event, Pricing, TicketType
from events.pages import changed
from events.reduction import off_minor
from ticketing.lib.languages import say
from ticketing.lib.money import format_money
from trail import record


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Tickets of one type at one price, before anything is taken off."""

    kind: TicketType
    quantity: int
    price_minor: int


def running(*, event: Event, now: datetime) -> list[Discount]:
    """Those that apply now, with `only`: ids of the types each is for. One query; none where the event has none."""
    if not event.discounted:
        return []
    begun, not_over = Q(starts_at=None) | Q(starts_at__lte=now), Q(ends_at=None) | Q(ends_at__gt=now)
    rows = Discount.objects.filter(begun, not_over, event=event, archived_at=None)
    return list(rows.annotate(only=ArrayAgg("ticket_types", filter=Q(ticket_types__isnull=False), default=[])))


def is_for(*, discount: Discount, kind: TicketType) -> bool:
    """Add-ons only where they are named: they come with a ticket and are none."""
    only = discount.only  # type: ignore[attr-defined]
    return kind.pk in only if only else not kind.is_addon


def offs(*, discount: Discount, lines: Sequence[Asked]) -> list[int]:
    """What it takes off one ticket of each line; nothing when there are too few tickets, nor off a donation."""
    counted = [is_for(discount=discount, kind=line.kind) for line in lines]
    if sum(line.quantity for line, counts in zip(lines, counted, strict=True) if counts) < discount.from_tickets:
        return [0] * len(lines)
    return [
        off_minor(price_minor=line.price_minor, percent=discount.percent, amount_minor=discount.amount_minor)
        if counts and line.kind.pricing != Pricing.DONATION
        else 0
        for line, counts in zip(lines, counted, strict=True)
    ]


def best(*, discounts: Sequence[Discount], lines: Sequence[Asked]) -> tuple[Discount | None, list[int]]:
    """The one that takes off most in all, and what it takes off each ticket; of two alike the one with fewer tickets."""
    found, most, taken = None, 0, [0] * len(lines)
    for discount in discounts:
        off = offs(discount=discount, lines=lines)
        if (total := total_off(lines=lines, off=off)) > most:
            found, most, taken = discount, total, off
    return found, taken


def total_off(*, lines: Sequence[Asked], off: Sequence[int]) -> int:
    return sum(line.quantity * each for line, each in zip(lines, off, strict=True))


def effect(*, discount: Discount, event: Event) -> str:
    """ "10 % off each" or "€5.00 off each"."""
    if discount.percent:
        return say("{percent} % off each", percent=discount.percent)
    return say("{amount} off each", amount=format_money(discount.amount_minor, event.currency))


def save(*, event: Event, discount: Discount, fields: Mapping[str, Any], kinds: Sequence[TicketType]) -> Discount:
    """Make or change one. Holds and orders keep the price they were shown."""
    with transaction.atomic():
        made = discount.pk is None
        for name, value in fields.items():
            setattr(discount, name, value)
        discount.event = event
        discount.save()
        discount.ticket_types.set(kinds)
        _told(event, "discount_made" if made else "discount_changed", discount)
    return discount


def archive(*, discount: Discount, now: datetime) -> None:
    """Not given any more."""
    with transaction.atomic():
        Discount.objects.filter(pk=discount.pk, archived_at=None).update(archived_at=now)
        _told(discount.event, "discount_archived", discount)


def _told(event: Event, act: str, discount: Discount) -> None:
    event.discounted = Discount.objects.filter(event=event, archived_at=None).exists()
    Event.objects.filter(pk=event.pk).update(discounted=event.discounted)
    words = f"{discount.name}: from {discount.from_tickets} tickets, {effect(discount=discount, event=event)}"
    record.note(act=act, about="event", about_id=event.pk, event_id=event.pk, organiser_id=event.organiser_id, words=words)
    changed(event)


def copy(*, source: Event, target: Event, kinds: Mapping[int, TicketType]) -> None:
    """The discounts of an event for its copy. `kinds`: {type of the source: its copy}."""
    for discount in source.discounts.filter(archived_at=None).prefetch_related("ticket_types"):
        wanted = [kinds[kind.pk] for kind in discount.ticket_types.all() if kind.pk in kinds]
        if discount.ticket_types.all() and not wanted:
            continue  # for types that are not sold any more: it would be for all of them
        discount.pk, discount.event = None, target
        discount._state.adding = True
        discount.save()
        discount.ticket_types.set(wanted)
