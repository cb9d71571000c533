"""A second step at sign-in: codes from an authenticator app, and recovery codes for a lost phone.

Passkeys need a browser: tests/journeys/test_passkeys.py."""

import base64
import hashlib
import hmac
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_earlier_guesses():
    cache.clear()


def app_code(secret, *, steps=0):
    """What an authenticator app shows (RFC 6238), `steps` half minutes from now. A code that is about
    to change is not typed any more: the next one is waited for."""
    if (left := 30 - time.time() % 30) < 4:
        time.sleep(left)
    counter = (int(time.time()) // 30 + steps).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(secret), counter, hashlib.sha1)
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


def password_given(email="alice@example.com"):
    """A new browser where the password was typed, and the answer."""
    client = Client()
    answer = client.post("/account/login/", {"login": email, "password": cast.PASSWORD})
    return client, answer


def identity_confirmed(client):
    """Whoever changes how a sign-in works types the password once more."""
    client.post("/account/reauthenticate/", {"password": cast.PASSWORD})
    return client


def set_up_app(client):
    """The steps of setting up an authenticator app, up to its first code: the secret it shows."""
    shown = identity_confirmed(client).get("/account/2fa/totp/activate/").content.decode()
    return re.search(r'value="([A-Z2-7]{32})"', shown)[1]


def is_in(client):
    return client.get("/manage/").status_code == 200


def second_step(client, code):
    return client.post("/account/2fa/authenticate/", {"code": code})


def shown_recovery_codes(client):
    return re.findall(r"\b\d{8}\b", client.get("/account/2fa/recovery-codes/").content.decode())


@pytest.fixture
def set_up(alice):
    """Alice has set up her authenticator app: its secret, and her recovery codes."""
    client, _ = password_given()
    assert client.get("/account/2fa/totp/activate/")["Location"].startswith("/account/reauthenticate/"), "not from a browser left open"
    secret = set_up_app(client)
    assert client.post("/account/2fa/totp/activate/", {"code": "12345"}).status_code == 200
    assert not Authenticator.objects.exists(), "a wrong code sets nothing up"
    assert client.post("/account/2fa/totp/activate/", {"code": app_code(secret)}).status_code == 302
    return secret, shown_recovery_codes(client)


@pytest.fixture
def secret(set_up):
    return set_up[0]


@pytest.fixture
def recovery_codes(set_up):
    return set_up[1]


def test_without_set_up_the_password_is_enough(alice):
    client, answer = password_given()
    assert answer["Location"] == "/manage/" and is_in(client)


def test_once_set_up_the_password_alone_opens_nothing(secret):
    client, answer = password_given()
    assert answer["Location"].startswith("/account/2fa/authenticate/")
    assert not is_in(client)
    assert second_step(client, "12345").status_code == 200 and not is_in(client)
    assert second_step(client, app_code(secret))["Location"] == "/manage/"
    assert is_in(client)


def test_a_code_of_five_minutes_ago_opens_nothing(secret):
    client, _ = password_given()
    second_step(client, app_code(secret, steps=-10))
    assert not is_in(client)


def test_a_code_seen_over_the_shoulder_works_no_second_time(secret):
    code = app_code(secret)
    alice, _ = password_given()
    second_step(alice, code)
    thief, _ = password_given()
    second_step(thief, code)
    assert is_in(alice) and not is_in(thief)
    cache.clear()  # the control: what is remembered of used codes is what stops the thief
    second_step(thief, code)
    assert is_in(thief)


def test_codes_can_not_be_guessed_on(secret):
    client, _ = password_given()
    for number in range(12):
        second_step(client, f"{number}")
    second_step(client, app_code(secret))
    assert not is_in(client)
    cache.clear()  # the control: without the count of guesses the right code leads in
    second_step(client, app_code(secret))
    assert is_in(client)


def test_each_recovery_code_opens_once(recovery_codes):
    assert len(recovery_codes) == 10
    first, _ = password_given()
    second_step(first, recovery_codes[0])
    again, _ = password_given()
    second_step(again, recovery_codes[0])
    other, _ = password_given()
    second_step(other, recovery_codes[1])
    assert (is_in(first), is_in(again), is_in(other)) == (True, False, True)


def test_new_recovery_codes_end_the_old_ones(secret, recovery_codes):
    client, _ = password_given()
    second_step(client, app_code(secret))
    identity_confirmed(client).post("/account/2fa/recovery-codes/generate/")
    fresh = shown_recovery_codes(client)
    assert not set(fresh) & set(recovery_codes)
    with_old, _ = password_given()
    second_step(with_old, recovery_codes[0])
    with_new, _ = password_given()
    second_step(with_new, fresh[0])
    assert not is_in(with_old) and is_in(with_new)


def test_another_persons_code_does_not_help(secret, charlie):
    """Charlie knows Alice's password, and has an app of his own."""
    charlie_browser, _ = password_given("charlie@example.com")
    his = set_up_app(charlie_browser)
    charlie_browser.post("/account/2fa/totp/activate/", {"code": app_code(his)})
    client, _ = password_given()
    second_step(client, app_code(his))
    assert not is_in(client)


def test_switched_off_the_password_is_enough_again(secret):
    client, _ = password_given()
    second_step(client, app_code(secret))
    assert identity_confirmed(client).post("/account/2fa/totp/deactivate/").status_code == 302
    again, _ = password_given()
    assert is_in(again)
