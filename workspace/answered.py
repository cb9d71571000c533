"""Answers as the organiser reads them: on an order's page, beside names in lists, as columns of exports."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import JSONField

from events.models import Event, Question
from registrations.models import Answers, Order, Ticket
from registrations.questionnaire import worded
from workspace.rare import if_few


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One answer. `token`: of its file."""

    label: str
    text: str
    token: str = ""


@dataclass(kw_only=True)
class OfOrder:
    """`of_tickets`: (ticket's position, its answers)."""

    asks: bool = False
    of_order: list[Answered] = field(default_factory=list)
    of_tickets: dict[int, list[Answered]] = field(default_factory=dict)

    def at(self, position: int) -> list[Answered]:
        return self.of_tickets.setdefault(position, []) if position else self.of_order


# What the event asks or asked, each with the answers of one order: position 0 is the order itself.
OF_ORDER = """
SELECT q.label, q.archived_at IS NULL, a.position, a.given -> q.id::text
FROM events_question q LEFT JOIN registrations_answers a ON a.order_id = %s AND a.given ? q.id::text
WHERE q.event_id = %s ORDER BY a.position, q.position, q.id
"""


def answered_of(*, order: Order, tickets: Sequence[Ticket]) -> OfOrder:
    """All that was answered, also to questions that are not asked any more; each ticket gets its `answered`. One query."""
    found = OfOrder()
    with connection.cursor() as cursor:
        cursor.execute(OF_ORDER, [order.pk, order.event_id])
        for label, asked, position, given in cursor.fetchall():
            found.asks |= asked
            if position is not None:
                found.at(position).append(_answered(label, json.loads(given)))
    for ticket in tickets:
        ticket.answered = found.of_tickets.get(ticket.position, [])  # type: ignore[attr-defined]
    return found


def _answered(label: str, given: Any) -> Answered:
    return Answered(label=label, text=worded(given), token=given.get("token", "") if isinstance(given, dict) else "")


def questions_of(*, event: Event, per_ticket: bool) -> list[Question]:
    """All that were ever asked so, for columns: a question that is not asked any more has answers still. One query."""
    return list(Question.objects.filter(event=event, per_ticket=per_ticket))


def orders_with_answers(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The orders with `given`: what was answered once for each."""
    return rows.annotate(given=_given(order="pk", position=0))


def tickets_with_answers(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The tickets with `given`: what was answered for each."""
    return rows.annotate(given=_given(order="order", position=OuterRef("position")))


def _given(*, order: str, position: Any) -> Subquery:
    answers = Answers.objects.filter(order=OuterRef(order), position=position)
    return Subquery(answers.values("given")[:1], output_field=JSONField())


def columns(questions: Iterable[Question], given: Mapping[str, Any] | None) -> list[str]:
    """An answer for each question, in a spreadsheet's words."""
    return [worded((given or {}).get(question.key)) for question in questions]


def filter_choices(*, event: Event) -> list[tuple[str, list[tuple[str, str]]]]:
    """What lists can be filtered by: (question, [(filter, answer)]) of those whose answers are known beforehand. One query."""
    found = Question.objects.filter(event=event, archived_at=None, kind__in=("yes_no", "one_of", "several_of"))
    return [(row.label, [(f"{row.pk}:{answer}", worded(answer)) for answer in row.answers]) for row in found]


def _giving(wanted: str) -> QuerySet[Answers] | None:
    """Documents with this answer, "12:Vegan": by itself or among several. None when the filter is no filter."""
    number, _, answer = wanted.partition(":")
    if not (number.isascii() and number.isdigit() and answer):
        return None
    return Answers.objects.filter(Q(given__contains={number: answer}) | Q(given__contains={number: [answer]}))


def orders_answering(rows: QuerySet[Order], *, wanted: str) -> QuerySet[Order]:
    """Orders with this answer, for themselves or for one of their tickets."""
    giving = _giving(wanted)
    if giving is None:
        return rows
    few = if_few(giving, "order_id")
    return rows.filter(pk__in=few) if few is not None else rows.filter(Exists(giving.filter(order=OuterRef("pk"))))


def tickets_answering(rows: QuerySet[Ticket], *, wanted: str) -> QuerySet[Ticket]:
    """Tickets with this answer, for themselves or for their order."""
    giving = _giving(wanted)
    if giving is None:
        return rows
    few = if_few(giving, "order_id")
    mine = Q(position=0) | Q(position=OuterRef("position"))
    found = rows.filter(Exists(giving.filter(mine, order=OuterRef("order"))))
    return found if few is None else found.filter(order__in=few)
