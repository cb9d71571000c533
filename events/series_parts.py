"""What else a date of a series is set up with, written for many dates in one statement each: headings, price
steps, add-ons, discounts, codes, questions, the buyers' terms.

New rows get their numbers first, so that in the same statement what they are for (ticket types), and what
points from one to another, can be those of their own date."""

from collections.abc import Mapping, Sequence

from django.db import connection, models

from events.models import BuyerTerms, Category, Discount, Event, PriceTier, Promotion, Question


def columns(model: type[models.Model], *, without: Sequence[str] | set[str]) -> list[str]:
    """Columns of the model, but not of these fields."""
    return [field.column for field in model._meta.concrete_fields if field.name not in without and field.column]


def named(names: Sequence[str], prefix: str = "") -> str:
    """For a list of columns in a statement."""
    return ", ".join(f'{prefix}"{name}"' for name in names)


COPIES = """
WITH pairs AS MATERIALIZED (
  SELECT nextval(pg_get_serial_sequence('{table}', 'id')) AS made, p.id AS source, d.id AS event
  FROM {table} p, unnest(%(dates)s::bigint[]) AS d(id) WHERE p.event_id = %(source)s AND p.archived_at IS NULL
    AND (%(only)s::bigint IS NULL OR p.id = %(only)s)),
made AS (
  INSERT INTO {table} (id, event_id, {columns}{own_columns})
  SELECT x.made, x.event, {from_source}{own_values} FROM pairs x JOIN {table} p ON p.id = x.source)
INSERT INTO {through} ({part}_id, tickettype_id)
SELECT x.made, mine.id FROM pairs x JOIN {through} l ON l.{part}_id = x.source JOIN events_tickettype t ON t.id = l.tickettype_id
JOIN events_tickettype mine ON mine.event_id = x.event AND coalesce(mine.made_from_id, mine.id) = coalesce(t.made_from_id, t.id)
"""
ANOTHER_OF_MINE = "(SELECT other.made FROM pairs other WHERE other.source = p.{column} AND other.event = x.event)"


UNUSED = {"uses": "0", "given_minor": "0", "reserves": "NULL::bigint", "reserved": "0", "reserved_free": "0"}  # of a code


def copy_parts(
    model: type[models.Model], *, source: Event, event_ids: Sequence[int], own: Mapping[str, str], only: int | None = None
) -> None:
    """All that the source has, or only this one. `own`: {field: SQL} of columns that are not the source's."""
    fields = {field.name: field.column for field in model._meta.concrete_fields}
    copied = columns(model, without={"id", "event", *own})
    through = model._meta.get_field("ticket_types").remote_field.through  # type: ignore[union-attr]
    statement = COPIES.format(
        table=model._meta.db_table,
        through=through._meta.db_table,
        part=model._meta.model_name,
        columns=named(copied),
        from_source=named(copied, "p."),
        own_columns="".join(f", {fields[name]}" for name in own),
        own_values="".join(f", {value}" for value in own.values()),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {"source": source.pk, "dates": list(event_ids), "only": only})


# Of a type of the source (t) and its copy at a date (mine).
COPIES_OF = """
events_tickettype t JOIN events_tickettype mine ON mine.event_id = ANY(%(dates)s::bigint[]) AND coalesce(mine.made_from_id, mine.id) = coalesce(t.made_from_id, t.id)
"""
HEADINGS = (
    """
INSERT INTO events_category (event_id, {category})
SELECT d.id, {from_category} FROM events_category c, unnest(%(dates)s::bigint[]) AS d(id) WHERE c.event_id = %(source)s""",
    """
UPDATE events_tickettype mine SET category_id = own.id
FROM events_tickettype t JOIN events_category c ON c.id = t.category_id JOIN events_category own ON own.name = c.name
WHERE t.event_id = %(source)s AND mine.event_id = ANY(%(dates)s::bigint[]) AND own.event_id = mine.event_id
  AND coalesce(mine.made_from_id, mine.id) = coalesce(t.made_from_id, t.id)""",
)
ADDONS = """
INSERT INTO events_tickettype_base_types (from_tickettype_id, to_tickettype_id)
SELECT mine.id, base.id FROM {copies} JOIN events_tickettype_base_types b ON b.from_tickettype_id = t.id
JOIN events_tickettype tb ON tb.id = b.to_tickettype_id
JOIN events_tickettype base ON base.event_id = mine.event_id AND coalesce(base.made_from_id, base.id) = coalesce(tb.made_from_id, tb.id)
WHERE t.event_id = %(source)s"""
STEPS = (
    """
INSERT INTO events_pricetier (ticket_type_id, claimed, ends_at, {tier})
SELECT mine.id, 0, p.ends_at + (date.starts_at - source.starts_at), {from_tier} FROM {copies}
JOIN events_pricetier p ON p.ticket_type_id = t.id AND p.archived_at IS NULL
JOIN events_event date ON date.id = mine.event_id JOIN events_event source ON source.id = t.event_id WHERE t.event_id = %(source)s""",
    """
UPDATE events_tickettype mine SET tiered = true WHERE mine.event_id = ANY(%(dates)s::bigint[])
  AND EXISTS (SELECT 1 FROM events_pricetier p WHERE p.ticket_type_id = mine.id)""",
)
TERMS = """
INSERT INTO events_buyerterms (event_id, {terms}) SELECT d.id, {from_terms} FROM events_buyerterms b, unnest(%(dates)s::bigint[]) AS d(id)
WHERE b.event_id = %(source)s"""


def give_parts(*, source: Event, event_ids: Sequence[int]) -> None:
    """All that the source has beside its ticket types, for new dates whose types are there already: nothing of
    it used or sold. Places that a voucher reserves are reserved at the source alone."""
    if not event_ids:
        return
    lists = {
        "category": columns(Category, without={"id", "event"}),
        "tier": columns(PriceTier, without={"id", "ticket_type", "claimed", "ends_at"}),
        "terms": columns(BuyerTerms, without={"id", "event"}),
    }
    names = {name: named(listed) for name, listed in lists.items()}
    names |= {f"from_{name}": named(listed, {"category": "c.", "tier": "p.", "terms": "b."}[name]) for name, listed in lists.items()}
    with connection.cursor() as cursor:
        for statement in (*HEADINGS, ADDONS, *STEPS, TERMS):
            cursor.execute(statement.format(**names, copies=COPIES_OF), {"source": source.pk, "dates": list(event_ids)})
    if Promotion.objects.filter(event=source, archived_at=None).exists():
        copy_parts(Promotion, source=source, event_ids=event_ids, own=UNUSED)
    if source.discounted:
        copy_parts(Discount, source=source, event_ids=event_ids, own={})
    if Question.objects.filter(event=source, archived_at=None).exists():
        waits_for = {"shown_if": ANOTHER_OF_MINE.format(column="shown_if_id")}
        copy_parts(Question, source=source, event_ids=event_ids, own=waits_for)
