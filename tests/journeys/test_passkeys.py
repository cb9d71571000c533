"""Passkeys in a real browser, with Chromium's own virtual authenticator."""

from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache

from tests import cast
from tests.journeys.conftest import axe_findings

pytestmark = pytest.mark.django_db(transaction=True)
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def local(site):
    """The site by name: a passkey belongs to a name, and an address of numbers is none."""
    cache.clear()
    return site.replace("127.0.0.1", "localhost")


@pytest.fixture
def page(browser):
    """A browser of its own, with a device that holds passkeys; `page.device` tells and changes it."""
    context = browser.new_context()
    page = context.new_page()
    page.refused = []
    page.on("console", lambda message: page.refused.append(message.text) if message.type == "error" else None)
    page.device = context.new_cdp_session(page)
    page.device.send("WebAuthn.enable")
    page.device_id = page.device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]
    yield page
    context.close()


def credentials(page):
    return page.device.send("WebAuthn.getCredentials", {"authenticatorId": page.device_id})["credentials"]


def sign_in_by_password(page, local):
    page.goto(f"{local}/account/login/?next=/manage/")
    page.fill("input[name=login]", "alice@example.com")
    page.fill("input[name=password]", cast.PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda address: urlsplit(address).path == "/manage/")


def type_password_again(page):
    """Asked of whoever changes how a sign-in works."""
    page.wait_for_url("**/reauthenticate/**")
    page.fill("input[name=password]", cast.PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda address: "reauthenticate" not in address)


def add_passkey(page, local, name="Phone"):
    page.goto(f"{local}/account/2fa/webauthn/add/")
    type_password_again(page)
    page.fill("input[name=name]", name)
    page.check("input[name=passwordless]")
    assert axe_findings(page) == []
    page.click("#mfa_webauthn_add")
    page.wait_for_url(lambda address: "webauthn/add" not in address)


def sign_out(page):
    page.context.clear_cookies()


def sign_in_by_passkey(page, local):
    page.goto(f"{local}/account/login/?next=/manage/")
    page.click("#passkey_login")


def test_a_passkey_is_added_and_signs_in_without_a_password(page, local, hall):
    sign_in_by_password(page, local)
    add_passkey(page, local)
    assert Authenticator.objects.filter(type="webauthn").count() == 1
    assert [key["rpId"] for key in credentials(page)] == ["localhost"]
    sign_out(page)
    sign_in_by_passkey(page, local)
    page.wait_for_url(lambda address: urlsplit(address).path == "/manage/")
    assert "Alice" in page.inner_text("header")
    assert page.refused == [], "the pages' own scripts run under the Content-Security-Policy"


def test_a_device_without_the_passkey_gets_nowhere(page, local, hall):
    sign_in_by_password(page, local)
    add_passkey(page, local)
    sign_out(page)
    kept = credentials(page)
    page.device.send("WebAuthn.clearCredentials", {"authenticatorId": page.device_id})
    sign_in_by_passkey(page, local)
    page.wait_for_timeout(1000)
    assert "/account/login/" in page.url
    page.device.send("WebAuthn.addCredential", {"authenticatorId": page.device_id, "credential": kept[0]})
    sign_in_by_passkey(page, local)  # the control: with it the same steps lead in
    page.wait_for_url(lambda address: urlsplit(address).path == "/manage/")


def test_a_removed_passkey_signs_in_no_more(page, local, hall):
    sign_in_by_password(page, local)
    add_passkey(page, local)
    sign_out(page)
    Authenticator.objects.filter(type="webauthn").delete()
    sign_in_by_passkey(page, local)
    page.wait_for_timeout(1000)
    page.goto(f"{local}/manage/")
    assert "/account/login/" in page.url


def test_a_passkey_is_removed_on_its_page(page, local, hall):
    sign_in_by_password(page, local)
    add_passkey(page, local, name="Old phone")
    page.goto(f"{local}/account/2fa/webauthn/")
    assert "Old phone" in page.inner_text("main")
    assert axe_findings(page) == []
    page.locator("main a.danger, main a[href*=remove]").first.click()
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda address: "/remove/" not in address)
    assert not Authenticator.objects.filter(type="webauthn").exists()


def test_the_page_of_an_authenticator_app_can_be_used_as_it_looks(page, local, hall):
    sign_in_by_password(page, local)
    page.goto(f"{local}/account/2fa/")
    assert axe_findings(page) == []
    page.goto(f"{local}/account/2fa/totp/activate/")
    type_password_again(page)
    assert axe_findings(page) == []
    assert page.evaluate("document.querySelector('main img').naturalWidth") > 0, "the picture to scan is shown"
    assert page.refused == []
