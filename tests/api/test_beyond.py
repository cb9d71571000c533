"""What the pages do beyond the six functions, by API: questions, prices, codes, the waiting list, requests, staff's orders, gates."""

import pytest

from events.models import Question
from outbox.models import Mail
from payments import settlement
from payments.gateway import Status
from payments.models import PracticeSession
from payments.practice import book
from registrations.models import Answers, Order, WaitingEntry
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db
BUYER = {"name": "Dana", "email": "dana@example.com"}


@pytest.fixture
def at(concert):
    return f"manage/events/{concert.slug}"


def buying(kind, quantity=1, **more):
    return {"buyer": BUYER, "lines": [{"ticket_type": kind.pk, "quantity": quantity}]} | more


def asked(program, at, **facts):
    reply = program.post(f"{at}/questions", {"label": "Which?"} | facts)
    assert reply.status_code == 201, reply.said
    return reply.said["id"]


def fields(reply):
    assert reply.status_code == 422, reply.said
    return [wrong["field"] for wrong in reply.said["errors"]]


# --- questions --------------------------------------------------------------------------------


def test_questions_are_made_answered_at_registering_shown_and_changed(program, visitor, concert, at):
    kind = cast.ticket_type(concert)
    hotel = asked(program, at, label="Hotel?", kind="yes_no", per_ticket=False, required=True)
    meal = asked(program, at, label="Meal", kind="one_of", choices=["Soup", "Rice"], required=True)
    nights = asked(program, at, label="Nights", kind="number", per_ticket=False, shown_if=hotel, shown_if_answers=["yes"], required=True)
    assert [row["id"] for row in visitor.get(f"events/{concert.slug}").said["questions"]] == [hotel, meal, nights]

    silent = program.post(f"{at}/orders", buying(kind, 2))
    assert fields(silent) == ["answers", "lines.0.attendees.0.answers", "lines.0.attendees.1.answers"]
    assert "Hotel?" in silent.said["errors"][0]["message"] and not Order.objects.exists()

    people = [{"name": "Eve", "answers": [{"question": meal, "answer": each}]} for each in ("Soup", "Rice")]
    sent = buying(kind, 2, answers=[{"question": hotel, "answer": "yes"}, {"question": nights, "answer": "2.50"}])
    sent["lines"][0]["attendees"] = people
    order = program.post(f"{at}/orders", sent)
    assert order.status_code == 201, order.said
    told = [(each["label"], each["ticket"], each["answer"]) for each in order.said["answers"]]
    assert told == [("Hotel?", None, "Yes"), ("Nights", None, "2.5"), ("Meal", 1, "Soup"), ("Meal", 2, "Rice")]
    assert program.get(f"{at}/orders/{order.said['code']}").said["answers"] == order.said["answers"]

    change = {"tickets": [{"position": 2, "answers": [{"question": meal, "answer": "Soup"}]}]}
    changed = program.call("PUT", f"{at}/orders/{order.said['code']}/answers", change).said
    assert [each["answer"] for each in changed["answers"]] == ["Yes", "2.5", "Soup", "Soup"]
    assert [row.position for row in Answers.objects.order_by("position")] == [0, 1, 2]
    program.post(f"{at}/questions/{meal}/archive")
    assert Question.objects.get(pk=meal).archived_at and len(program.get(f"{at}/questions").said["items"]) == 2


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({"question": 999_999, "answer": "x"}, "answers.0.question"),
        ({"question": None, "answer": "Stew"}, "answers.0.answer"),
        ({"question": None, "answer": 5}, "answers.0.answer"),
    ],
)
def test_an_answer_that_can_not_be_is_named_and_nothing_is_held(program, concert, at, answer, field):
    kind = cast.ticket_type(concert, capacity=1)
    meal = asked(program, at, label="Meal", kind="one_of", choices=["Soup", "Rice"], per_ticket=False)
    reply = program.post(f"{at}/orders", buying(kind, answers=[answer | {"question": answer["question"] or meal}]))
    assert fields(reply)[0] == field
    assert kind.quotas.get().claimed == 0


def test_an_event_that_asks_nothing_is_sold_as_quickly_as_before(program, concert, at, django_assert_max_num_queries):
    kind = cast.ticket_type(concert)
    program.post(f"{at}/orders", buying(kind))
    with django_assert_max_num_queries(10):
        assert program.post(f"{at}/orders", buying(kind)).status_code == 201


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"kind": "one_of", "choices": ["Soup"]}, "choices"),
        ({"kind": "essay"}, "kind"),
        ({"ticket_types": [999_999]}, "ticket_types.0"),
        ({"shown_if": 999_999, "shown_if_answers": ["yes"]}, "shown_if"),
        ({"label": "  "}, "label"),
    ],
)
def test_a_question_that_can_not_be_is_named(program, concert, at, facts, field):
    assert fields(program.post(f"{at}/questions", {"label": "Which?"} | facts)) == [field]


# --- prices -----------------------------------------------------------------------------------


def test_steps_of_a_price_are_made_sold_and_ended(program, visitor, concert, at):
    kind = cast.ticket_type(concert, price_minor=2000)
    tiers = f"{at}/ticket-types/{kind.pk}/tiers"
    early = program.post(tiers, {"name": "Early bird", "price_minor": 1500, "quantity": 1}).said
    assert fields(program.post(tiers, {"name": "Endless", "price_minor": 1})) == ["ends_at"]
    assert visitor.get(f"events/{concert.slug}").said["ticket_types"][0]["price_minor"] == 1500
    order = program.post(f"{at}/orders", buying(kind, 2)).said
    assert (order["total_minor"], [line["price_minor"] for line in order["lines"]]) == (3500, [1500, 2000])
    assert program.get(tiers).said["items"][0]["claimed"] == 1
    assert program.post(f"{tiers}/{early['id']}/archive").said["archived_at"]
    assert program.get(tiers).said["items"] == []


def test_an_addon_is_sold_with_its_ticket_only(program, concert, at):
    seat = cast.ticket_type(concert)
    meal = program.post(
        f"{at}/ticket-types",
        {"name": "Meal", "pricing": "free", "capacity": 9, "is_addon": True, "most_per_ticket": 1, "base_types": [seat.pk]},
    ).said
    assert (meal["is_addon"], meal["base_types"]) == (True, [seat.pk])
    alone = program.post(f"{at}/orders", {"buyer": BUYER, "lines": [{"ticket_type": meal["id"], "quantity": 1}]})
    assert (alone.status_code, alone.said["code"]) == (409, "addon_alone")
    both = [{"ticket_type": seat.pk, "quantity": 1}, {"ticket_type": meal["id"], "quantity": 1}]
    assert program.post(f"{at}/orders", {"buyer": BUYER, "lines": both}).status_code == 201
    plain = program.call("PATCH", f"{at}/ticket-types/{meal['id']}", {"is_addon": False}).said
    assert (plain["is_addon"], plain["most_per_ticket"], plain["base_types"]) == (False, None, [seat.pk])


def test_a_code_is_made_used_once_and_withdrawn(program, concert, at):
    kind = cast.ticket_type(concert, price_minor=2000)
    code = program.post(f"{at}/codes", {"code": "friend", "percent": 50, "max_uses": 1}).said
    assert (code["code"], code["uses"]) == ("FRIEND", 0)
    order = program.post(f"{at}/orders", buying(kind, promo_code="Friend")).said
    assert (order["total_minor"], order["lines"][0]["discount_minor"]) == (1000, 1000)
    again = program.post(f"{at}/orders", buying(kind, promo_code="FRIEND"))
    assert (again.status_code, again.said["code"]) == (409, "code_used_up")
    assert [(row["code"], row["uses"], row["given_minor"]) for row in program.get(f"{at}/codes").said["items"]] == [("FRIEND", 1, 1000)]
    assert program.post(f"{at}/codes/{code['id']}/archive").said["archived_at"]
    assert fields(program.post(f"{at}/codes", {"code": "FRIEND", "percent": 5})) == ["code"]


def test_a_voucher_reserves_places_that_nobody_else_gets(program, concert, at):
    kind = cast.ticket_type(concert, capacity=2)
    made = program.post(f"{at}/codes", {"code": "VIP", "reserves": kind.pk, "reserved": 2})
    assert (made.status_code, made.said["reserved_free"]) == (201, 2)
    assert program.post(f"{at}/orders", buying(kind)).said["code"] == "sold_out"
    assert program.post(f"{at}/orders", buying(kind, promo_code="vip")).status_code == 201
    none_left = program.post(f"{at}/codes", {"code": "MORE", "reserves": kind.pk, "reserved": 1})
    assert (none_left.status_code, none_left.said["code"]) == (409, "sold_out")
    program.post(f"{at}/codes/{made.said['id']}/archive")
    assert kind.quotas.get().claimed == 1


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({}, "percent"),
        ({"percent": 5, "amount_minor": 5}, "amount_minor"),
        ({"percent": 5, "reserved": 1}, "reserved"),
        ({"reserves": 999_999, "reserved": 1}, "reserves"),
        ({"percent": 5, "code": "with space"}, "code"),
        ({"percent": 5, "starts_at": "2030-01-02T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"}, "ends_at"),
    ],
)
def test_a_code_that_can_not_be_is_named(program, concert, at, facts, field):
    assert fields(program.post(f"{at}/codes", {"code": "A"} | facts)) == [field]


# --- who waits, who asks ----------------------------------------------------------------------


def test_somebody_joins_the_waiting_list_is_offered_tickets_and_another_is_removed(program, concert, at):
    kind = cast.ticket_type(concert, capacity=1)
    early = program.post(f"{at}/waiting-list", {"ticket_type": kind.pk, "email": "erin@example.com"})
    assert (early.status_code, early.said["code"]) == (409, "not_sold_out")
    order = program.post(f"{at}/orders", buying(kind)).said
    erin, fred = (
        program.post(f"{at}/waiting-list", {"ticket_type": kind.pk, "email": f"{who}@example.com"}).said for who in ("erin", "fred")
    )
    again = program.post(f"{at}/waiting-list", {"ticket_type": kind.pk, "email": "Erin@example.com"})
    assert (again.status_code, again.said["code"]) == (409, "already_waiting")
    program.post(f"{at}/orders/{order['code']}/cancellation")
    assert program.post(f"{at}/waiting-list/{fred['id']}/offer").said["state"] == "offered"
    assert program.post(f"{at}/waiting-list/{erin['id']}/removal").said["state"] == "removed"
    assert [row["state"] for row in program.get(f"{at}/waiting-list").said["items"]] == ["removed", "offered"]
    assert program.get(f"{at}/waiting-list?waits=true").said["items"] == []
    assert WaitingEntry.objects.get(pk=fred["id"]).hold_id


def test_a_request_is_approved_or_declined(program, concert, at):
    kind = program.post(f"{at}/ticket-types", {"name": "Press", "pricing": "free", "capacity": 5, "approval": "keep"}).said
    sent = {"buyer": BUYER, "lines": [{"ticket_type": kind["id"], "quantity": 1}]}
    first, second = (program.post(f"{at}/orders", sent).said for _ in range(2))
    assert (first["state"], first["tickets"]) == ("asked", [])
    assert len(program.get(f"{at}/orders?state=asked").said["items"]) == 2
    approved = program.post(f"{at}/orders/{first['code']}/approval").said
    assert (approved["state"], len(approved["tickets"])) == ("confirmed", 1)
    assert program.post(f"{at}/orders/{second['code']}/refusal").said["state"] == "declined"
    twice = program.post(f"{at}/orders/{second['code']}/approval")
    assert (twice.status_code, twice.said["code"]) == (409, "decided")


# --- an order's life --------------------------------------------------------------------------


def test_a_buyer_is_changed_and_gets_the_tickets_again(program, concert, at):
    order = program.post(f"{at}/orders", buying(cast.ticket_type(concert))).said
    changed = program.call("PUT", f"{at}/orders/{order['code']}/buyer", {"name": "Eve", "email": "eve@example.com"}).said
    assert changed["buyer"] == {"name": "Eve", "email": "eve@example.com"}
    assert program.post(f"{at}/orders/{order['code']}/confirmation").status_code == 200
    assert Mail.objects.get(kind="order_confirmation").to == "eve@example.com"
    program.post(f"{at}/orders/{order['code']}/cancellation")
    late = program.post(f"{at}/orders/{order['code']}/confirmation")
    assert (late.status_code, late.said["code"]) == (409, "nothing_to_send")


def test_a_ticket_is_handed_on_and_its_old_code_ends(program, concert, at):
    order = program.post(f"{at}/orders", buying(cast.ticket_type(concert))).said
    tickets = f"{at}/orders/{order['code']}/tickets"
    old = program.get(tickets).said["items"][0]["code"]
    moved = program.post(f"{tickets}/1/transfer", {"name": "Erin", "email": "erin@example.com"}).said
    assert moved["attendee"]["name"] == "Erin"
    new = program.get(tickets).said["items"][0]["code"]
    assert [program.post(f"{at}/scans", {"code": code}).said["verdict"] for code in (old, new)] == ["revoked", "admitted"]
    used = program.post(f"{tickets}/1/transfer", {"name": "Frank", "email": "frank@example.com"})
    assert (used.status_code, used.said["code"]) == (409, "ticket_used")


def test_staff_give_and_sell_at_the_door(program, concert, at):
    kind = cast.ticket_type(concert, price_minor=2000, capacity=3)
    line = {"ticket_type": kind.pk, "quantity": 1}
    comp = program.post(f"{at}/staff-orders", {"kind": "comp", "buyer": {"name": "Press"}, "lines": [line]})
    assert (comp.status_code, comp.said["state"], comp.said["total_minor"]) == (201, "confirmed", 0)
    unpaid = program.post(f"{at}/staff-orders", {"kind": "door", "buyer": BUYER, "lines": [line]})
    assert (unpaid.status_code, unpaid.said["code"]) == (409, "paid_by_missing")
    door = program.post(f"{at}/staff-orders", {"kind": "door", "paid_by": "cash", "buyer": BUYER, "lines": [line]}).said
    assert (door["total_minor"], door["tickets"][0]["attendee"]["name"]) == (2000, "Dana")
    many = program.post(f"{at}/staff-orders", {"kind": "comp", "buyer": BUYER, "lines": [line | {"quantity": 2}]})
    assert many.said["code"] == "sold_out" and kind.quotas.get().claimed == 2


def test_payments_are_listed_and_everybody_gets_their_money_back(program, concert, at):
    kind = cast.ticket_type(concert, price_minor=1500)
    order = program.post(f"{at}/orders", buying(kind, 2)).said
    program.post(f"{at}/orders/{order['code']}/payment")
    book.decide(row=PracticeSession.objects.get(), status=Status.SUCCEEDED, now=clock.now())
    program.post(f"{at}/orders/{order['code']}/payment/settlement")
    program.post(f"{at}/orders/{order['code']}/refunds", {"amount_minor": 500})
    settlement.send_refunds(now=clock.now())
    [payment] = program.get(f"{at}/orders/{order['code']}/payments").said["items"]
    assert (payment["state"], [(each["amount_minor"], bool(each["completed_at"])) for each in payment["refunds"]]) == (
        "succeeded",
        [(500, True)],
    )
    assert program.post(f"{at}/refunds", {}).said["code"] == "event_not_cancelled"
    program.post(f"{at}/cancellation")
    dry = program.post(f"{at}/refunds", {"dry_run": True}).said
    assert (dry["orders"], dry["amounts"], dry["started"]) == (1, [{"currency": "EUR", "amount_minor": 2500, "fee_lost_minor": 0}], False)
    assert program.post(f"{at}/refunds", {}).said["started"]


# --- events and gates -------------------------------------------------------------------------


def test_an_event_is_copied_with_what_it_asks(program, concert, at):
    cast.ticket_type(concert)
    asked(program, at, label="Meal")
    copy = program.post(f"{at}/copy")
    assert (copy.status_code, copy.said["state"]) == (201, "draft")
    assert [row["label"] for row in program.get(f"manage/events/{copy.said['slug']}/questions").said["items"]] == ["Meal"]


def test_scans_are_listed_page_by_page_and_an_admission_is_taken_back(program, concert, at):
    order = program.post(f"{at}/orders", buying(cast.ticket_type(concert), 2)).said
    gate = program.post(f"{at}/gates", {"name": "North"}).said
    codes = [each["code"] for each in program.get(f"{at}/orders/{order['code']}/tickets").said["items"]]
    for code in (*codes, codes[0], "nonsense"):
        program.post(f"{at}/scans", {"code": code, "gate": gate["id"]})
    first = program.get(f"{at}/scans?limit=3").said
    rest = program.get(f"{at}/scans?limit=3&after={first['next']}").said
    scans = [*first["items"], *rest["items"]]
    assert [scan["verdict"] for scan in scans] == ["unknown", "already_admitted", "admitted", "admitted"]
    assert scans[0]["ticket"] is None and scans[2]["gate"] == "North" and rest["next"] is None
    assert program.post(f"{at}/scans/{scans[2]['id']}/undo", {"reason": "Wrong person"}).said["undone"]
    assert [scan["undone"] for scan in program.get(f"{at}/scans?verdict=admitted").said["items"]] == [True, False]
    assert program.post(f"{at}/scans", {"code": codes[1]}).said["verdict"] == "admitted"
