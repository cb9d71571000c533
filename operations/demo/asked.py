"""Questions of the demo's dinner, and what its guests answer."""

from typing import Any

from events import questions
from events.models import Event, Question

FOOD = ("As it comes", "Without meat", "Vegan")
DISHES = ((FOOD[0], FOOD[2]), (FOOD[1], FOOD[1]), (FOOD[0], FOOD[0]), (FOOD[2], FOOD[0]), (FOOD[0], FOOD[1]))
WISHES = ("", "One of us sits in a wheelchair.", "", "We come a little late from Hamburg.", "")


def ask(*, event: Event) -> list[Question]:
    """A choice for each seat, a sentence that waits for one of its answers, and once for the order a wish."""
    dish = _save(event, "What do you eat?", kind="one_of", choices=list(FOOD), required=True, on_badge=True)
    waits = {"shown_if": dish, "shown_if_answers": [FOOD[2]]}
    ferment = _save(event, "Is honey all right?", kind="yes_no", hint="The dessert has some.", **waits)
    wish = _save(event, "Anything we should know?", kind="long_text", per_ticket=False)
    return [dish, ferment, wish]


def _save(event: Event, label: str, **fields: Any) -> Question:
    return questions.save(event=event, question=Question(event=event), fields={"label": label} | fields, kinds=[])


def answers(*, asked: list[Question], number: int) -> dict[str, Any]:
    """Of the n-th order of two: {"answers": of the order, "seats": one for each ticket}."""
    dish, honey, wish = asked
    seats = [{dish.key: food} | ({honey.key: "no"} if food == FOOD[2] else {}) for food in DISHES[number]]
    return {"answers": {wish.key: WISHES[number]} if WISHES[number] else {}, "seats": seats}
