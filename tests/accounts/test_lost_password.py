"""Signing in without the password: a code by mail, and a new password by mail."""

import email
import re

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from outbox.models import Mail
from tests import cast
from tests.accounts.test_passkeys_and_codes import app_code, is_in, second_step, set_up  # noqa: F401

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "another-long-password-2"


@pytest.fixture(autouse=True)
def our_mail(settings):
    settings.EMAIL_BACKEND = "outbox.backend.OutboxEmailBackend"  # pytest puts its own in the place
    cache.clear()


def newest_mail(to="alice@example.com"):
    message = email.message_from_bytes(bytes(Mail.objects.filter(to=to).latest("id").message), policy=email.policy.default)
    return message.get_body(("plain",)).get_content()


def mailed_code(client):
    client.post("/account/login/code/", {"email": "alice@example.com"})
    return re.search(r"^\s*([A-Z0-9]{3,}(?:-[A-Z0-9]{3,})*)\s*$", newest_mail(), re.M)[1]


def ask_for_new_password(client):
    client.post("/account/password/reset/", {"email": "alice@example.com"})
    return re.search(r"/account/password/reset/key/\S+", newest_mail())[0]


def set_password(client, link):
    """Follow the link and type the new password; whether the link was good."""
    page = client.get(link, follow=True)
    address = page.redirect_chain[-1][0] if page.redirect_chain else link
    client.post(address, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    return User.objects.get(email="alice@example.com").check_password(NEW_PASSWORD)


def test_a_code_by_mail_signs_in(alice):
    client = Client()
    code = mailed_code(client)
    client.post("/account/login/code/confirm/", {"code": "wrong"})
    assert not is_in(client)
    client.post("/account/login/code/confirm/", {"code": code})
    assert is_in(client)


def test_a_code_by_mail_is_for_the_browser_that_asked(alice):
    code = mailed_code(Client())
    elsewhere = Client()
    elsewhere.post("/account/login/code/confirm/", {"code": code})
    assert not is_in(elsewhere)


def test_asking_tells_nobody_who_has_an_account(alice):
    known, unknown = Client(), Client()
    answers = [
        client.post(path, {"email": address})
        for path in ("/account/login/code/", "/account/password/reset/")
        for client, address in ((known, "alice@example.com"), (unknown, "nobody@example.com"))
    ]
    assert len({(answer.status_code, answer["Location"]) for answer in answers[:2]}) == 1
    assert len({(answer.status_code, answer["Location"]) for answer in answers[2:]}) == 1


def test_a_new_password_by_mail_works_once_and_ends_the_old_one(alice):
    link = ask_for_new_password(Client())
    assert set_password(Client(), link)
    old = Client()
    old.post("/account/login/", {"login": "alice@example.com", "password": cast.PASSWORD})
    assert not is_in(old)
    alice.refresh_from_db()
    alice.set_password(cast.PASSWORD)
    alice.save()
    assert not set_password(Client(), link), "the link is spent"


def test_whoever_reads_the_mail_still_needs_the_second_step(set_up):  # noqa: F811
    secret, _ = set_up
    by_code = Client()
    by_code.post("/account/login/code/confirm/", {"code": mailed_code(by_code)})
    assert not is_in(by_code)
    by_link = Client()
    set_password(by_link, ask_for_new_password(by_link))
    assert not is_in(by_link)
    by_link.post("/account/login/", {"login": "alice@example.com", "password": NEW_PASSWORD})
    assert not is_in(by_link)
    second_step(by_link, app_code(secret))
    assert is_in(by_link)
