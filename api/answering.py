"""Answers to an event's questions, as programs send and see them: by question, for the order and for each ticket."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from api import words
from api.problem import Problem, Wrong
from api.words import Shown
from events import questions
from events.models import Question, QuestionKind
from registrations.models import Answers, Order
from registrations.questionnaire import Place, check, lay_out, worded

MOST_ANSWERS, LONGEST, LONGEST_CHOICE = 100, 5000, 200


def _answer(value: Any) -> str | list[str]:
    texts = value if isinstance(value, list) else [value]
    longest = LONGEST_CHOICE if isinstance(value, list) else LONGEST
    if len(texts) > MOST_ANSWERS or not all(isinstance(each, str) and len(each) <= longest for each in texts):
        raise ValueError("Give a text, or a list of texts where several may be chosen.")
    for each in texts:
        words.storable(each)
    found: str | list[str] = value
    return found


Answer = Annotated[
    Any,
    PlainValidator(_answer),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": LONGEST},
                {"type": "array", "items": {"type": "string", "maxLength": LONGEST_CHOICE}, "maxItems": MOST_ANSWERS},
            ]
        }
    ),
]


class AnswerSent(words.Sent):
    question: words.Id
    answer: Answer = Field(
        description="As text: a date as 2027-05-01, a time as 19:30, yes or no, a choice as it reads. A list where several may be chosen."
    )


Sent = Annotated[list[AnswerSent], Field(max_length=MOST_ANSWERS)]


class AnswerShape(Shown):
    question: int
    label: str
    ticket: int | None = Field(None, description="The ticket's position; null: answered once for the order.")
    answer: str = Field(description="As it reads.")


@dataclass(kw_only=True)
class Here:
    """One place where answers were sent: the order, or a ticket of a type. `path`: the field's name in the call."""

    path: str
    sent: Sequence[AnswerSent]
    type_id: int | None = None
    given: dict[str, Any] = field(default_factory=dict)


def asked(*, event_id: int) -> list[Question]:
    """What programs can answer: files can't be sent with a call."""
    return [each for each in questions.asked(event_id=event_id) if each.kind != QuestionKind.FILE]


def checked(*, asked: Sequence[Question], here: Sequence[Here], only_sent: bool = False) -> list[Place]:
    """The places with their answers in the one shape of each, as pages check them. Problem, by field.

    `only_sent`: where nothing was sent, what stands there may be wanting."""
    wrong: list[Wrong] = []
    places = []
    for number, each in enumerate(here):
        given = each.given | {str(sent.question): sent.answer for sent in each.sent}
        places.append(Place(prefix=f"place-{number}", type_id=each.type_id, given=given))
    lay_out(questions=asked, places=places)
    for place, each in zip(places, here, strict=True):
        known = {one.question.pk for one in place.asked}
        for n, sent in enumerate(each.sent):
            if sent.question not in known:
                wrong.append(Wrong(field=f"{each.path}.{n}.question", message="That is not asked here."))
    check(places=places)
    for place, each in zip(places, here, strict=True):
        sent_as = {sent.question: f".{n}.answer" for n, sent in enumerate(each.sent)}
        for one in place.asked:
            if one.error and (each.sent or not only_sent):
                words_of = f"Question {one.question.pk}, {one.question.label}: {one.error}"
                wrong.append(Wrong(field=f"{each.path}{sent_as.get(one.question.pk, '')}", message=words_of))
    if wrong:
        detail = f"{wrong[0].field}: {wrong[0].message}"
        raise Problem(422, "invalid", detail, errors=wrong)
    return places


def of_order(*, order: Order) -> list[dict[str, Any]]:
    """What was answered, in the order of the questions. One query, two when there are answers."""
    rows = list(Answers.objects.filter(order=order).order_by("position"))
    if not rows:
        return []
    labels = dict(Question.objects.filter(event=order.event_id).values_list("pk", "label"))
    return [
        {"question": pk, "label": label, "ticket": row.position or None, "answer": worded(row.given[str(pk)])}
        for row in rows
        for pk, label in labels.items()
        if str(pk) in row.given
    ]
