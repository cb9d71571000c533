"""An event's questions on a page: what is asked where, what was typed, what is wrong, what is kept.

Answers are kept as {question id: answer}. An answer is a text in one shape for each kind (a date as 2027-05-01,
a time as 19:30, yes or no, a choice as it reads), a list of texts, or {token, name} of a file. What was typed is
kept also when it is wrong, in the same shapes, so that nothing is lost; an order takes only what is right.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from events.models import Question, QuestionKind
from ticketing.lib.languages import say

LONGEST = {QuestionKind.TEXT: 200, QuestionKind.LONG_TEXT: 5000}
YES_AND_NO = dict.fromkeys(("yes", "y", "true", "1", "x"), "yes") | dict.fromkeys(("no", "n", "false", "0"), "no")
PHONE = re.compile(r"\+?[0-9][0-9 ()/.\-]{4,24}")
Answer = str | list[str] | dict[str, str]


class BadAnswer(ValueError):
    """This is no answer to the question; the sentence says the mend."""


def cleaned(*, question: Question, given: Any) -> Answer | None:
    """The answer in its one shape, None when there is none. BadAnswer."""
    if question.kind == QuestionKind.FILE:
        return given if isinstance(given, dict) and given.get("token") else None
    if question.kind == QuestionKind.SEVERAL_OF:
        texts = [given] if isinstance(given, str) else [text for text in given or () if isinstance(text, str)]
        chosen = [text for text in question.choices if text in texts]
        if len(chosen) < len({text for text in texts if text}):
            raise BadAnswer(say("Choose from the answers that are there."))
        return chosen or None
    text = given.strip() if isinstance(given, str) else ""
    return SHAPES[QuestionKind(question.kind)](question, text) if text else None


def _text(question: Question, text: str) -> str:
    longest = LONGEST[QuestionKind(question.kind)]
    if len(text) > longest:
        raise BadAnswer(say("Write at most {longest} characters.", longest=longest))
    if question.form == Question.Form.EMAIL:
        try:
            validate_email(text)
        except ValidationError as error:
            raise BadAnswer(say("Enter an e-mail address such as dana@example.com.")) from error
    if question.form == Question.Form.PHONE and not PHONE.fullmatch(text):
        raise BadAnswer(say("Enter a phone number such as +49 30 1234567."))
    return text


def _number(question: Question, text: str) -> str:
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise BadAnswer(say("Enter a number such as 12 or 1.5.")) from error
    if not number.is_finite() or abs(number) >= 10**15:
        raise BadAnswer(say("Enter a smaller number."))
    return f"{number.normalize():f}"


def _date(question: Question, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise BadAnswer(say("Enter a date as year-month-day, such as 2027-05-01.")) from error


def _time(question: Question, text: str) -> str:
    try:
        return f"{time.fromisoformat(text):%H:%M}"
    except ValueError as error:
        raise BadAnswer(say("Enter a time such as 19:30.")) from error


def _choice(question: Question, text: str) -> str:
    if text not in question.answers:
        raise BadAnswer(say("Choose one of the answers."))
    return text


SHAPES: dict[QuestionKind, Callable[[Question, str], str]] = {
    QuestionKind.TEXT: _text,
    QuestionKind.LONG_TEXT: _text,
    QuestionKind.NUMBER: _number,
    QuestionKind.DATE: _date,
    QuestionKind.TIME: _time,
    QuestionKind.YES_NO: _choice,
    QuestionKind.ONE_OF: _choice,
}


def from_cell(*, question: Question, text: str) -> Answer | None:
    """The answer that a spreadsheet's cell holds, as `worded` writes it or in another system's words. BadAnswer."""
    text = text.strip()
    if question.kind == QuestionKind.YES_NO:
        text = YES_AND_NO.get(text.lower(), text)
    if question.kind == QuestionKind.SEVERAL_OF:
        return cleaned(question=question, given=_several(question, text))
    by_letters = {choice.lower(): choice for choice in question.choices}
    return cleaned(question=question, given=by_letters.get(text.lower(), text))


def _several(question: Question, text: str) -> list[str]:
    """Choices between commas or semicolons; a choice may have a comma itself."""
    found, rest = [], text.lower()
    for choice in sorted(question.choices, key=len, reverse=True):
        if choice.lower() in rest:
            found.append(choice)
            rest = rest.replace(choice.lower(), "", 1)
    return [*found, rest] if rest.strip(" ,;|") else found


def worded(answer: Any) -> str:
    """An answer as it is read, also in a spreadsheet."""
    if isinstance(answer, dict):
        return str(answer.get("name", ""))
    return ", ".join(answer) if isinstance(answer, list) else {"yes": say("Yes"), "no": say("No")}.get(answer, answer or "")


@dataclass(kw_only=True)
class Asked:
    """One question at one place of a page. `waits`: the condition as a sentence, for a page without script."""

    question: Question
    name: str
    given: Any = None
    error: str = ""
    waits: str = ""
    waits_name: str = ""

    @property
    def field_id(self) -> str:
        """The first field's id, where an error's link leads."""
        grouped = self.question.kind in (QuestionKind.YES_NO, QuestionKind.ONE_OF, QuestionKind.SEVERAL_OF)
        return f"id_{self.name}-0" if grouped else f"id_{self.name}"

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """(answer, as it reads, is chosen)."""
        chosen = self.given if isinstance(self.given, list) else [self.given]
        return [(answer, worded(answer), answer in chosen) for answer in self.question.answers]

    @property
    def text(self) -> str:
        return self.given if isinstance(self.given, str) else ""

    @property
    def file_name(self) -> str:
        return worded(self.given) if isinstance(self.given, dict) else ""


@dataclass(kw_only=True)
class Place:
    """The order itself (no type) or one ticket on a page, with what was answered there before."""

    prefix: str
    label: str = ""
    type_id: int | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def answers(self) -> dict[str, Any]:
        """What stands there, right or wrong."""
        return {asked.question.key: asked.given for asked in self.asked if asked.given not in (None, "", [])}

    @property
    def worded(self) -> list[tuple[str, str]]:
        """(question, answer) of what was answered."""
        return [(asked.question.label, worded(asked.given)) for asked in self.asked if asked.given not in (None, "", [])]


def questions_for(*, questions: Iterable[Question], type_id: int | None) -> list[Question]:
    """Those that are asked once (no type), or for a ticket of this type."""
    if type_id is None:
        return [question for question in questions if not question.per_ticket]
    return [question for question in questions if question.per_ticket and (not question.type_ids or type_id in question.type_ids)]  # type: ignore[attr-defined]


def is_due(*, question: Question, answers: Mapping[str, Any]) -> bool:
    """Its condition holds, by the answers of the same ticket and of the order."""
    if question.shown_if_id is None:
        return True
    given = answers.get(str(question.shown_if_id))
    return any(each in question.shown_if_answers for each in (given if isinstance(given, list) else [given]))


def lay_out(*, questions: Sequence[Question], places: Sequence[Place], typed: Any = None, files: Any = None) -> None:
    """Give each place its questions with what was typed there, or what was answered before."""
    labels = {question.pk: question.label for question in questions}
    of_order = {question.pk for question in questions if not question.per_ticket}
    for place in places:
        for question in questions_for(questions=questions, type_id=place.type_id):
            asked = Asked(question=question, name=f"{place.prefix}-q{question.pk}", given=place.given.get(question.key))
            if typed is not None:
                asked.given = _typed(asked, typed, files)
            if question.shown_if_id in labels:
                answers = say(" or ").join(worded(each) for each in question.shown_if_answers)
                asked.waits = say(
                    "Only if you answered “{answers}” to “{question}”.", answers=answers, question=labels[question.shown_if_id]
                )
                asked.waits_name = f"{'order' if question.shown_if_id in of_order else place.prefix}-q{question.shown_if_id}"
            place.asked.append(asked)


def _typed(asked: Asked, typed: Any, files: Any) -> Any:
    if asked.question.kind == QuestionKind.FILE:
        kept = None if typed.get(f"{asked.name}-remove") else asked.given
        return (files or {}).get(asked.name) or kept
    if asked.question.kind == QuestionKind.SEVERAL_OF:
        return [text[:200] for text in typed.getlist(asked.name)[:100]] if hasattr(typed, "getlist") else typed.get(asked.name)
    return str(typed.get(asked.name, "")).strip()[:6000]


def check(*, places: Sequence[Place]) -> list[tuple[str, str]]:
    """(id of the field, what is wrong), in the page's order. What is right gets its one shape; answers to
    questions whose condition does not hold are left out."""
    of_order = {key: value for place in places if place.type_id is None for key, value in place.answers().items()}
    wrong = []
    for place in places:
        for asked in place.asked:
            if not is_due(question=asked.question, answers=of_order | place.answers()):
                asked.given = None
                continue
            if not asked.error:  # a file that was not taken has one already
                asked.error = _settle(asked)
            if asked.error:
                label = f"{place.label}: " if place.label else ""
                wrong.append((asked.field_id, f"{label}{asked.question.label}: {asked.error}"))
    return wrong


def _settle(asked: Asked) -> str:
    """Give the answer its one shape; what is wrong with it otherwise."""
    try:
        asked.given, typed = cleaned(question=asked.question, given=asked.given), asked.given
    except BadAnswer as error:
        return str(error)
    if asked.given is None and asked.question.required:
        asked.given = typed
        return say("Answer this question.")
    return ""
