"""An event's life: made, edited, published, unpublished, cancelled, copied. The only writer of Event,
TicketType and (with inventory.py) Quota; every change makes the cached pages out of date."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F, QuerySet
from django.utils.text import slugify

from accounts.models import Organiser
from events import addons, categories, discounts, inventory, promotions, questions, reserving, terms, tier_steps
from events.models import Event, Pricing, Quota, TicketType
from events.pages import changed
from ticketing.lib import tokens
from trail import record

TRIES = 5  # for an address that nobody has
ON_THE_TRAIL = (
    "name",
    "pricing",
    "price_minor",
    "sale_starts_at",
    "sale_ends_at",
    "min_per_order",
    "max_per_order",
    "approval",
    "hidden",
    "is_addon",
    "most_per_ticket",
)
ON_THE_TICKET = ("name", "starts_at", "ends_at", "time_zone", "venue_name", "venue_address", "city", "accent", "cover", "language")


class NotReady(Exception):
    """The event can't be published yet; `missing` says what to do, a sentence each."""

    code = "not_ready"

    def __init__(self, missing: list[str]) -> None:
        super().__init__(" ".join(missing))
        self.missing = missing


def create_event(*, organiser: Organiser, fields: dict[str, Any]) -> Event:
    """A new event, not published."""
    for _ in range(TRIES - 1):
        try:
            return _created(organiser, fields)
        except IntegrityError:  # another event took this address in the same moment
            continue
    return _created(organiser, fields)


def _created(organiser: Organiser, fields: dict[str, Any]) -> Event:
    with transaction.atomic():
        event = Event.objects.create(organiser=organiser, slug=free_slug(fields["name"]), **fields)
        _note(event, "event_made")
        changed(event)
    return event


def update_event(*, event: Event, fields: dict[str, Any]) -> None:
    """Change what the organiser typed. The address stays; the ticket's design is drawn anew if it shows the change."""
    was = {name: getattr(event, name) for name in fields}
    if any(was[name] != fields[name] for name in ON_THE_TICKET if name in fields):
        event.design_version += 1
    for name, value in fields.items():
        setattr(event, name, value)
    written = [*fields, "design_version", *(("cover_width", "cover_height") if "cover" in fields else ())]
    with transaction.atomic():
        event.save(update_fields=written)  # what other verbs write may have changed since the page was opened
        _note(event, "event_changed", {name: (_short(was[name]), _short(value)) for name, value in fields.items()})
        changed(event)


def redraw_tickets(*, event: Event) -> None:
    """What tickets' pages say has changed elsewhere: their PDFs are drawn anew when they are next asked for."""
    Event.objects.filter(pk=event.pk).update(design_version=F("design_version") + 1)


def _note(event: Event, act: str, fields: dict[str, tuple[object, object]] | None = None, *, words: str = "") -> None:
    record.note(act=act, about="event", about_id=event.pk, event_id=event.pk, organiser_id=event.organiser_id, changed=fields, words=words)


def _short(value: object) -> object:
    """A field's value for the trail; of a picture, its name; of a long text, its beginning."""
    return str(value)[:120] if not isinstance(value, int | None) else value


def free_slug(name: str) -> str:
    """An address part from the name that nobody has."""
    base = slugify(name)[:60] or "event"
    slug = base
    while slug in RESERVED or Event.objects.filter(slug=slug).exists():
        slug = f"{base}-{tokens.order_code().lower()[:4]}"
    return slug


RESERVED = frozenset({"device", "open", "scanner"})  # they would hide behind other addresses below /gate/


def missing_for_publication(*, event: Event, now: datetime) -> list[str]:
    """What is still to do, as sentences; empty when the event may be published."""
    missing = _missing_in_tickets(event)
    if event.ends_at <= now:
        missing.append("The event is over: choose a date in the future.")
    if not event.venue_name and not event.online_url:
        missing.append("Give a venue, or a link for an online event.")
    if event.cancelled_at:
        missing.append("The event is cancelled. Copy it to sell it again.")
    return missing


def _missing_in_tickets(event: Event) -> list[str]:
    """One query; two where there are add-ons."""
    kinds = list(event.ticket_types.filter(archived_at=None).annotate(capacities=Count("quotas")))
    missing = [f"The ticket type {kind.name} has no capacity: give it one, or archive it." for kind in kinds if not kind.capacities]
    tickets = {kind.pk for kind in kinds if kind.capacities and not kind.is_addon}
    extras = [kind for kind in kinds if kind.is_addon]
    if not tickets:
        missing.append("Add a ticket type with capacity that is no add-on." if extras else "Add a ticket type with capacity.")
    of = addons.bases(addons=extras)
    for addon in extras:
        if addon.pk in of and tickets and not tickets & of[addon.pk].keys():
            missing.append(f"The ticket type {addon.name} is an add-on of types that are not sold: choose others.")
    return missing


def publish(*, event: Event, now: datetime) -> None:
    """Put it on sale. NotReady says what is missing."""
    if missing := missing_for_publication(event=event, now=now):
        raise NotReady(missing)
    with transaction.atomic():
        if Event.objects.filter(pk=event.pk, published_at=None, cancelled_at=None).update(published_at=now):
            _note(event, "event_published")
        changed(event)


def set_published(*, events: QuerySet[Event], published_at: datetime | None) -> int:
    """Many dates of a series at once, in their work; the series' own verb has told the trail."""
    return events.update(published_at=published_at)


def unpublish(*, event: Event) -> None:
    """Take it off the public pages. Tickets stay valid."""
    with transaction.atomic():
        if Event.objects.filter(pk=event.pk, published_at__isnull=False).update(published_at=None):
            _note(event, "event_unpublished")
        changed(event)


def cancel(*, event: Event, now: datetime) -> bool:
    """The event will not take place: nothing is sold any more, from this moment. Orders and money are
    ended by their own verbs. False when it was cancelled before."""
    with transaction.atomic():
        done = Event.objects.filter(pk=event.pk, cancelled_at=None).update(cancelled_at=now)
        if done:
            _note(event, "event_cancelled")
        changed(event)
    return bool(done)


def copy_event(*, event: Event) -> Event:
    """A new, unpublished event with the same set-up: ticket types and their prices, capacities, headings,
    discounts, codes, texts; nothing of what was sold."""
    with transaction.atomic():
        types = list(event.ticket_types.filter(archived_at=None).prefetch_related("quotas", "base_types"))
        quotas = {quota.pk: Quota(name=quota.name, capacity=quota.capacity) for quota in event.quotas.all()}
        copy = Event.objects.get(pk=event.pk)
        copy.pk, copy.slug, copy.name = None, free_slug(event.name), f"{event.name} (copy)"[:160]
        copy.series = copy.planned_at = None
        copy.published_at = copy.cancelled_at = copy.waiting_paused_at = copy.waiting_closed_at = None
        copy._state.adding = True
        copy.save()
        _note(copy, "event_made", words=f"A copy of {event.name}")
        for quota in quotas.values():
            quota.event = copy
            quota.save()
        headings = categories.copy(source=event, target=copy)
        kinds = {kind.pk: kind for kind in types}
        sold_with = {kind.pk: [base.pk for base in kind.base_types.all()] for kind in types}
        for kind in types:
            wanted = [quotas[quota.pk] for quota in kind.quotas.all()]
            kind.pk, kind.event, kind.made_from = None, copy, None
            kind.category = headings.get(kind.category_id or 0)
            kind._state.adding = True
            kind.save()
            kind.quotas.set(wanted)
        for old, bases in sold_with.items():
            kinds[old].base_types.set([kinds[base] for base in bases if base in kinds])
        tier_steps.copy(kinds=kinds)
        discounts.copy(source=event, target=copy, kinds=kinds)
        promotions.copy(source=event, target=copy, kinds=kinds)
        terms.copy(source=event, target=copy)
        questions.copy(source=event, target=copy, kinds=kinds)
        reserving.copy(source=event, target=copy, kinds=kinds)
    return copy


def save_ticket_type(
    *, event: Event, kind: TicketType, quotas: list[Quota], own_capacity: int | None, base_types: Sequence[TicketType] | None = None
) -> TicketType:
    """Make or change a type. `own_capacity`: its own quota is made, or given this capacity (BelowClaimed).
    `base_types`: of an add-on, what it is sold with; None leaves them. CapacitiesInUse."""
    with transaction.atomic():
        kind.event = event
        before = TicketType.objects.filter(pk=kind.pk).values(*ON_THE_TRAIL).first() or {}
        if kind.pricing == Pricing.FREE:
            kind.price_minor = 0
        if kind.pk is None:
            kind.position = event.ticket_types.count()
        # What other verbs write is left alone: it may have changed since the page was opened.
        written = [field.name for field in TicketType._meta.concrete_fields if field.name not in ("id", "tiered", "archived_at")]
        kind.save(update_fields=written if before else None)
        # All of them, in id order as buyers take them, before one is changed: nobody waits in a ring.
        list(kind.quotas.select_for_update(no_key=True).order_by("pk"))
        if own_capacity is not None:
            own = _own_quota(event, kind, str(before.get("name", kind.name)))
            inventory.set_capacity(quota=own, capacity=own_capacity)
            quotas = [*quotas, own]
        wanted = {quota.pk: quota for quota in quotas}
        _keep_what_is_claimed(kind, set(wanted))
        kind.quotas.set(wanted.values())
        if base_types is not None:
            kind.base_types.set(base for base in base_types if base.pk != kind.pk and kind.is_addon)
        was_now = {name: (_short(before.get(name)), _short(getattr(kind, name))) for name in ON_THE_TRAIL}
        _note(event, "type_changed" if before else "type_made", was_now if before else None, words=kind.name)
        changed(event)
    return kind


class CapacitiesInUse(inventory.BelowClaimed):
    """A type's tickets are claimed from the capacities it had then, and are given back to those it has."""

    code = "capacities_in_use"

    def __init__(self) -> None:
        Exception.__init__(
            self,
            "Tickets are sold or held, so what this type counts against can't be changed. Change the numbers, or make another type.",
        )


def _keep_what_is_claimed(kind: TicketType, wanted: set[int]) -> None:
    """CapacitiesInUse when other capacities are wanted and something may be claimed from those there are: a type
    that has sold has something claimed in each of them."""
    present = {quota.pk: quota for quota in kind.quotas.select_for_update(no_key=True).order_by("pk")}
    if present and present.keys() != wanted and all(quota.claimed for quota in present.values()):
        raise CapacitiesInUse()


def _own_quota(event: Event, kind: TicketType, old_name: str) -> Quota:
    """The one that has the type's name; it is renamed with it."""
    found = kind.quotas.filter(name=old_name[:80]).first()
    name, number = kind.name[:80], 2
    while Quota.objects.filter(event=event, name=name).exclude(pk=found.pk if found else None).exists():
        name, number = f"{kind.name[:74]} {number}", number + 1
    if found is None:
        return Quota.objects.create(event=event, name=name, capacity=0)
    if found.name != name:
        Quota.objects.filter(pk=found.pk).update(name=name)
        found.name = name
    return found


def archive_ticket_type(*, kind: TicketType, now: datetime) -> None:
    """Not sold any more; tickets sold stay valid."""
    with transaction.atomic():
        TicketType.objects.filter(pk=kind.pk).update(archived_at=now)
        _note(kind.event, "type_archived", words=kind.name)
        changed(kind.event)


def save_quota(*, event: Event, quota: Quota, capacity: int) -> Quota:
    """Make or change a shared capacity. BelowClaimed when less than is sold and held (F26)."""
    with transaction.atomic():
        if quota.pk is None:
            quota.event, quota.capacity = event, capacity
            quota.save()
            _note(event, "capacity_made", words=f"{quota.name}: {capacity}")
        else:
            Quota.objects.filter(pk=quota.pk).update(name=quota.name)
            inventory.set_capacity(quota=quota, capacity=capacity)
        changed(event)
    return quota
