"""The plan's six functions by API: create_event, list_events, event_stats, register, pay, scan."""

import pytest

from payments.gateway import Status
from payments.models import PracticeSession
from payments.practice import book
from registrations.models import Order
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db
BUYER = {"name": "Dana", "email": "dana@example.com"}


def made(program, **facts):
    sent = {
        "name": "By API",
        "starts_at": "2030-05-01T20:00:00+02:00",
        "ends_at": "2030-05-01T23:00:00+02:00",
        "venue_name": "Town Hall",
    } | facts
    reply = program.post("manage/events", sent)
    assert reply.status_code == 201, reply.said
    return reply.said


def test_an_event_is_made_published_sold_and_entered(program, visitor):
    event = made(program)
    at = f"manage/events/{event['slug']}"
    assert (event["state"], event["starts_at"], event["time_zone"]) == ("draft", "2030-05-01T18:00:00Z", "Europe/Berlin")
    refused = program.post(f"{at}/publication")
    assert (refused.status_code, refused.said["code"]) == (409, "not_ready")
    kind = program.post(f"{at}/ticket-types", {"name": "Standard", "pricing": "free", "capacity": 3}).said
    assert program.post(f"{at}/publication").said["state"] == "published"

    reply = visitor.get("events")
    assert reply.status_code == 200, reply.said
    listed = reply.said["items"]
    assert [(row["slug"], row["from_minor"], row["on_sale"]) for row in listed] == [(event["slug"], 0, True)]
    page = visitor.get(f"events/{event['slug']}").said
    assert [each["state"] for each in page["ticket_types"]] == ["few_left"]

    order = program.post(
        f"{at}/orders", {"buyer": BUYER, "lines": [{"ticket_type": kind["id"], "quantity": 2, "attendees": [{"name": "Eve"}]}]}
    )
    assert order.status_code == 201
    assert (order.said["state"], [each["attendee"]["name"] for each in order.said["tickets"]]) == ("confirmed", ["Eve", "Dana"])
    assert Order.objects.get(code=order.said["code"]).hold.source == "api"

    code = program.get(f"{at}/orders/{order.said['code']}/tickets").said["items"][0]["code"]
    first, again = (program.post(f"{at}/scans", {"code": code}).said for _ in range(2))
    assert (first["verdict"], first["let_in"], first["ticket"]["attendee"]) == ("admitted", True, "Eve")
    assert (again["verdict"], again["let_in"]) == ("already_admitted", False)

    stats = program.get(f"{at}/stats").said
    assert (stats["tickets"], stats["orders"], stats["entered"], stats["capacity"], stats["claimed"]) == (2, 1, 1, 3, 2)


def test_an_order_with_a_price_is_paid_and_given_back(program, concert):
    kind = cast.ticket_type(concert, price_minor=1500)
    at = f"manage/events/{concert.slug}/orders"
    order = program.post(at, {"buyer": BUYER, "lines": [{"ticket_type": kind.pk, "quantity": 2}]}).said
    assert (order["state"], order["total_minor"], order["tickets"]) == ("waiting", 3000, [])
    assert order["pay_until"]
    payment = program.post(f"{at}/{order['code']}/payment").said
    assert payment["state"] == "open" and payment["payment_url"].startswith("http")
    book.decide(row=PracticeSession.objects.get(), status=Status.SUCCEEDED, now=clock.now())
    assert program.post(f"{at}/{order['code']}/payment/settlement").said["state"] == "succeeded"
    assert program.get(f"{at}/{order['code']}").said["state"] == "confirmed"
    assert program.post(f"{at}/{order['code']}/payment").said["code"] == "nothing_to_pay"

    dry = program.post(f"{at}/{order['code']}/refunds", {"tickets": [1], "dry_run": True}).said
    assert (dry["amount_minor"], dry["kept_minor"], dry["carried_out"]) == (1500, 1500, False)
    back = program.post(f"{at}/{order['code']}/refunds", {"cancel": True}).said
    assert (back["amount_minor"], back["cancels"], back["tickets"]) == (3000, True, [1, 2])
    again = program.post(f"{at}/{order['code']}/refunds", {"amount_minor": 1})
    assert (again.status_code, again.said["code"]) == (409, "refund_too_large")


def test_the_last_ticket_goes_to_one_caller_and_the_other_is_told(program, concert):
    kind = cast.ticket_type(concert, capacity=1)
    sent = {"buyer": BUYER, "lines": [{"ticket_type": kind.pk, "quantity": 1}]}
    assert program.post(f"manage/events/{concert.slug}/orders", sent).status_code == 201
    late = program.post(f"manage/events/{concert.slug}/orders", sent)
    assert (late.status_code, late.said["code"]) == (409, "sold_out")
    assert late.headers["Content-Type"] == "application/problem+json"


def test_a_type_named_twice_is_refused_and_not_sold_beyond_its_places(program, concert):
    kind = cast.ticket_type(concert, capacity=2)
    line = {"ticket_type": kind.pk, "quantity": 2}
    reply = program.post(f"manage/events/{concert.slug}/orders", {"buyer": BUYER, "lines": [line, line]})
    assert (reply.status_code, reply.said["errors"][0]["field"]) == (422, "lines")
    assert not Order.objects.exists()


def test_what_is_wrong_is_named_by_field_with_its_mend(program, concert):
    kind = cast.ticket_type(concert)
    sent = {"buyer": {"name": " ", "email": "dana"}, "lines": [{"ticket_type": kind.pk, "quantity": "2"}], "colour": "red"}
    reply = program.post(f"manage/events/{concert.slug}/orders", sent)
    assert reply.status_code == 422
    assert {wrong["field"]: wrong["message"] for wrong in reply.said["errors"]} == {
        "buyer.name": "Give a text that is not empty.",
        "buyer.email": "Give an e-mail address such as dana@example.com.",
        "lines.0.quantity": "Give a whole number.",
        "colour": "There is no such field. Leave it away, or look how it is written.",
    }


def test_an_order_of_more_than_a_buyer_may_have_gives_its_places_back(program, concert):
    kind = cast.ticket_type(concert, capacity=10)
    type(concert).objects.filter(pk=concert.pk).update(max_per_buyer=2)
    sent = {"buyer": BUYER, "lines": [{"ticket_type": kind.pk, "quantity": 2}]}
    assert program.post(f"manage/events/{concert.slug}/orders", sent).status_code == 201
    refused = program.post(f"manage/events/{concert.slug}/orders", sent)
    assert (refused.status_code, refused.said["code"]) == (409, "too_many_for_buyer")
    assert [quota.claimed for quota in concert.quotas.all()] == [2]
