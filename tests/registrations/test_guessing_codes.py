"""Who tries codes one after another is stopped; who has one is not."""

import pytest

from registrations import guessing
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def seat(concert):
    cast.code(concert, "RIGHT", percent=20)
    return cast.ticket_type(concert, price_minor=2000)


def look(client, event, code, address):
    return client.get(f"/events/{event.slug}/code/", {"code": code}, REMOTE_ADDR=address)


def test_after_twenty_wrong_codes_an_address_hears_nothing_more_of_any(client, concert, seat):
    address = "203.0.113.7"
    for number in range(20):
        assert look(client, concert, f"wrong{number}", address).status_code == 422
    stopped = look(client, concert, "right", address)
    assert stopped.status_code == 429 and stopped.headers["Retry-After"] == "600" and "€16" not in stopped.text
    posted = client.post(f"/events/{concert.slug}/holds/", {f"quantity-{seat.pk}": 1, "code": "right"}, REMOTE_ADDR=address)
    assert posted.status_code == 429 and 'value="1"' in posted.text
    assert look(client, concert, "right", "203.0.113.8").status_code == 200
    assert client.post(f"/events/{concert.slug}/holds/", {f"quantity-{seat.pk}": 1}, REMOTE_ADDR=address).status_code == 303


def test_right_codes_are_not_counted_however_many(client, concert, seat):
    address = "203.0.113.9"
    assert {look(client, concert, "right", address).status_code for _ in range(30)} == {200}


def test_wrong_codes_at_ordering_count_too(client, concert, seat):
    address = "203.0.113.10"
    for _ in range(20):
        client.post(f"/events/{concert.slug}/holds/", {f"quantity-{seat.pk}": 1, "code": "wrong"}, REMOTE_ADDR=address)
    assert look(client, concert, "right", address).status_code == 429


def test_without_redis_each_process_counts_by_itself(client, concert, seat, monkeypatch):
    monkeypatch.setattr(guessing.breaker, "call", lambda ask, *, otherwise: otherwise)
    address = "203.0.113.11"
    for _ in range(20):
        look(client, concert, "wrong", address)
    assert look(client, concert, "right", address).status_code == 429


def test_control_without_the_limit_the_right_code_is_found(client, concert, seat, monkeypatch):
    monkeypatch.setattr(guessing, "missed", lambda **_: None)
    address = "203.0.113.12"
    for number in range(25):
        look(client, concert, f"wrong{number}", address)
    assert look(client, concert, "right", address).status_code == 200
