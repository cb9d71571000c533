"""Bodies that no program should send are refused in words, and never break anything."""

import json

import pytest

from tests import cast

pytestmark = pytest.mark.django_db
TYPE = '{"name": "A", "capacity": 1, "pricing": "free", %s}'
EVENT = '{"name": "A", "starts_at": "2030-01-01T10:00:00Z", "ends_at": "2030-01-01T12:00:00Z", %s}'


def sent(program, path, raw):
    reply = program.client.generic(
        "POST", f"/api/v1/{path}", raw, content_type="application/json", headers={"Authorization": f"Bearer {program.secret}"}
    )
    return reply.status_code, [wrong["field"] for wrong in json.loads(reply.content).get("errors", [])]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ('"tax_rate": NaN', "tax_rate"),
        ('"tax_rate": Infinity', "tax_rate"),
        ('"tax_rate": 1e400', "tax_rate"),
        ('"tax_rate": 1e-9', "tax_rate"),
        ('"tax_rate": true', "tax_rate"),
        ('"capacity": 99999999999999999999', "capacity"),
        ('"capacity": true', "capacity"),
        ('"position": 1.5', "position"),
        ('"description": "\\u0000"', "description"),
        ('"description": "\\ud800"', "description"),
        ('"sale_starts_at": 5', "sale_starts_at"),
        ('"sale_starts_at": "2030-01-01"', "sale_starts_at"),
        ('"sale_starts_at": "0001-01-01T00:00:00+14:00"', "sale_starts_at"),
        ('"min_per_order": 5, "max_per_order": 2', "max_per_order"),
        ('"quotas": [1, 999999]', "quotas.0"),
    ],
)
def test_a_value_that_can_not_be_is_named(program, concert, more, field):
    assert sent(program, f"manage/events/{concert.slug}/ticket-types", TYPE % more) == (422, [field])


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ('"time_zone": "Mars/Olympus"', "time_zone"),
        ('"currency": "XXX"', "currency"),
        ('"country": "de"', "country"),
        ('"online_url": "javascript:alert(1)"', "online_url"),
        ('"fee_country": "ZZ"', "fee_country"),
        ('"ends_at": "2029-01-01T12:00:00Z"', "ends_at"),
    ],
)
def test_an_event_that_can_not_be_is_named(program, hall, more, field):
    assert sent(program, "manage/events", EVENT % more) == (422, [field])


@pytest.mark.parametrize("raw", ["", "{", "[]", "null", '"x"', "[" * 50_000])
def test_what_is_no_object_is_refused(program, hall, raw):
    status, fields = sent(program, "manage/events", raw)
    assert status == 422 and fields


def test_null_keeps_nothing_that_must_be_there(program, concert):
    reply = program.call("PATCH", f"manage/events/{concert.slug}", {"starts_at": None})
    assert (reply.status_code, reply.said["errors"][0]["field"]) == (422, "starts_at")


def test_only_what_is_sent_is_changed(program, concert):
    kind = cast.ticket_type(concert, capacity=7, price_minor=500)
    reply = program.call("PATCH", f"manage/events/{concert.slug}/ticket-types/{kind.pk}", {"hidden": True})
    assert (reply.status_code, reply.said["price_minor"], reply.said["hidden"]) == (200, 500, True)
    assert kind.quotas.get().capacity == 7
    refused = program.call("PATCH", f"manage/events/{concert.slug}", {"currency": "USD"})
    assert (refused.status_code, refused.said["code"]) == (409, "has_prices")
