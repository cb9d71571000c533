"""What an event asks its buyers beside name and address."""

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router
from pydantic import Field

from api import question_shapes, repeats, words
from api.access import event_for
from api.answers import done, shown
from api.models import Scope
from api.problem import invalid
from api.reference import changing, op
from api.routes_events import Slug
from api.routes_types import Pk, types_named
from events import questions
from events.models import Event, Question
from ticketing.lib import clock

router = Router(tags=["Questions"])
MOST_CHOICES = 100


class QuestionNew(words.Sent):
    label: words.Name = Field(description="As buyers read it, such as “What do you eat?”")
    kind: question_shapes.Kind = "text"  # type: ignore[valid-type]
    form: Literal["", "email", "phone"] = Field("", description="What a line of text must be.")
    choices: Annotated[list[words.Choice], Field(max_length=MOST_CHOICES)] = Field(
        [], description="Of one_of and several_of: two at least."
    )
    hint: words.text(300) = ""  # type: ignore[valid-type]
    per_ticket: bool = True
    ticket_types: list[words.Id] = Field([], max_length=50, description="Only for these types; none: for all.")
    required: bool = False
    shown_if: words.Id | None = Field(None, description="Ask only after one of these answers to an earlier question …")
    shown_if_answers: list[words.Choice] = Field([], max_length=MOST_CHOICES, description="… with answers to choose from.")


@router.get("/{slug}/questions", **op("List questions", Scope.EVENTS_READ, question_shapes.Questions))
def question_list(request: Any, slug: Slug) -> HttpResponse:
    """What is asked now, in its order."""
    event = event_for(request, slug)
    return shown(request, {"items": [question_shapes.question(row) for row in questions.asked(event_id=event.pk)]})


@router.post("/{slug}/questions", **changing("Ask a question", Scope.EVENTS_WRITE, question_shapes.QuestionShape, status=201))
@repeats.once(together=True)
def question_new(request: Any, slug: Slug, sent: QuestionNew) -> HttpResponse:
    """It comes after those that are there. Orders placed before have no answer to it."""
    event = event_for(request, slug)
    facts = sent.model_dump(exclude={"ticket_types", "shown_if"})
    facts["choices"] = list(dict.fromkeys(sent.choices))
    if sent.kind in questions.CHOOSING and len(facts["choices"]) < 2:
        raise invalid("choices", f"Give two answers at least and {MOST_CHOICES} at most.")
    facts["shown_if"] = _condition(event, sent) if sent.shown_if is not None else None
    kinds = types_named(event, sent.ticket_types, field="ticket_types")
    row = questions.save(event=event, question=Question(event=event), fields=facts, kinds=kinds)
    return done(question_shapes.question(row), status=201)


def _condition(event: Event, sent: QuestionNew) -> Question:
    """The question that it waits for."""
    before = Question.objects.filter(event=event, archived_at=None, kind__in=questions.DECIDING, pk=sent.shown_if).first()
    if before is None:
        raise invalid("shown_if", "This event asks no such question with answers to choose from.")
    if before.per_ticket and not sent.per_ticket:
        raise invalid("shown_if", "A question that is asked once can't wait for an answer of a single ticket.")
    if not sent.shown_if_answers or set(sent.shown_if_answers) - set(before.answers):
        raise invalid("shown_if_answers", f"Give some of its answers: {', '.join(before.answers)}.")
    return before


@router.post("/{slug}/questions/{pk}/archive", **changing("Ask no more", Scope.EVENTS_WRITE, question_shapes.QuestionShape))
@repeats.once(together=True)
def question_archive(request: Any, slug: Slug, pk: Pk) -> HttpResponse:
    """Answers that were given stay."""
    row = get_object_or_404(Question, event=event_for(request, slug), pk=pk)
    questions.archive(question=row, now=clock.now())
    return done(question_shapes.question(row))
