"""Dana is asked what the event wants to know: nine kinds, conditions, files; her answers are her order's."""

import io

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from events import questions
from events.models import Question
from registrations import answer_files, checkout
from registrations.models import AnswerFile, Answers, Order
from registrations.questionnaire import BadAnswer, cleaned, from_cell, worded
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db
CHOICES = ["Meat", "Vegan", "Fish, grilled"]


def question(event, label="What do you eat?", kinds=(), **fields):
    return questions.save(event=event, question=Question(event=event), fields={"label": label} | fields, kinds=list(kinds))


@pytest.fixture
def kind(concert):
    return cast.ticket_type(concert)


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def details(client, hold, **typed):
    return client.post(f"/checkout/{hold.token}/", {"buyer_name": "Dana", "buyer_email": "dana@example.com"} | typed)


def finish(client, hold):
    reply = client.post(f"/checkout/{hold.token}/order/")
    return reply, Order.objects.filter(hold=hold).first()


def picture(form="JPEG", mode="RGB"):
    out = io.BytesIO()
    Image.new(mode, (64, 48), (10, 200, 30)[: len(mode)] if mode == "RGB" else (10, 200, 30, 90)).save(out, form)
    return out.getvalue()


@pytest.mark.parametrize(
    ("fields", "typed", "kept"),
    [
        ({"kind": "text"}, "  blue ", "blue"),
        ({"kind": "text", "form": "email"}, "kim@example.com", "kim@example.com"),
        ({"kind": "text", "form": "phone"}, "+49 30 1234567", "+49 30 1234567"),
        ({"kind": "long_text"}, "one\ntwo", "one\ntwo"),
        ({"kind": "number"}, "1,50", "1.5"),
        ({"kind": "date"}, "2027-05-01", "2027-05-01"),
        ({"kind": "time"}, "19:30:00", "19:30"),
        ({"kind": "yes_no"}, "yes", "yes"),
        ({"kind": "one_of", "choices": CHOICES}, "Vegan", "Vegan"),
        ({"kind": "several_of", "choices": CHOICES}, ["Vegan", "Meat"], ["Meat", "Vegan"]),
        ({"kind": "file"}, {"token": "t", "name": "cv.pdf"}, {"token": "t", "name": "cv.pdf"}),
    ],
)
def test_an_answer_of_each_kind_has_one_shape(fields, typed, kept):
    asked = Question(label="?", **fields)
    assert cleaned(question=asked, given=typed) == kept
    assert cleaned(question=asked, given="") is None
    if fields["kind"] != "file":
        assert from_cell(question=asked, text=worded(kept)) == kept


@pytest.mark.parametrize(
    ("fields", "typed"),
    [
        ({"kind": "text"}, "x" * 201),
        ({"kind": "text", "form": "email"}, "kim"),
        ({"kind": "text", "form": "phone"}, "call me"),
        ({"kind": "number"}, "many"),
        ({"kind": "number"}, "NaN"),
        ({"kind": "date"}, "31.12.2027"),
        ({"kind": "time"}, "25:00"),
        ({"kind": "yes_no"}, "perhaps"),
        ({"kind": "one_of", "choices": CHOICES}, "Stones"),
        ({"kind": "several_of", "choices": CHOICES}, ["Vegan", "Stones"]),
    ],
)
def test_what_is_no_answer_is_refused(fields, typed):
    with pytest.raises(BadAnswer):
        cleaned(question=Question(label="?", **fields), given=typed)


def test_answers_of_order_and_tickets_are_kept_with_the_order(client, concert, kind):
    food = question(concert, kind="one_of", choices=CHOICES, required=True)
    found = question(concert, "How did you hear of us?", per_ticket=False)
    hold = cast.held(kind, 2)
    reply = details(client, hold, **{f"attendee-1-q{food.pk}": "Vegan", f"attendee-2-q{food.pk}": "Meat", f"order-q{found.pk}": "A friend"})
    assert reply.status_code == 303
    assert "Vegan" in client.get(f"/checkout/{hold.token}/review/").content.decode()
    _, order = finish(client, hold)
    given = dict(Answers.objects.filter(order=order).values_list("position", "given"))
    assert given == {0: {found.key: "A friend"}, 1: {food.key: "Vegan"}, 2: {food.key: "Meat"}}


def test_a_required_question_is_asked_again_and_nothing_typed_is_lost(client, concert, kind):
    food, colour = question(concert, kind="one_of", choices=CHOICES, required=True), question(concert, "Colour")
    hold = cast.held(kind)
    reply = details(client, hold, **{f"attendee-1-q{colour.pk}": "Green"})
    page = reply.content.decode()
    assert reply.status_code == 422 and f"#id_attendee-1-q{food.pk}-0" in page and 'value="Green"' in page
    reply, order = finish(client, hold)
    assert reply.status_code == 422 and order is None


def test_an_event_without_questions_takes_no_statement_more(client, kind, django_assert_num_queries):
    hold = cast.held(kind)
    with django_assert_num_queries(3):
        assert details(client, hold).status_code == 303
    with django_assert_num_queries(2):
        client.get(f"/checkout/{hold.token}/review/")


def test_a_question_is_asked_only_for_its_types(client, concert, kind):
    other = cast.ticket_type(concert)
    food = question(concert, kinds=[other], required=True)
    hold = cast.held(kind)
    assert f"q{food.pk}" not in client.get(f"/checkout/{hold.token}/").content.decode()
    assert details(client, hold).status_code == 303
    assert f"q{food.pk}" in client.get(f"/checkout/{cast.held(other).token}/").content.decode()


def test_a_question_with_a_condition_is_due_only_after_that_answer(client, concert, kind):
    stay = question(concert, "Do you stay overnight?", kind="yes_no")
    nights = question(concert, "How many nights?", kind="number", required=True, shown_if=stay, shown_if_answers=["yes"])
    hold = cast.held(kind)
    page = client.get(f"/checkout/{hold.token}/").content.decode()
    assert f'data-waits-for="attendee-1-q{stay.pk}"' in page and "Only if you answered “Yes”" in page
    assert details(client, hold, **{f"attendee-1-q{stay.pk}": "yes"}).status_code == 422
    assert details(client, hold, **{f"attendee-1-q{stay.pk}": "no", f"attendee-1-q{nights.pk}": "3"}).status_code == 303
    _, order = finish(client, hold)
    assert Answers.objects.get(order=order).given == {stay.key: "no"}


def test_a_file_is_written_anew_kept_privately_and_belongs_to_its_order_alone(client, concert, kind):
    photo = question(concert, "Photo for the badge", kind="file", required=True)
    hold = cast.held(kind)
    marked = picture() + b"GPS: 52.5, 13.4"
    reply = details(client, hold, **{f"attendee-1-q{photo.pk}": SimpleUploadedFile("../my photo.jpeg", marked)})
    assert reply.status_code == 303
    _, order = finish(client, hold)
    kept = AnswerFile.objects.get(order=order)
    stored = default_storage.open(kept.path).read()
    assert b"GPS" not in stored and Image.open(io.BytesIO(stored)).size == (64, 48)
    assert kept.name == "my photo.jpg"
    assert Answers.objects.get(order=order).given == {photo.key: {"token": kept.token, "name": "my photo.jpg"}}
    answer = client.get(f"{order.get_absolute_url()}answers/{kept.token}/")
    assert b"".join(answer.streaming_content) == stored and answer.headers["Content-Disposition"].startswith("attachment")
    other = cast.ordered(kind)
    assert client.get(f"{other.get_absolute_url()}answers/{kept.token}/").status_code == 404


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"MZ", b"", b"x" * (answer_files.MAX_BYTES + 1)])
def test_a_file_that_is_no_pdf_and_no_image_is_refused(client, concert, kind, content):
    photo = question(concert, "Photo", kind="file")
    hold = cast.held(kind)
    reply = details(client, hold, **{f"attendee-1-q{photo.pk}": SimpleUploadedFile("x.jpg", content or b" ")})
    assert reply.status_code == 422 and not AnswerFile.objects.exists()


def test_a_file_stays_while_other_fields_are_mended_and_is_forgotten_without_an_order(client, concert, kind):
    photo, food = question(concert, "Photo", kind="file"), question(concert, required=True)
    hold = cast.held(kind)
    sent = SimpleUploadedFile("cv.pdf", b"%PDF-1.7 x")
    assert details(client, hold, **{f"attendee-1-q{photo.pk}": sent}).status_code == 422
    assert "cv.pdf is attached" in client.get(f"/checkout/{hold.token}/").content.decode()
    assert details(client, hold, **{f"attendee-1-q{food.pk}": "Soup"}).status_code == 303
    now = clock.now()
    assert answer_files.forget_unused(now=now) == 0
    path = AnswerFile.objects.get().path
    assert answer_files.forget_unused(now=now + 2 * answer_files.UNUSED_FOR) == 1
    assert not default_storage.exists(path)


def test_an_upload_that_replaces_another_leaves_one_file(client, concert, kind):
    photo = question(concert, "Photo", kind="file")
    hold = cast.held(kind)
    for number in range(3):
        sent = SimpleUploadedFile(f"cv{number}.pdf", b"%PDF-1.7 x")
        assert details(client, hold, **{f"attendee-1-q{photo.pk}": sent}).status_code == 303
    assert [kept.name for kept in AnswerFile.objects.all()] == ["cv2.pdf"]


def test_what_was_answered_moves_to_the_hold_that_replaces_it(client, concert, kind):
    food, found = question(concert), question(concert, "From where?", per_ticket=False)
    hold = cast.held(kind)
    details(client, hold, **{f"attendee-1-q{food.pk}": "Soup", f"order-q{found.pk}": "Radio"})
    again = checkout.hold(event=concert, picks=[checkout.Pick(ticket_type=kind, quantity=2)], now=clock.now(), replacing=hold.token)
    page = client.get(f"/checkout/{again.token}/").content.decode()
    assert 'value="Soup"' in page and 'value="Radio"' in page


def test_the_buyer_changes_answers_later_and_the_trail_tells(client, concert, kind):
    from trail.models import Change

    food = question(concert, required=True)
    hold = cast.held(kind)
    details(client, hold, **{f"attendee-1-q{food.pk}": "Soup"})
    _, order = finish(client, hold)
    page = f"{order.get_absolute_url()}answers/"
    assert "Your answers" in client.get(order.get_absolute_url()).content.decode()
    assert 'value="Soup"' in client.get(page).content.decode()
    assert client.post(page, {f"attendee-1-q{food.pk}": ""}).status_code == 422
    assert client.post(page, {f"attendee-1-q{food.pk}": "Bread"}).status_code == 303
    assert Answers.objects.get().given == {food.key: "Bread"}
    change = Change.objects.get(act="answers_changed")
    assert change.changed == {"Ticket 1: What do you eat?": ["Soup", "Bread"]}


def test_a_question_that_is_not_asked_any_more_keeps_its_answers(client, concert, kind):
    food, colour = question(concert), question(concert, "Colour")
    hold = cast.held(kind)
    details(client, hold, **{f"attendee-1-q{food.pk}": "Soup", f"attendee-1-q{colour.pk}": "Red"})
    _, order = finish(client, hold)
    questions.archive(question=food, now=clock.now())
    client.post(f"{order.get_absolute_url()}answers/", {f"attendee-1-q{colour.pk}": "Blue"})
    assert Answers.objects.get().given == {food.key: "Soup", colour.key: "Blue"}


def test_a_copied_event_asks_the_same_of_its_own_types(concert, kind):
    from events import publication

    stay = question(concert, "Do you stay?", kind="yes_no", kinds=[kind])
    question(concert, "Nights", kind="number", shown_if=stay, shown_if_answers=["yes"])
    copy = publication.copy_event(event=concert)
    first, second = questions.asked(event_id=copy.pk)
    assert first.type_ids == {copy.ticket_types.get().pk} and second.shown_if == first


def test_an_answer_is_printed_on_the_badge_where_the_organiser_wants_it(client, concert, kind):
    from registrations import answers
    from scanning import badges

    food, colour = question(concert, kind="one_of", choices=CHOICES, on_badge=True), question(concert, "Colour")
    hold = cast.held(kind)
    details(client, hold, **{f"attendee-1-q{food.pk}": "Vegan", f"attendee-1-q{colour.pk}": "Red"})
    _, order = finish(client, hold)
    ticket = order.tickets.select_related("event", "order", "ticket_type").get()
    assert answers.badge_lines(ticket=ticket) == ["Vegan"]
    import pypdfium2

    page = pypdfium2.PdfDocument(badges.badge_pdf(ticket=ticket, size="62x100"))[0]
    text = page.get_textpage().get_text_range()
    assert "Vegan" in text and "Red" not in text
