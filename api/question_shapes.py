"""Answers about questions and about who waits."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.answers import moment
from api.words import Shown
from events.models import Question, QuestionKind
from registrations.waiting_rows import WaitingEntry
from ticketing.lib.site import absolute

At = datetime
Kind = Literal[tuple(QuestionKind.values)]  # type: ignore[valid-type]


class QuestionShape(Shown):
    id: int
    label: str
    hint: str
    kind: Kind  # type: ignore[valid-type]
    form: Literal["", "email", "phone"]
    per_ticket: bool = Field(description="Asked for each ticket; otherwise once for the order.")
    required: bool
    choices: list[str]
    ticket_types: list[int] = Field(description="Ids of the types it is for; empty: all.")
    shown_if: int | None = Field(None, description="The question that it waits for …")
    shown_if_answers: list[str] = Field(description="… and the answers after which it is asked.")


class Questions(Shown):
    items: list[QuestionShape]


def question(row: Question) -> dict[str, Any]:
    """`row` as events.questions.asked gives it."""
    return {
        "id": row.pk,
        "label": row.label,
        "hint": row.hint,
        "kind": row.kind,
        "form": row.form,
        "per_ticket": row.per_ticket,
        "required": row.required,
        "choices": list(row.choices),
        "ticket_types": sorted(kind.pk for kind in row.ticket_types.all()),
        "shown_if": row.shown_if_id,
        "shown_if_answers": list(row.shown_if_answers),
    }


class WaitingShape(Shown):
    id: int
    ticket_type: int
    email: str
    quantity: int
    takes_fewer: bool
    state: Literal["waiting", "offered", "bought", "missed", "left", "removed", "over"]
    joined_at: At
    offered_at: At | None = None
    ended_at: At | None = None
    url: str = Field(description="The page of who waits. Whoever has this link is them: pass it on to nobody else.")


class Waiting(Shown):
    items: list[WaitingShape]
    next: str | None = None


def waiting_entry(row: WaitingEntry) -> dict[str, Any]:
    """`row` has its hold."""
    return {
        "id": row.pk,
        "ticket_type": row.ticket_type_id,
        "email": row.email,
        "quantity": row.quantity,
        "takes_fewer": row.takes_fewer,
        "state": row.state,
        "joined_at": moment(row.joined_at),
        "offered_at": moment(row.offered_at),
        "ended_at": moment(row.ended_at),
        "url": absolute(row.get_absolute_url()),
    }
