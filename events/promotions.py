"""Codes: found, checked and counted; and the one door to Promotion.uses and given_minor.

A use is claimed as places are: one conditional UPDATE whose row count is the answer, CHECK constraints
behind it. Whoever needs a promotion's row and a quota's takes the promotion first.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection, transaction
from django.db.models import Q

from events.models import Event, Pricing, Promotion, TicketType
from events.pages import changed
from events.reduction import off_minor
from ticketing.lib.languages import say
from ticketing.lib.prepared import Param, Prepared
from trail import record

CLAIM = (
    "UPDATE events_promotion SET uses = uses + 1, given_minor = given_minor + %s WHERE id = %s "
    "AND (max_uses IS NULL OR uses < max_uses) AND (budget_minor IS NULL OR given_minor + %s <= budget_minor)"
)
RELEASE = "UPDATE events_promotion SET uses = uses - 1, given_minor = given_minor - %s WHERE id = %s AND uses >= 1 AND given_minor >= %s"
LOCK = "SELECT 1 FROM events_promotion WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
FOUND = Prepared(
    lambda: Promotion.objects.annotate(only=ArrayAgg("ticket_types", filter=Q(ticket_types__isnull=False), default=[])).filter(
        event=Param("event"), code=Param("code"), archived_at=None
    )
)


class BadCode(Exception):
    """The code can't be used now. The message tells nothing about other codes."""

    code = "bad_code"


class UsedUp(BadCode):
    """Its uses or its budget are spent. Nothing was claimed."""

    code = "code_used_up"

    def __init__(self) -> None:
        super().__init__(say("This code has been used as often as it may be. A use may come back when somebody gives up their tickets."))


class NothingToRelease(Exception):
    """More was to be given back than is claimed: a bug in the caller, and nothing was given back."""


def normal(code: str) -> str:
    """As it is stored: without spaces, in capitals."""
    return "".join(code.split()).upper()[:40]


def usable(*, event: Event, code: str, now: datetime) -> Promotion:
    """The promotion of a typed code, with `only`: ids of the types it is for. One query. BadCode."""
    found = FOUND.first(event=event.pk, code=normal(code))
    if found is None:
        raise BadCode(say("This code is not known for this event. Check how it is written."))
    if found.starts_at and found.starts_at > now:
        raise BadCode(say("This code can't be used yet."))
    if found.ends_at and found.ends_at <= now:
        raise BadCode(say("This code can't be used any more."))
    return found


def is_for(*, promotion: Promotion, kind: TicketType) -> bool:
    only = promotion.only  # type: ignore[attr-defined]
    return not only or kind.pk in only


def unlocks(*, promotion: Promotion | None, kind: TicketType) -> bool:
    """Whether a hidden type may be bought with it."""
    return promotion is not None and promotion.unlocks_hidden and is_for(promotion=promotion, kind=kind)


def opens_or_reserves(*, promotion: Promotion, kinds: Iterable[TicketType]) -> bool:
    """Whether these types need the code for more than their price."""
    return any(kind.pk == promotion.reserves_id or (kind.hidden and unlocks(promotion=promotion, kind=kind)) for kind in kinds)


def discount_minor(*, promotion: Promotion, kind: TicketType, price_minor: int) -> int:
    """What is taken off one ticket of this price. Nothing off what buyers choose to give."""
    if kind.pricing == Pricing.DONATION or not is_for(promotion=promotion, kind=kind):
        return 0
    return off_minor(price_minor=price_minor, percent=promotion.percent, amount_minor=promotion.amount_minor)


def claim(*, promotion_id: int, given_minor: int) -> None:
    """One use, and what it takes off in all. UsedUp when a limit does not allow it."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [given_minor, promotion_id, given_minor])
        if cursor.rowcount != 1:
            raise UsedUp()


def release(*, promotion_id: int, given_minor: int) -> None:
    """Give one use back, with what it took off."""
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, [given_minor, promotion_id, given_minor])
        if cursor.rowcount != 1:
            raise NothingToRelease(f"promotion {promotion_id}: {given_minor}")


def lock(*, promotion_ids: Iterable[int]) -> None:
    """Take several rows in id order: whoever gives one use back and takes another never waits in a ring."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [sorted(promotion_ids)])


class BelowUsed(Exception):
    """A limit may not be less than what is used already (F26). `field` says which."""

    code = "below_used"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def save(*, event: Event, promotion: Promotion, fields: Mapping[str, Any], kinds: Sequence[TicketType]) -> Promotion:
    """Make or change a code. BelowUsed when a limit is less than what holds and orders use."""
    fields = dict(fields)
    with transaction.atomic():
        act = "code_changed" if promotion.pk else "code_made"
        if promotion.pk is None:
            promotion = Promotion.objects.create(event=event, **fields)
        else:
            _change(promotion, fields)
        promotion.ticket_types.set(kinds)
        _told(event, act, fields["code"])
    return promotion


def _told(event: Event, act: str, code: str) -> None:
    record.note(act=act, about="event", about_id=event.pk, event_id=event.pk, organiser_id=event.organiser_id, words=code)
    changed(event)


def _change(promotion: Promotion, fields: Mapping[str, Any]) -> None:
    most, budget = fields["max_uses"], fields["budget_minor"]
    fits = Promotion.objects.filter(pk=promotion.pk)
    if most is not None:
        fits = fits.filter(uses__lte=most)
    if budget is not None:
        fits = fits.filter(given_minor__lte=budget)
    if fits.update(**fields):
        return
    promotion.refresh_from_db()
    if most is not None and promotion.uses > most:
        raise BelowUsed("max_uses", f"{promotion.uses} are used already. Choose at least that many.")
    raise BelowUsed("budget", "More than that has been taken off already. Choose a larger budget.")


def archive(*, promotion: Promotion, now: datetime) -> None:
    """Not taken any more; holds and orders that use it keep their price."""
    with transaction.atomic():
        Promotion.objects.filter(pk=promotion.pk, archived_at=None).update(archived_at=now)
        _told(promotion.event, "code_archived", promotion.code)


def copy(*, source: Event, target: Event, kinds: Mapping[int, TicketType]) -> None:
    """The codes of an event for its copy, unused. `kinds`: {type of the source: its copy}."""
    for promotion in source.promotions.filter(archived_at=None).prefetch_related("ticket_types"):
        wanted = [kinds[kind.pk] for kind in promotion.ticket_types.all() if kind.pk in kinds]
        if promotion.ticket_types.all() and not wanted:
            continue  # for types that are not sold any more: it would be for all of them
        promotion.pk, promotion.event, promotion.uses, promotion.given_minor = None, target, 0, 0
        # What it reserves is claimed anew in the copy's capacities (reserving.py).
        promotion.reserves, promotion.reserved, promotion.reserved_free = None, 0, 0
        promotion._state.adding = True
        promotion.save()
        promotion.ticket_types.set(wanted)
