"""Categories: headings that group types on the page, in an order of their own."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import transaction

from events.models import Category, Event, TicketType
from events.pages import changed
from ticketing.lib.languages import say
from trail import record

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Section(Generic[T]):
    """What stands under one heading; "" for the first of a page that needs none."""

    heading: str
    description: str
    entries: Sequence[T]


def sections(*, entries: Iterable[T], kind_of: Callable[[T], TicketType]) -> list[Section[T]]:
    """Types without a category first, then the categories in their order, then add-ons without a category."""
    plain: list[T] = []
    extras: list[T] = []
    grouped: dict[Category, list[T]] = {}
    for entry in entries:
        kind = kind_of(entry)
        if kind.category is not None:
            grouped.setdefault(kind.category, []).append(entry)
        else:
            (extras if kind.is_addon else plain).append(entry)
    found = [Section(heading="", description="", entries=plain)] if plain else []
    for category in sorted(grouped, key=lambda each: (each.position, each.pk)):
        found.append(Section(heading=category.name, description=category.description, entries=grouped[category]))
    if extras:
        found.append(Section(heading=say("To go with your tickets"), description="", entries=extras))
    return found


def save(*, event: Event, category: Category, fields: Mapping[str, Any]) -> Category:
    with transaction.atomic():
        made = category.pk is None
        for name, value in fields.items():
            setattr(category, name, value)
        category.event = event
        category.save()
        _told(event, "category_made" if made else "category_changed", category.name)
    return category


def remove(*, category: Category) -> None:
    """Its types stay on the page, without a heading."""
    with transaction.atomic():
        _told(category.event, "category_removed", category.name)
        category.delete()


def _told(event: Event, act: str, words: str) -> None:
    record.note(act=act, about="event", about_id=event.pk, event_id=event.pk, organiser_id=event.organiser_id, words=words)
    changed(event)


def copy(*, source: Event, target: Event) -> dict[int, Category]:
    """{category of the source: its copy}."""
    found = {}
    for category in source.categories.all():
        old, category.pk, category.event = category.pk, None, target
        category._state.adding = True
        category.save()
        found[old] = category
    return found
