"""Questions of an event: made, changed, no longer asked. The only writer of Question."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from events.models import Event, Question, QuestionKind, TicketType
from trail import record

CHOOSING = (QuestionKind.ONE_OF, QuestionKind.SEVERAL_OF)
DECIDING = (QuestionKind.YES_NO, *CHOOSING)  # whose answers another question can wait for
ON_THE_TRAIL = ("label", "kind", "required", "per_ticket", "choices")


def asked(*, event_id: int) -> list[Question]:
    """What the event asks now, in order, each with `type_ids`: the types it is for, none for all. Two queries."""
    found = list(Question.objects.filter(event=event_id, archived_at=None).prefetch_related("ticket_types"))
    for question in found:
        question.type_ids = {kind.pk for kind in question.ticket_types.all()}  # type: ignore[attr-defined]
    return found


def save(*, event: Event, question: Question, fields: Mapping[str, Any], kinds: Sequence[TicketType]) -> Question:
    """Make or change a question. Answers given before stay as they were given."""
    with transaction.atomic():
        before = Question.objects.filter(pk=question.pk).values(*ON_THE_TRAIL).first()
        question.event = event
        for name, value in fields.items():
            setattr(question, name, value)
        if question.kind not in CHOOSING:
            question.choices = []
        if question.kind != QuestionKind.TEXT:
            question.form = ""
        if question.shown_if is None:
            question.shown_if_answers = []
        if question.pk is None:
            last = event.questions.aggregate(last=Max("position"))["last"]
            question.position = 0 if last is None else last + 1
        question.save()
        question.ticket_types.set(kinds)
        changed = {name: (str(before[name]), str(getattr(question, name))) for name in ON_THE_TRAIL} if before else {}
        record.note(
            act="question_changed" if before else "question_made",
            about="event",
            about_id=event.pk,
            event_id=event.pk,
            changed=changed,
            words=question.label,
        )
    return question


def archive(*, question: Question, now: datetime) -> None:
    """Not asked any more; its answers stay. Questions that waited for it are asked always."""
    with transaction.atomic():
        if Question.objects.filter(pk=question.pk, archived_at=None).update(archived_at=now):
            Question.objects.filter(shown_if=question).update(shown_if=None, shown_if_answers=[])
            record.note(
                act="question_archived", about="event", about_id=question.event_id, event_id=question.event_id, words=question.label
            )


def move(*, question: Question, up: bool) -> None:
    """One place up or down among those that are asked. A question never stands before the one it waits for."""
    with transaction.atomic():
        rows = list(Question.objects.select_for_update().filter(event=question.event_id, archived_at=None))
        place = next((n for n, row in enumerate(rows) if row.pk == question.pk), None)
        other = None if place is None else place - 1 if up else place + 1
        if place is None or other is None or not 0 <= other < len(rows):
            return
        upper, lower = sorted((place, other))
        if rows[lower].shown_if_id == rows[upper].pk:
            return
        rows[place], rows[other] = rows[other], rows[place]
        for number, row in enumerate(rows):
            Question.objects.filter(pk=row.pk).update(position=number)


def copy(*, source: Event, target: Event, kinds: Mapping[int, TicketType]) -> None:
    """The same questions for another event, whose types are `kinds` by the ids of the source's."""
    copies: dict[int, Question] = {}
    for question in source.questions.filter(archived_at=None).prefetch_related("ticket_types"):
        old, types = question.pk, [kinds[kind.pk] for kind in question.ticket_types.all() if kind.pk in kinds]
        question.pk, question.event, question.shown_if = None, target, copies.get(question.shown_if_id or 0)
        question._state.adding = True
        question.save()
        question.ticket_types.set(types)
        copies[old] = question
