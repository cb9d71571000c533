"""What was changed beside the ticket types of one date, for others: a price step, a discount, a code, a question, the
rules for buyers, the terms of the waiting list. A few statements for thousands of dates.

A part is found at another date by its name: the one it had before the change, or has now. Where it is missing it is
made, where it ended it ends. What was sold at a step or used of a code stays counted; a limit below that is not taken
over there (F26). A part that is for some types is left out where none of them is."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models, transaction

from events import series_parts
from events.models import BuyerTerms, Discount, Event, PriceTier, Promotion, Question
from events.series_parts import columns

Part = PriceTier | Discount | Promotion | Question
PARTS: dict[str, tuple[type[models.Model], str]] = {
    # {what the work calls it: (its rows, the field that is its name)}
    "step": (PriceTier, "name"),
    "discount": (Discount, "name"),
    "code": (Promotion, "code"),
    "question": (Question, "label"),
}
WAITING = ("offer_hours", "waiting_closed_at", "waiting_paused_at")
OWN = {"uses", "given_minor", "reserves", "reserved", "reserved_free", "shown_if"}  # of a code or question: its date's alone


def name_of(part: Part) -> str:
    """By which it is found at other dates; none for one that is not there yet."""
    return str(getattr(part, PARTS[word_for(part)][1])) if part.pk else ""


def word_for(part: Part) -> str:
    return next(word for word, (model, _) in PARTS.items() if isinstance(part, model))


def give(*, word: str, part_id: int, was: str, source: Event, event_ids: Sequence[int]) -> int:
    """The part as it is at the source, for these dates. Returns at how many it stays as it is, since more is sold or
    used there. In the caller's transaction."""
    model, named_by = PARTS[word]
    if model is PriceTier:
        return _give_step(PriceTier.objects.get(pk=part_id), was, event_ids)
    return _give_part(model, model._default_manager.get(pk=part_id), named_by, was, source, event_ids)


# The type that a step is of at other dates (mine), with the step of this name there that still counts (o).
STEPS_THERE = """
SELECT mine.id, o.id, (o.quantity IS NULL) = (p.quantity IS NULL), p.quantity IS NOT NULL AND o.claimed > p.quantity
FROM events_pricetier p JOIN events_tickettype t ON t.id = p.ticket_type_id
JOIN events_tickettype mine ON mine.event_id = ANY(%(dates)s) AND coalesce(mine.made_from_id, mine.id) = coalesce(t.made_from_id, t.id)
LEFT JOIN LATERAL (SELECT * FROM events_pricetier o WHERE o.ticket_type_id = mine.id AND o.archived_at IS NULL AND o.name IN (%(was)s, p.name)
  ORDER BY o.name <> p.name, o.id LIMIT 1) AS o ON true
WHERE p.id = %(part)s
"""
LATER = "p.ends_at + (date.starts_at - source.starts_at)"
DATES_OF = """
JOIN events_tickettype t ON t.id = p.ticket_type_id JOIN events_event source ON source.id = t.event_id,
events_tickettype mine JOIN events_event date ON date.id = mine.event_id
"""
CHANGED_STEPS = f"""
UPDATE events_pricetier o SET name = p.name, price_minor = p.price_minor, quantity = p.quantity, position = p.position, ends_at = {LATER}
FROM events_pricetier p {DATES_OF} WHERE p.id = %(part)s AND o.id = ANY(%(steps)s) AND mine.id = o.ticket_type_id
"""
NEW_STEPS = f"""
INSERT INTO events_pricetier (ticket_type_id, claimed, name, price_minor, quantity, position, ends_at)
SELECT mine.id, 0, p.name, p.price_minor, p.quantity, p.position, {LATER} FROM events_pricetier p {DATES_OF}
WHERE p.id = %(part)s AND mine.id = ANY(%(types)s)
"""
TIERED = """
UPDATE events_tickettype k SET tiered = EXISTS (SELECT 1 FROM events_pricetier p WHERE p.ticket_type_id = k.id AND p.archived_at IS NULL)
WHERE k.id = ANY(%(types)s)
"""


def _give_step(step: PriceTier, was: str, event_ids: Sequence[int]) -> int:
    """Its end keeps its distance to the start of the date."""
    with connection.cursor() as cursor:
        cursor.execute(STEPS_THERE, {"part": step.pk, "was": was or step.name, "dates": list(event_ids)})
        found = cursor.fetchall()
        kept = [row for row in found if row[1] and row[2] and row[3]] if step.archived_at is None else []
        alike = [tier for _, tier, counted_alike, _ in found if tier and counted_alike]
        # One whose tickets were not counted can't begin to be: it ends, and another takes its place.
        ended = [tier for _, tier, counted_alike, _ in found if tier and (step.archived_at or not counted_alike)]
        PriceTier.objects.filter(pk__in=ended).update(archived_at=step.archived_at or models.functions.Now())
        if step.archived_at is None:
            wanted: dict[str, Any] = {"part": step.pk, "steps": list({*alike} - {tier for _, tier, *_ in kept})}
            cursor.execute(CHANGED_STEPS, wanted)
            missing = [kind for kind, tier, counted_alike, _ in found if not (tier and counted_alike)]
            cursor.execute(NEW_STEPS, {"part": step.pk, "types": missing})
        cursor.execute(TIERED, {"types": [kind for kind, *_ in found]})
    return len(kept)


# Dates where the part is for something: {through} says for which types it is, none for all.
DATES_WITH_TYPES = """
SELECT d.id FROM unnest(%(dates)s::bigint[]) AS d(id) WHERE NOT EXISTS (SELECT 1 FROM {through} l WHERE l.{part}_id = %(part)s)
OR EXISTS (SELECT 1 FROM {through} l JOIN events_tickettype t ON t.id = l.tickettype_id
  JOIN events_tickettype mine ON mine.event_id = d.id AND coalesce(mine.made_from_id, mine.id) = coalesce(t.made_from_id, t.id)
  WHERE l.{part}_id = %(part)s)
"""
PARTS_THERE = """
SELECT DISTINCT ON (o.event_id) o.event_id, o.id FROM {table} o, {table} p
WHERE p.id = %(part)s AND o.event_id = ANY(%(dates)s) AND o.archived_at IS NULL AND o.{name} IN (%(was)s, p.{name})
ORDER BY o.event_id, o.{name} <> p.{name}, o.id
"""
CHANGED_PARTS = "UPDATE {table} o SET {values} FROM {table} p WHERE p.id = %(part)s AND o.id = ANY(%(there)s)"
LINKS_AGAIN = """
INSERT INTO {through} ({part}_id, tickettype_id)
SELECT o.id, mine.id FROM {table} o, {through} l JOIN events_tickettype t ON t.id = l.tickettype_id
JOIN events_tickettype mine ON coalesce(mine.made_from_id, mine.id) = coalesce(t.made_from_id, t.id)
WHERE l.{part}_id = %(part)s AND o.id = ANY(%(there)s) AND mine.event_id = o.event_id
"""
# The question that another waits for, at its own date.
WAITS_FOR = (
    "(SELECT q.id FROM events_question q JOIN events_question s ON s.id = p.shown_if_id WHERE q.event_id = {event} "
    "AND q.label = s.label AND q.archived_at IS NULL ORDER BY q.id LIMIT 1)"
)


def _give_part(model: type[models.Model], part: Any, named_by: str, was: str, source: Event, event_ids: Sequence[int]) -> int:
    through = model._meta.get_field("ticket_types").remote_field.through  # type: ignore[union-attr]
    values = [f'"{column}" = p."{column}"' for column in columns(model, without={"id", "event", *OWN})]
    names = {"table": model._meta.db_table, "through": through._meta.db_table, "part": model._meta.model_name, "name": named_by}
    if model is Question:
        values.append(f"shown_if_id = {WAITS_FOR.format(event='o.event_id')}")
    wanted: dict[str, Any] = {"part": part.pk, "was": was or getattr(part, named_by), "dates": list(event_ids)}
    with connection.cursor() as cursor:
        cursor.execute(DATES_WITH_TYPES.format(**names), wanted)
        wanted["dates"] = [date for (date,) in cursor.fetchall()]
        cursor.execute(PARTS_THERE.format(**names), wanted)
        found = dict(cursor.fetchall())
        fits = set(_that_fit(part, list(found.values())))
        wanted["there"] = sorted(fits)
        cursor.execute(CHANGED_PARTS.format(**names, values=", ".join(values)), wanted)
        through.objects.filter(**{f"{model._meta.model_name}__in": wanted["there"]}).delete()
        cursor.execute(LINKS_AGAIN.format(**names), wanted)
    if model is Question and part.archived_at is not None:  # those that waited for it are asked always, as at the source
        Question.objects.filter(shown_if__in=wanted["there"]).update(shown_if=None, shown_if_answers=[])
    if part.archived_at is None:
        own = {"question": {"shown_if": WAITS_FOR.format(event="x.event")}, "promotion": series_parts.UNUSED, "discount": {}}
        missing = [date for date in wanted["dates"] if date not in found]
        series_parts.copy_parts(model, source=source, event_ids=_free(part, missing), own=own[names["part"]], only=part.pk)
    if model is Discount:
        _say_discounted(wanted["dates"])
    return len(found) - len(fits)


def _that_fit(part: Any, there: list[int]) -> list[int]:
    """Of a code, those whose uses are within its new limits."""
    if not isinstance(part, Promotion):
        return there
    rows = Promotion.objects.filter(pk__in=there)
    rows = rows.filter(uses__lte=part.max_uses) if part.max_uses is not None else rows
    rows = rows.filter(given_minor__lte=part.budget_minor) if part.budget_minor is not None else rows
    return list(rows.values_list("pk", flat=True))


def _free(part: Any, missing: list[int]) -> list[int]:
    """A code that was withdrawn at a date stays withdrawn there: its name is not free."""
    if not isinstance(part, Promotion):
        return missing
    taken = set(Promotion.objects.filter(event__in=missing, code=part.code).values_list("event_id", flat=True))
    return [date for date in missing if date not in taken]


def _say_discounted(event_ids: Sequence[int]) -> None:
    has_one = models.Exists(Discount.objects.filter(event=models.OuterRef("pk"), archived_at=None))
    Event.objects.filter(pk__in=event_ids).update(discounted=has_one)


def give_terms(*, source: Event, event_ids: Sequence[int]) -> None:
    """The rules for buyers."""
    row = BuyerTerms.objects.filter(event=source).first()
    if row is None:
        return
    kept = [field.name for field in BuyerTerms._meta.concrete_fields if field.name not in ("id", "event")]
    copies = [BuyerTerms(event_id=event_id, **{name: getattr(row, name) for name in kept}) for event_id in event_ids]
    with transaction.atomic():
        BuyerTerms.objects.bulk_create(copies, update_conflicts=True, unique_fields=["event"], update_fields=kept, batch_size=1000)


def give_waiting(*, source: Event, event_ids: Sequence[int]) -> None:
    """How the waiting list works."""
    Event.objects.filter(pk__in=event_ids).update(**{name: getattr(source, name) for name in WAITING})
