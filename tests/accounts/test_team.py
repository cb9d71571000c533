"""Teams: invited by mail, joined with that address, never without an owner."""

import re
from pathlib import Path

import pytest

from accounts import team
from accounts.models import Invitation, Membership
from outbox import post
from outbox.models import Mail
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


def sent_texts(settings):
    """What a file of sent mail would hold."""
    settings.OUTBOX_TRANSPORT = "django.core.mail.backends.filebased.EmailBackend"
    post.send_due(now=clock.now())
    return [path.read_text() for path in sorted(Path(settings.EMAIL_FILE_PATH).iterdir(), key=lambda path: path.stat().st_mtime)][-1:]


def test_charlie_is_invited_by_mail_and_joins(client, hall, alice, charlie, settings):
    client.force_login(alice)
    client.post(f"/manage/{hall.slug}/team/", {"email": "charlie@example.com", "role": "viewer"})
    link = re.search(r"/invitations/\S+", sent_texts(settings)[0])[0]
    client.force_login(charlie)
    assert "viewer" in client.get(link).content.decode()
    client.post(link)
    assert Membership.objects.get(user=charlie).role == "viewer"
    assert client.get(f"/manage/{hall.slug}/team/").status_code == 404
    assert Invitation.objects.get().accepted_at


def test_somebody_else_can_not_take_the_place(client, hall, alice, charlie):
    invitation = team.invite(organiser=hall, email="dana@example.com", role="owner", by=alice, now=clock.now())
    client.force_login(charlie)
    reply = client.post(f"/invitations/{invitation.token}/")
    assert reply.status_code == 409
    assert not Membership.objects.filter(user=charlie).exists()


def test_the_last_owner_stays(hall, alice):
    mine = Membership.objects.get(user=alice)
    with pytest.raises(team.TeamRefused):
        team.remove(membership=mine)
    with pytest.raises(team.TeamRefused):
        team.change_role(membership=mine, role="viewer")


def test_only_owners_see_the_team(client, hall, bob):
    client.force_login(bob)
    assert client.get(f"/manage/{hall.slug}/team/").status_code == 404


def test_sign_up_by_code_then_a_first_organiser(client, db, settings):
    settings.EMAIL_BACKEND = "outbox.backend.OutboxEmailBackend"
    reply = client.post("/account/signup/", {"email": "new@example.com", "password1": cast.PASSWORD, "name": "New Person"})
    assert reply.status_code == 302
    assert Mail.objects.get().kind == "stored"
    code = re.search(r"^\s*([A-Z0-9]{3,5}-?[A-Z0-9]{3,5})\s*$", sent_texts(settings)[0], re.M)[1]
    reply = client.post(reply.url, {"code": code})
    assert reply.status_code == 302
    assert "Create an organiser" in client.get("/manage/").content.decode()
    client.post("/manage/organisers/new/", {"name": "Manage", "email": "new@example.com", "time_zone": "UTC", "currency": "EUR"})
    assert "New event" in client.get("/manage/").content.decode()


def test_a_wrong_password_says_so_and_ten_lock_the_door(client, alice):
    for _ in range(10):
        client.post("/account/login/", {"login": alice.email, "password": "wrong"})
    client.post("/account/login/", {"login": alice.email, "password": cast.PASSWORD})
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("path", ["login/", "signup/", "password/reset/", "login/code/"])
def test_sign_in_pages_are_there(client, db, path):
    assert client.get(f"/account/{path}").status_code == 200


@pytest.mark.parametrize("path", ["2fa/", "2fa/totp/activate/", "email/", "password/change/", "sessions/"])
def test_a_members_own_pages_are_there(client, alice, path):
    client.force_login(alice)
    reply = client.get(f"/account/{path}", follow=True)
    assert reply.status_code == 200
