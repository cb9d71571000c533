"""A page is kept once for each language; a change makes all of them out of date at once."""

import pytest

from events import publication
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)
VISITORS = {
    "": "Get tickets",
    "en": "Get tickets",
    "de": "Tickets holen",
    "es": "Conseguir entradas",
    "fr": "Obtenir des billets",
    "hi": "टिकट लें",
}


@pytest.fixture
def path(concert):
    cast.ticket_type(concert, price_minor=2500)
    return concert.get_absolute_url()


def visit(client, path, browser):
    answer = client.get(path, headers={"accept-language": browser} if browser else {})
    return answer, answer.headers.get("X-Cache") == "hit"


def test_each_language_has_its_own_page_and_one_change_ends_them_all(client, concert, path):
    for browser, words in VISITORS.items():
        first, hit = visit(client, path, browser)
        assert not hit and words in first.content.decode()
    for browser, words in VISITORS.items():
        again, hit = visit(client, path, browser)
        assert hit and words in again.content.decode() and again["Vary"] == "Accept-Language, Cookie"
    publication.update_event(event=concert, fields={"name": "Another name"})
    for browser in VISITORS:
        changed, hit = visit(client, path, browser)
        assert not hit and "Another name" in changed.content.decode()


def test_browsers_that_want_the_same_language_share_a_page(client, path):
    visit(client, path, "de-DE,de;q=0.9")
    for browser in ("de", "de-AT", "it, de-CH;q=0.3", "DE"):
        assert visit(client, path, browser)[1], browser


def test_feeds_and_pictures_say_the_same_to_everybody(client, hall):
    event = cast.event(organiser=hall, language="de", venue_name="")
    cast.ticket_type(event)
    told = {client.get("/organisers/alices-hall/events.json", headers={"accept-language": wanted}).content for wanted in ("fr", "en", "")}
    assert len(told) == 1 and "Kostenlos" in told.pop().decode()
    pictures = {
        client.get(f"{event.get_absolute_url()}preview.png", headers={"accept-language": wanted}).content for wanted in ("fr", "hi")
    }
    assert len(pictures) == 1
