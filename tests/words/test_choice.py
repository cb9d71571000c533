"""Whom the product speaks to in which language: by choice, else by browser, else by event."""

import pytest

from tests import cast
from ticketing.lib import languages

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ticket(concert):
    return cast.ticket_type(concert, price_minor=123_450, name="Balcony")


def page(client, path="/", **headers):
    return client.get(path, headers=headers).content.decode()


@pytest.mark.parametrize(
    ("browser", "sentence"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "Veranstaltung finden"),
        ("es-MX", "Encuentre un evento"),
        ("fr;q=0.7, it", "Trouver un événement"),
        ("hi-IN", "कार्यक्रम खोजें"),
        ("en-US,en;q=0.9,de;q=0.8", "Find an event"),
        ("it,pt;q=0.9", "Find an event"),
        ("nonsense;;q=x", "Find an event"),
        ("de;q=0, en", "Find an event"),
    ],
)
def test_the_browser_s_first_language_of_ours_is_spoken(client, browser, sentence):
    assert f"<h1>{sentence}</h1>" in page(client, accept_language=browser)


def test_a_browser_that_names_none_of_ours_is_shown_the_event_s_language(client, hall):
    event = cast.event(organiser=hall, language="fr")
    cast.ticket_type(event)
    path = event.get_absolute_url()
    assert '<html lang="fr">' in page(client, path)
    assert '<html lang="fr">' in page(client, path, accept_language="ja")
    assert '<html lang="de">' in page(client, path, accept_language="de")
    assert '<html lang="en">' in page(client, path, accept_language="en")


def test_a_choice_is_kept_and_comes_before_the_browser(client):
    chosen = client.get("/?q=jazz&language=hi")
    assert (chosen.status_code, chosen["Location"], chosen["Cache-Control"]) == (302, "/?q=jazz", "no-store")
    assert '<html lang="hi">' in page(client, accept_language="de")
    client.get("/?language=en")
    assert '<html lang="en">' in page(client, accept_language="de")


def test_a_language_that_is_none_of_ours_changes_nothing(client):
    answer = client.get("/?language=xx")
    assert answer.status_code == 200 and not answer.cookies


def test_a_choice_never_leads_to_another_site(client):
    assert client.get("/", {"language": "de"}, PATH_INFO="//evil.example/")["Location"].startswith("/%2F")


def test_every_page_offers_all_five_in_their_own_words(client):
    footer = page(client, "/?q=a&when=week").split("<footer")[1]
    for code, name in languages.CHOICES:
        assert f'href="?q=a&amp;when=week&amp;language={code}" lang="{code}"' in footer and f">{name}</a>" in footer


def test_the_widget_speaks_the_language_in_its_address_without_a_cookie(client, concert, ticket):
    answer = client.get(f"{concert.get_absolute_url()}widget/?src=widget&language=es", headers={"accept-language": "de"})
    assert '<html lang="es">' in answer.content.decode() and not answer.cookies


@pytest.mark.parametrize("path", ["/manage/", "/admin/", "/gate/", "/operations/"])
def test_what_is_not_for_buyers_is_in_english(client, alice, hall, path):
    alice.is_staff = alice.is_superuser = True
    alice.save()
    client.force_login(alice)
    assert 'lang="en' in page(client, path, accept_language="de")


def test_other_programs_are_told_in_english(client):
    answer = client.get("/api/v1/events/nothing-here", headers={"accept-language": "de"})
    assert answer.status_code == 404 and "keine" not in answer.content.decode().lower()
    assert "Vary" not in answer.headers or "Accept-Language" not in answer["Vary"]


def test_the_language_of_one_visitor_is_not_the_next_one_s(client, concert, ticket):
    page(client, accept_language="de")
    assert languages.current() == "en"
    with pytest.raises(ZeroDivisionError), languages.speaking("hi"):
        1 / 0  # noqa: B018
    assert languages.current() == "en"
