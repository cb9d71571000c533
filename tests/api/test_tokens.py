"""Tokens: shown once, hashed at rest, scoped, revoked at once, limited, and only for the owner to make."""

import re

import pytest
from django.core.cache import cache

from api import limits, tokens
from api.models import Token
from tests import cast
from tests.api.conftest import Program, secret_of
from ticketing.lib import clock
from ticketing.lib.forgiving_cache import breaker
from trail.models import Change

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_counts():
    limits._limiter().storage.reset()
    limits._ahead.clear()
    yield
    limits._limiter().storage.reset()
    limits._ahead.clear()


def test_the_page_shows_a_token_once_and_keeps_only_its_hash(client, alice, hall):
    client.force_login(alice)
    page = client.post("/manage/alices-hall/tokens/", {"name": "Till", "scopes": ["orders.read"]})
    secret = re.search(rb"tkt_[\w-]{44}", page.content)[0].decode()
    token = Token.objects.get()
    assert secret not in str(vars(token))
    assert secret.encode() not in client.get("/manage/alices-hall/tokens/").content
    told = Program(client, secret).get("token").said
    assert (told["organiser"], told["scopes"]) == ("alices-hall", ["orders.read"])
    assert Token.objects.get().last_used_at is not None
    assert "Last used" in client.get("/manage/alices-hall/tokens/").content.decode()


def test_a_revoked_token_opens_nothing_from_the_next_call_on(client, alice, hall):
    secret = secret_of(hall)
    assert Program(client, secret).get("token").status_code == 200
    client.force_login(alice)
    client.post(f"/manage/alices-hall/tokens/{Token.objects.get().pk}/revocation/")
    refused = Program(client, secret).get("token")
    assert (refused.status_code, refused.said["code"], refused.headers["WWW-Authenticate"]) == (401, "no_token", "Bearer")


def test_a_token_does_only_what_its_scopes_say(client, hall, concert):
    reader = Program(client, secret_of(hall, "events.read"))
    assert reader.get(f"manage/events/{concert.slug}").status_code == 200
    refused = reader.post(f"manage/events/{concert.slug}/cancellation")
    assert (refused.status_code, refused.said["code"]) == (403, "scope_missing")
    concert.refresh_from_db()
    assert concert.cancelled_at is None


def test_another_organisers_event_is_not_there(client, program, charlie):
    other = cast.event(organiser=cast.organiser("charlies-club", owner=charlie))
    theirs, nowhere = program.get(f"manage/events/{other.slug}"), program.get("manage/events/not-there")
    assert theirs.status_code == nowhere.status_code == 404
    assert theirs.content == nowhere.content


def test_what_a_token_changes_is_noted_in_its_name(program, concert):
    program.post(f"manage/events/{concert.slug}/cancellation")
    assert Change.objects.get(act="event_cancelled").actor == "API token Till"


def test_a_session_alone_opens_nothing(client, alice, concert):
    client.force_login(alice)
    assert Program(client).get(f"manage/events/{concert.slug}").status_code == 401


def test_too_many_calls_are_told_how_long_to_wait(program, visitor, settings, concert):
    settings.API_CALLS_PER_TOKEN, settings.API_CALLS_PER_ADDRESS = 3, 2
    assert [program.get("token").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = program.get("token")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60 and refused.said["code"] == "too_many_calls"
    # Guessing tokens is counted by address; the token's own count is another.
    assert [visitor.get("token").status_code for _ in range(3)] == [401, 401, 429]


def test_without_redis_reading_goes_on_and_no_money_is_given_back(program, concert, monkeypatch):
    cast.ticket_type(concert)
    monkeypatch.setattr(breaker, "open_until", float("inf"))
    assert program.get(f"manage/events/{concert.slug}").status_code == 200
    refused = program.post(f"manage/events/{concert.slug}/orders/NOTTHERE/refunds", {"cancel": True})
    assert (refused.status_code, refused.said["code"]) == (503, "limits_away")


def test_a_busy_token_is_counted_in_steps_and_stopped_all_the_same(program, settings):
    settings.API_CALLS_PER_TOKEN = 200  # counted two at a time
    assert [program.get("token").status_code for _ in range(202)].count(200) == 200


@pytest.mark.parametrize("text", ["", "Bearer", "Bearer tkt_short", "Basic abc", f"Bearer tkt_{'x' * 44}"])
def test_what_is_no_token_is_refused(client, hall, text):
    assert client.get("/api/v1/token", headers={"Authorization": text} if text else {}).status_code == 401


def test_the_command_prints_a_token_that_works(client, hall, capsys):
    from django.core.management import call_command

    call_command("api_token", "alices-hall", "--scope", "events.read")
    secret = capsys.readouterr().out.strip()
    assert Program(client, secret).get("token").said["scopes"] == ["events.read"]


def test_control_the_hash_is_what_is_compared(hall):
    token, secret = tokens.make(organiser=hall, name="x", scopes=["events.read"], by=None, now=clock.now())
    assert tokens.token_for(secret=secret, now=clock.now()) == token
    assert tokens.token_for(secret=token.secret_hash, now=clock.now()) is None
    cache.clear()
