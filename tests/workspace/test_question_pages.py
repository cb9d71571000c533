"""Alice asks questions, reads and changes the answers, filters and exports by them, imports them."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from events import questions
from events.models import Question
from registrations.models import Answers, Order
from tests import cast
from tests.registrations.test_questions import CHOICES, details, finish, question
from workspace.models import Import, Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, alice):
    client.force_login(alice)
    return client


@pytest.fixture
def kind(concert):
    return cast.ticket_type(concert, name="Standard")


def at(event, path=""):
    return f"/manage/events/{event.slug}/{path}"


def answered(client, kind, *foods, asked):
    """An order with one ticket for each food."""
    hold = cast.held(kind, len(foods))
    details(client, hold, **{f"attendee-{n}-q{asked.pk}": food for n, food in enumerate(foods, start=1)})
    return finish(client, hold)[1]


def test_a_question_is_made_changed_moved_and_no_longer_asked(desk, concert, kind):
    typed = {"label": "What do you eat?", "kind": "one_of", "choices": "Meat\nVegan\nVegan\n", "per_ticket": "yes", "required": "on"}
    assert desk.post(at(concert, "questions/new/"), typed | {"choices": "Meat"}).status_code == 422
    assert desk.post(at(concert, "questions/new/"), typed | {"ticket_types": [kind.pk]}).status_code == 303
    food = Question.objects.get()
    assert food.choices == ["Meat", "Vegan"] and food.required and food.ticket_types.get() == kind
    waits = {"label": "Allergies?", "kind": "text", "per_ticket": "yes", "condition": f"{food.pk}:Vegan"}
    assert desk.post(at(concert, "questions/new/"), waits).status_code == 303
    second = Question.objects.get(label="Allergies?")
    assert (second.shown_if, second.shown_if_answers) == (food, ["Vegan"])
    desk.post(at(concert, f"questions/{second.pk}/place/"), {"to": "up"})
    assert [row.pk for row in questions.asked(event_id=concert.pk)] == [food.pk, second.pk], "it would stand before what it waits for"
    third = question(concert, "Colour")
    desk.post(at(concert, f"questions/{third.pk}/place/"), {"to": "up"})
    assert [row.pk for row in questions.asked(event_id=concert.pk)] == [food.pk, third.pk, second.pk]
    page = desk.get(at(concert, "questions/")).content.decode()
    assert "must be answered" in page and "Only after “Vegan” to “What do you eat?”" in page
    desk.post(at(concert, f"questions/{food.pk}/archive/"))
    assert [row.shown_if for row in questions.asked(event_id=concert.pk)] == [None, None]


def test_a_question_asked_once_cannot_wait_for_a_single_tickets_answer(desk, concert, kind):
    food = question(concert, kind="yes_no")
    typed = {"label": "Parking?", "kind": "yes_no", "per_ticket": "no", "condition": f"{food.pk}:yes"}
    assert desk.post(at(concert, "questions/new/"), typed).status_code == 422


def test_answers_stand_on_the_orders_page_and_are_changed_there(desk, concert, kind):
    food = question(concert, kind="one_of", choices=CHOICES)
    order = answered(desk, kind, "Vegan", asked=food)
    page = at(concert, f"orders/{order.code}/")
    assert "Vegan" in desk.get(page).content.decode()
    assert desk.get(f"{page}answers/").status_code == 200
    assert desk.post(f"{page}answers/", {f"attendee-1-q{food.pk}": "Stones"}).status_code == 422
    assert desk.post(f"{page}answers/", {f"attendee-1-q{food.pk}": "Meat"}).status_code == 303
    text = desk.get(page).content.decode()
    assert "Answers changed" in text and "by Alice" in text
    assert Answers.objects.get().given == {food.key: "Meat"}


def test_lists_are_filtered_by_an_answer(desk, concert, kind):
    food = question(concert, kind="several_of", choices=CHOICES)
    one, two = answered(desk, kind, ["Vegan", "Meat"], ["Meat"], asked=food), answered(desk, kind, ["Meat"], asked=food)
    found = desk.get(at(concert, "orders/"), {"answer": f"{food.pk}:Vegan"})
    assert [order.code for order in found.context["orders"]] == [one.code]
    tickets = desk.get(at(concert, "attendees/"), {"answer": f"{food.pk}:Vegan"}).context["tickets"]
    assert [(ticket.order_id, ticket.position) for ticket in tickets] == [(one.pk, 1)]
    assert len(desk.get(at(concert, "attendees/"), {"answer": f"{food.pk}:Meat"}).context["tickets"]) == 3
    assert "Vegan" in desk.get(at(concert, "attendees/")).content.decode()
    for text in ("x", "1:", ":Vegan", f"{food.pk}:'); DROP"):
        assert desk.get(at(concert, "orders/"), {"answer": text}).status_code == 200
    assert two.code


def test_answers_are_columns_of_exports_also_of_questions_no_longer_asked(desk, concert, kind):
    from ticketing.lib import clock

    food, found = question(concert, kind="one_of", choices=CHOICES), question(concert, "From where?", per_ticket=False)
    answered(desk, kind, "Fish, grilled", asked=food)
    Answers.objects.create(order=Order.objects.get(), position=0, given={found.key: "=radio"})
    questions.archive(question=food, now=clock.now())
    for what, column, text in (("attendees", "What do you eat?", "Fish, grilled"), ("orders", "From where?", "'=radio")):
        reply = desk.post(at(concert, "exports/new/"), {"what": what, "format": "csv"})
        (row,) = csv.DictReader(io.StringIO(b"".join(reply.streaming_content).decode("utf-8-sig")))
        assert row[column] == text
        assert desk.post(at(concert, "exports/new/"), {"what": what, "format": "xlsx"}).status_code == 200


def test_answers_are_imported_by_the_names_of_columns_with_errors_told(desk, concert, kind):
    food, stay = question(concert, kind="several_of", choices=CHOICES), question(concert, "Stays overnight", kind="yes_no")
    text = (
        "Order code,Position ID,Product,Attendee name,Attendee email,E-mail,what do you EAT?,Stays overnight\n"
        'A1,1,Standard,Kim,kim@example.com,kim@example.com,"vegan, Fish, grilled",X\n'
        "A1,2,Standard,Lou,,kim@example.com,,\n"
        "A2,1,Standard,Max,max@example.com,max@example.com,Stones,\n"
    )
    page = desk.post(at(concert, "imports/new/"), {"file": SimpleUploadedFile("a.csv", text.encode())}).headers["Location"]
    shown = desk.get(page).content.decode()
    assert "“Stones”" in shown
    columns = {f"column-{field}": column for field, column in Import.objects.get().mapping["columns"].items()}
    desk.post(page, columns | {"type-0": kind.pk, "act": "import"})
    assert Job.objects.get().outcome["made"] == 2
    assert [(row.position, row.given) for row in Answers.objects.all()] == [(1, {food.key: ["Vegan", "Fish, grilled"], stay.key: "yes"})]


def test_questions_of_an_event_that_is_not_yours_are_404(client, concert, charlie, bob, kind):
    food = question(concert)
    order = cast.ordered(kind)
    for user in (charlie, bob):
        client.force_login(user)
        for path in ("questions/", "questions/new/", f"questions/{food.pk}/", f"orders/{order.code}/answers/"):
            assert client.get(at(concert, path)).status_code == 404, path
        for path in (f"questions/{food.pk}/archive/", f"questions/{food.pk}/place/"):
            assert client.post(at(concert, path)).status_code == 404, path
