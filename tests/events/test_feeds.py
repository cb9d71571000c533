"""Feeds for other programs, facts for search engines, the picture of a shared link, and who may frame what."""

import io
import json
import re
import xml.etree.ElementTree as xml
from datetime import timedelta

import icalendar
import pytest
from django.test import Client
from PIL import Image

from events import publication
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def events(hall):
    """One on sale, one online and cancelled since, one not public, one over."""
    now = clock.now()
    shown = cast.event(organiser=hall, name="Evening <with> strings & more", slug="strings")
    cast.ticket_type(shown, price_minor=2500)
    cast.event(organiser=hall, name="Cancelled", cancelled_at=now)
    cast.event(organiser=hall, name="Draft", published=False)
    cast.event(organiser=hall, name="Past", starts_at=now - timedelta(days=2), ends_at=now - timedelta(days=1))
    return shown


def test_all_three_feeds_tell_of_what_is_public_and_coming(events):
    feed = Client().get("/organisers/alices-hall/events.json").json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["title"] for item in feed["items"]] == ["Evening <with> strings & more"]
    assert feed["items"][0]["_event"]["price_from"] == "25.00"
    atom = xml.fromstring(Client().get("/organisers/alices-hall/events.atom").content)
    assert [title.text for title in atom.findall("{*}entry/{*}title")] == ["Evening <with> strings & more"]
    calendar = icalendar.Calendar.from_ical(Client().get("/organisers/alices-hall/events.ics").content)
    entries = calendar.walk("VEVENT")
    assert [str(entry["summary"]) for entry in entries] == ["Evening <with> strings & more"]
    assert entries[0]["dtstart"].dt == events.starts_at.replace(microsecond=0) and calendar["REFRESH-INTERVAL"].dt == timedelta(hours=1)


@pytest.mark.parametrize("ending", ["json", "atom", "ics"])
def test_a_feed_is_cached_and_unchanged_is_304_for_scripts_of_any_site(events, ending):
    url = f"/organisers/alices-hall/events.{ending}"
    first = Client().get(url)
    assert first.headers["Access-Control-Allow-Origin"] == "*" and "max-age=60" in first.headers["Cache-Control"]
    assert not first.cookies
    again = Client().get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    publication.update_event(event=events, fields={"name": "Another name"})
    assert Client().get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_feed_of_nobody_is_not_there(db):
    assert Client().get("/organisers/nobody/events.json").status_code == 404


def facts_of(event):
    page = Client().get(event.get_absolute_url()).content.decode()
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)[1]), page


def test_search_engines_find_what_schema_org_asks_for(events):
    facts, page = facts_of(events)
    assert "<with>" not in page.split("ld+json")[1].split("</script>")[0]  # nothing ends the script early
    assert facts["@type"] == "Event" and facts["name"] == "Evening <with> strings & more"
    assert facts["startDate"].endswith(("+01:00", "+02:00")) and facts["startDate"] < facts["endDate"]
    assert facts["location"]["address"] == {
        "@type": "PostalAddress",
        "streetAddress": "Market 1",
        "addressLocality": "Berlin",
        "addressCountry": "DE",
    }
    assert facts["offers"] == [
        {
            "@type": "Offer",
            "name": "Standard 1",
            "price": "25.00",
            "priceCurrency": "EUR",
            "availability": "https://schema.org/InStock",
            "url": facts["url"],
        }
    ]
    assert facts["eventAttendanceMode"] == "https://schema.org/OfflineEventAttendanceMode" and facts["organizer"]["name"] == "Alices Hall"


def test_a_cancelled_and_an_online_event_say_so(hall):
    event = cast.event(organiser=hall, venue_name="", online_url="https://example.com/room", cancelled_at=clock.now())
    facts, _ = facts_of(event)
    assert facts["eventStatus"].endswith("EventCancelled") and facts["location"]["@type"] == "VirtualLocation"
    assert "example.com/room" not in json.dumps(facts)


def test_a_shared_link_has_a_picture_of_the_event(events, settings):
    settings.PAGE_CACHE_ENABLED = False
    _, page = facts_of(events)
    address = re.search(r'property="og:image" content="([^"]*)"', page)[1]
    assert address.startswith("http") and 'name="twitter:card" content="summary_large_image"' in page
    answer = Client().get("/events/strings/preview.png")
    image = Image.open(io.BytesIO(answer.content))
    assert (image.size, image.format) == ((1200, 630), "PNG") and len(answer.content) < 300_000
    publication.update_event(event=events, fields={"name": "Another name"})
    assert Client().get("/events/strings/preview.png").content != answer.content


@pytest.mark.parametrize("name", ["W" * 160, "Ω", "हिन्दी संगीत समारोह", "東京の夜", "a" + "b" * 50 + " word" * 20])
def test_any_name_makes_a_picture(hall, name):
    event = cast.event(organiser=hall, name=name)
    assert Client().get(f"/events/{event.slug}/preview.png").status_code == 200


def test_only_the_widgets_pages_may_be_framed(events):
    for path in ("/organisers/alices-hall/widget/", "/events/strings/widget/"):
        answer = Client().get(path)
        assert "frame-ancestors *" in answer.headers["Content-Security-Policy"] and "X-Frame-Options" not in answer.headers
        assert not answer.cookies
    for path in ("/", "/events/strings/", "/tickets/find/", "/account/login/"):
        answer = Client().get(path)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"] and answer.headers["X-Frame-Options"] == "DENY"


def test_a_cached_widget_keeps_its_headers(events, settings):
    settings.PAGE_CACHE_ENABLED = True
    url = "/events/strings/widget/"
    Client().get(url)
    again = Client().get(url)
    assert again.headers.get("X-Cache") == "hit" and "frame-ancestors *" in again.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in again.headers


def test_the_script_is_for_all_sites_and_changes_within_the_hour():
    answer = Client().get("/widget.js")
    assert answer.headers["Content-Type"].startswith("text/javascript") and answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "max-age=3600" in answer.headers["Cache-Control"]


def test_the_organiser_finds_the_tags(client, alice, events):
    client.force_login(alice)
    page = client.get("/manage/events/strings/spread/").content.decode()
    assert "data-event=&quot;strings&quot;" in page or 'data-event="strings"' in page
    assert "/organisers/alices-hall/events.ics" in page
