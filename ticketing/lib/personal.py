"""Which stored fields are about people, whose they are, why they are kept and until when. In code, so that it is true.

Each room declares its models' text, file and data fields in its `personal.py`; a test walks all models and
fails for one that is not declared. What is declared is also what is done: erasure, the buyer's own copy of
their data and the organiser's page are made from it.

    declare("registrations.Order", order="pk", event="event", rest="code secret currency",
            buyer_name=Kept(whose="buyer", why="Who bought, on tickets and invoices."))
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils.module_loading import autodiscover_modules

CHUNK = 500  # rows that are changed in one statement
READ_AT_ONCE = 50_000  # ids that are looked up for many of those


class Until(StrEnum):
    """When a field is erased."""

    EVENT = "event"  # the organiser's days after the event, or when its person asks
    LAW = "law"  # tax law asks for it; its own end is the organiser's books
    ACCOUNT = "account"  # while the account or the team's place exists
    DAYS = "days"  # so many days after the row's own moment


class _Mark:
    def __init__(self, name: str) -> None:
        self.name = name


UNIQUE = _Mark("another value in each row")  # where the field is part of a unique constraint
DELETE = _Mark("the row goes")
NAMELESS = _Mark("a list of as many, without names")


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One personal field. `blank`: what stands there afterwards. `days` after the row's `since`, it is erased in any case."""

    whose: str
    why: str
    until: Until = Until.EVENT
    blank: Any = ""
    days: int = 0
    since: str = ""


Path = str | Callable[[Collection[int]], Q] | None


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """`order`, `event`: the way from the model to ids of those, as a lookup or as a condition."""

    label: str
    order: Path
    event: Path
    rest: frozenset[str]
    kept: dict[str, Kept] = field(default_factory=dict)

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.label)

    def reached(self, path: Path, ids: Collection[int]) -> Q:
        assert path is not None
        return Q(**{f"{path}__in": ids}) if isinstance(path, str) else path(ids)


_declared: dict[str, Declaration] = {}


def declare(label: str, *, rest: str = "", order: Path = None, event: Path = None, **kept: Kept) -> None:
    """`rest`: the fields that are about nobody, by name. Called by the rooms' personal.py."""
    _declared[label] = Declaration(label=label, order=order, event=event, rest=frozenset(rest.split()), kept=kept)


def declared() -> dict[str, Declaration]:
    """Every declaration, by the model's label."""
    autodiscover_modules("personal")
    return _declared


# --- what may hold something about a person -----------------------------------------------

HOLDING = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.BinaryField,
    models.FileField,
    models.GenericIPAddressField,
)


def undeclared(*, model: type[models.Model], known: dict[str, Declaration]) -> list[str]:
    """Fields of the model that may hold something about a person and are not declared; and names declared that are none."""
    names = {each.name for each in model._meta.local_fields if isinstance(each, HOLDING) and not each.choices}
    found = known.get(model._meta.label)
    said = found.rest | set(found.kept) if found else set()
    every = {each.name for each in model._meta.get_fields()}
    return [f"{model._meta.label}.{name}" for name in sorted((names - said) | (said - every))]


# --- erasing what was declared ----------------------------------------------------------------


def erase(*, ids: Collection[int], by: str, spared: Mapping[str, Q] = MappingProxyType({})) -> int:
    """Erase what is kept until the event, of orders (`by="order"`) or of whole events (`by="event"`), but not rows that
    are `spared`, by label. Returns how many rows were changed; again, it changes nothing."""
    changed = 0
    for each in declared().values():
        way = each.order if by == "order" else each.event
        fields = {name: kept for name, kept in each.kept.items() if kept.until == Until.EVENT}
        if way is not None and fields:
            reached = each.reached(way, ids)
            changed += _erase_fields(each.model, reached & ~spared[each.label] if each.label in spared else reached, fields)
    return changed


def erase_old(*, now: datetime) -> int:
    """Erase what has its own days. Returns how many rows were changed."""
    changed = 0
    for each in declared().values():
        moments: dict[tuple[str, int], dict[str, Kept]] = {}
        for name, kept in each.kept.items():
            if kept.days:
                moments.setdefault((kept.since, kept.days), {})[name] = kept
        for (since, days), fields in moments.items():
            changed += _erase_fields(each.model, Q(**{f"{since}__lt": now - timedelta(days=days)}), fields)
    return changed


def _erase_fields(model: type[models.Model], reached: Q, fields: dict[str, Kept]) -> int:
    """In chunks, each a transaction of its own unless the caller has one: a large event holds no locks for long.
    The table is read once for many chunks."""
    goes = any(kept.blank is DELETE for kept in fields.values())
    change = {} if goes else {name: _blank(name, kept.blank) for name, kept in fields.items()}
    if not goes:
        filled = Q()
        for name, kept in fields.items():
            filled |= _filled(name, kept.blank)
        reached &= filled
    rows, changed = model._default_manager, 0
    while pks := list(rows.filter(reached).values_list("pk", flat=True)[:READ_AT_ONCE]):
        for start in range(0, len(pks), CHUNK):
            some = rows.filter(pk__in=pks[start : start + CHUNK])
            changed += some.delete()[0] if goes else some.update(**change)
    return changed


def _blank(name: str, blank: Any) -> Any:
    if blank is UNIQUE:
        return Concat(Value("erased-"), Cast("pk", models.CharField()), Value("@example.invalid"))
    return _nameless(name) if blank is NAMELESS else blank


def _filled(name: str, blank: Any) -> Q:
    if blank is UNIQUE:
        return ~Q(**{f"{name}__startswith": "erased-"})
    if blank is NAMELESS:
        return ~Q(**{name: _nameless(name)})
    return Q(**{f"{name}__isnull": False}) if blank is None else ~Q(**{name: blank})


def _nameless(name: str) -> Func:
    template = """(SELECT coalesce(jsonb_agg(one - 'answers' || '{"name": "", "email": ""}'), '[]') FROM jsonb_array_elements(%(expressions)s) AS one)"""
    return Func(F(name), template=template, output_field=models.JSONField())


# --- showing it -------------------------------------------------------------------------------


def copy_of(*, order_id: int, leave_out: Callable[[Declaration, Any], bool]) -> Iterator[tuple[Declaration, list[dict[str, Any]]]]:
    """What is kept about an order's people, model by model. `leave_out`: rows that are about somebody else."""
    for each in declared().values():
        if each.order is None or not each.kept:
            continue
        rows = each.model._default_manager.filter(each.reached(each.order, [order_id])).order_by("pk")
        found = [{name: getattr(row, name) for name in each.kept} for row in rows if not leave_out(each, row)]
        if found:
            yield each, found


def sentences(*, whose: Sequence[str] = ("buyer", "attendee", "holder")) -> list[tuple[str, str, Kept]]:
    """(model, field, how it is kept) of these people's fields, for pages."""
    return [
        (str(each.model._meta.verbose_name), name.replace("_", " "), kept)
        for each in declared().values()
        for name, kept in each.kept.items()
        if kept.whose in whose
    ]
