"""Answers to an event's questions: taken over from the hold, changed later, read. The only writer of Answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from events import questions
from events.models import Question
from registrations import answer_files
from registrations.models import Answers, Hold, Order, OrderLine, Ticket
from registrations.questionnaire import Place, check, lay_out, worded
from registrations.refusals import Refused
from ticketing.lib.languages import say
from trail import record


def keep(*, order: Order, hold: Hold, lines: Sequence[OrderLine]) -> None:
    """The hold's answers are the order's now, in the transaction that places it. Only what is right is kept:
    a question that was made in the meantime does not stop anybody who has reviewed the order."""
    places = [Place(prefix="order", given=hold.answers or {}), *_seats(hold, lines)]
    lay_out(questions=questions.asked(event_id=order.event_id), places=places)
    check(places=places)
    write(order=order, places=places)


def _seats(hold: Hold, lines: Sequence[OrderLine]) -> list[Place]:
    """The places of the tickets, in the order in which they will be issued."""
    typed: dict[int, list[dict[str, Any]]] = {}
    for each in hold.attendees:
        typed.setdefault(each.get("ticket_type", 0), []).append(each.get("answers") or {})
    kinds = [line.ticket_type_id for line in lines for _ in range(line.quantity)]
    return [
        Place(prefix=f"attendee-{n}", type_id=kind, given=typed[kind].pop(0) if typed.get(kind) else {})
        for n, kind in enumerate(kinds, start=1)
    ]


def places_of(*, order: Order) -> list[Place]:
    """The order and its tickets with what was answered, ready to be laid out. Two queries."""
    given = dict(Answers.objects.filter(order=order).values_list("position", "given"))
    kinds = [
        (line.ticket_type_id, line.ticket_type.name) for line in order.lines.select_related("ticket_type") for _ in range(line.quantity)
    ]
    seats = [
        Place(prefix=f"attendee-{n}", type_id=kind, label=say("Ticket {n}, {type}", n=n, type=name), given=given.get(n, {}))
        for n, (kind, name) in enumerate(kinds, start=1)
    ]
    return [Place(prefix="order", given=given.get(0, {})), *seats]


def change(*, order: Order, places: Sequence[Place], now: datetime) -> None:
    """Other answers, checked by `questionnaire.check` before; by the buyer or the organiser, as the trail tells.
    Refused when the order has ended."""
    with transaction.atomic():
        row = Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)
        if row.cancelled_at or row.expired_at:
            raise Refused(say("This order has ended, so its answers can't be changed."), code="order_ended")
        before = dict(Answers.objects.filter(order=row).values_list("position", "given"))
        write(order=row, places=places)
        after = dict(Answers.objects.filter(order=row).values_list("position", "given"))
        if before != after:
            changed = _changed(places, before, after)
            record.note(act="answers_changed", about="order", about_id=row.pk, event_id=row.event_id, changed=changed)


def write(*, order: Order, places: Sequence[Place]) -> None:
    """One document for each place that has answers. Those to questions that are not asked any more stay."""
    asked = {each.question.key for place in places for each in place.asked}
    for position, place in enumerate(places):
        given = {key: value for key, value in place.given.items() if key not in asked} | place.answers()
        if given:
            Answers.objects.update_or_create(order=order, position=position, defaults={"given": given})
        else:
            Answers.objects.filter(order=order, position=position).delete()
    answer_files.keep_for(
        order=order, tokens=[each.given["token"] for place in places for each in place.asked if isinstance(each.given, dict)]
    )


def badge_lines(*, ticket: Ticket) -> list[str]:
    """What was answered for the ticket to questions whose answers are printed on badges. One query, two where there are some."""
    asked = list(Question.objects.filter(event=ticket.event_id, on_badge=True).values_list("pk", flat=True))
    given = Answers.objects.filter(order=ticket.order_id, position=ticket.position).first() if asked else None
    return [worded(given.given[str(pk)]) for pk in asked if given and str(pk) in given.given]


def add_imported(*, order: Order, given: Sequence[Mapping[str, Any]]) -> None:
    """Answers that came with an import, one document for each ticket in its place, in the caller's transaction."""
    Answers.objects.bulk_create(
        Answers(order=order, position=position, given=dict(each)) for position, each in enumerate(given, start=1) if each
    )


def _changed(places: Sequence[Place], before: Mapping[int, Any], after: Mapping[int, Any]) -> dict[str, tuple[object, object]]:
    labels: dict[str, Question] = {each.question.key: each.question for place in places for each in place.asked}
    found: dict[str, tuple[object, object]] = {}
    for position in sorted({*before, *after}):
        old, new = before.get(position, {}), after.get(position, {})
        for key in sorted({*old, *new}):
            if key in labels and old.get(key) != new.get(key):
                name = f"Ticket {position}: {labels[key].label}" if position else labels[key].label
                found[name[:120]] = (worded(old.get(key)), worded(new.get(key)))
    return found
