"""The ticket goes where the buyer is: their own page, phones' wallets, feeds, and the ways out of all of it, in Chromium."""

import json
import re

import pytest

from events import questions, terms
from events.models import Question
from outbox import post
from registrations import erasure
from registrations.models import Answers, Ticket
from tests import cast
from tests.journeys.test_accessibility import look
from tests.journeys.test_widget import elsewhere  # noqa: F401
from tests.payments import till
from tests.registrations.test_wallets import authority, opened, verify  # noqa: F401
from ticketing.lib import clock
from workspace import messaging
from workspace.models import Unsubscribed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def memory(settings):
    settings.OUTBOX_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, accept_downloads=True)
    yield context.new_page()
    context.close()


def paid(event):
    return till.fulfilled(cast.ordered(cast.ticket_type(event, price_minor=2500), 2))


def saved(page, press):
    """What pressing gives the phone to keep: (name, content)."""
    with page.expect_download() as downloading:
        press()
    return downloading.value.suggested_filename, downloading.value.path().read_bytes()


def test_dana_changes_a_name_and_an_answer_and_takes_everything_along(page, site, files, memory, concert, mailoutbox):
    meal = questions.save(
        event=concert, question=Question(), fields={"label": "Meal", "kind": "one_of", "choices": ["Soup", "Rice"]}, kinds=[]
    )
    order = paid(concert)
    page.goto(site + order.get_absolute_url())
    page.click("#ticket-2 summary")
    page.get_by_label("Name", exact=True).last.fill("Ingrid")
    page.click("#ticket-2 button:has-text('Change name')")
    page.wait_for_selector("#ticket-2 h2:has-text('Ingrid')")
    page.click("text=Your answers to the organiser's questions")
    page.check(f"input[name='attendee-1-q{meal.pk}'][value='Rice']")
    page.click("main form button[type=submit]")
    page.wait_for_url(f"**{order.get_absolute_url()}")
    assert Ticket.objects.get(order=order, position=2).attendee_name == "Ingrid"
    assert Answers.objects.get(order=order, position=1).given == {meal.key: "Rice"}

    name, calendar = saved(page, lambda: page.click("text=Add to calendar"))
    assert name.endswith(".ics") and f"SUMMARY:{concert.name}".encode() in calendar
    name, tickets = saved(page, lambda: page.click("text=Download PDF"))
    assert name.endswith(".pdf") and tickets.startswith(b"%PDF")
    page.click("text=Hand on, cancel and more")
    assert saved(page, lambda: page.click("a:has-text('Invoice')"))[1].startswith(b"%PDF")
    page.click("a:text-is('Receipt')")
    page.wait_for_url("**/receipt/")
    assert "€50.00" in page.inner_text("main")
    page.go_back()
    mailoutbox.clear()
    page.click("text=Send them again")
    page.wait_for_selector("text=once more")
    post.send_due(now=clock.now())
    assert [mail.to for mail in mailoutbox] == [["dana@example.com"]]


def test_dana_reads_before_paying_how_she_could_cancel_and_what_is_kept_of_her(page, site, concert):
    kind = cast.ticket_type(concert, price_minor=2500)
    page.goto(site + concert.get_absolute_url())
    assert "Tickets can't be cancelled or given back. You can hand them on" in page.inner_text("#tickets")
    terms.save(event=concert, fields={"cancel_until_hours": 48, "cancel_fee_minor": 200})
    held = cast.held(kind)
    page.goto(f"{site}/checkout/{held.token}/review/")
    assert "Kept of each ticket: €2.00." in page.inner_text("main")
    with page.expect_popup() as opened_page:
        page.click("text=What is kept, why and how long")
    notice = opened_page.value
    notice.wait_for_load_state()
    told = notice.inner_text("main")
    assert concert.organiser.email in told and "365 days after the event" in told and "Tax law lets it go" in told


def test_dana_sees_her_data_takes_them_and_has_them_erased(page, site, files, memory, concert, mailoutbox):
    order = paid(concert)
    page.goto(site + order.get_absolute_url() + "changes/")
    page.click("a:has-text('Your data')")
    assert "dana@example.com" in page.inner_text("main")
    name, content = saved(page, lambda: page.click("text=Take it with you"))
    assert name == f"my-data-{order.code}.json" and json.loads(content)["order"] == order.code
    page.click("text=Ask for erasure by mail")
    page.wait_for_selector("text=Open the link in it")
    mailoutbox.clear()
    post.send_due(now=clock.now())
    page.goto(re.search(r"https?://\S+/erasure/\S+/", mailoutbox[-1].body)[0])
    page.click("text=Erase my data")
    page.wait_for_url("**/data/")
    assert "until then your tickets count" in page.inner_text("main")
    erasure.erase_due(now=order.event.ends_at)
    page.reload()
    assert "Erased on" in page.inner_text("main") and "dana@example.com" not in page.inner_text("main")


def test_wallets_have_buttons_only_with_certificates(page, site, settings, concert, authority, tmp_path):  # noqa: F811
    order = cast.ordered(cast.ticket_type(concert))
    page.goto(site + order.get_absolute_url())
    assert page.locator("a[href*='/wallet/']").count() == 0
    (root, middle, leaf), key = authority
    settings.APPLE_PASS_TYPE_ID, settings.APPLE_TEAM_ID = "pass.com.example.tickets", "TEAM123456"
    settings.APPLE_PASS_CERTIFICATE, settings.APPLE_PASS_KEY, settings.APPLE_WWDR_CERTIFICATE = leaf, key, middle
    account = {"client_email": "wallet@example.iam.gserviceaccount.com", "private_key": key, "private_key_id": "k1"}
    settings.GOOGLE_WALLET_ISSUER_ID, settings.GOOGLE_WALLET_ACCOUNT = "3388000000000000000", json.dumps(account)
    page.reload()
    name, content = saved(page, lambda: page.click("a[href$='/wallet/apple/']"))
    inside = opened(content)
    assert name == "ticket.pkpass" and json.loads(inside["pass.json"])["eventTicket"]
    assert verify(tmp_path, root, inside["signature"], inside["manifest.json"]).returncode == 0
    address = page.get_attribute("a[href$='/wallet/google/']", "href")
    assert page.request.get(site + address, max_redirects=0).headers["location"].startswith("https://pay.google.com/gp/v/save/")


def test_other_pages_read_the_feeds_and_search_engines_the_event(page, site, elsewhere, concert):  # noqa: F811
    cast.ticket_type(concert, price_minor=1500)
    page.goto(elsewhere)
    feeds = f"{site}/organisers/{concert.organiser.slug}/events"
    read = "address => fetch(address).then(reply => reply.text())"
    assert [each["title"] for each in json.loads(page.evaluate(read, f"{feeds}.json"))["items"]] == [concert.name]
    entries = "text => [...new DOMParser().parseFromString(text, 'text/xml').querySelectorAll('entry > title')].map(e => e.textContent)"
    assert page.evaluate(entries, page.evaluate(read, f"{feeds}.atom")) == [concert.name]
    assert f"SUMMARY:{concert.name}" in page.evaluate(read, f"{feeds}.ics")
    page.goto(site + concert.get_absolute_url())
    told = json.loads(page.inner_text("script[type='application/ld+json']"))
    assert told["@type"] == "Event" and told["name"] == concert.name
    picture = page.request.get(page.get_attribute("meta[property='og:image']", "content"))
    assert picture.headers["content-type"] == "image/png" and len(picture.body()) > 5000


def test_erin_stops_the_messages_and_wants_them_back(page, site, memory, concert, mailoutbox):
    cast.ordered(cast.ticket_type(concert), email="erin@example.com")
    message = messaging.draft(event=concert, audience={"to": "buyers"}, by=None, now=clock.now(), subject="News", body="Hello {name}")
    messaging.send(message=message, at=clock.now(), now=clock.now())
    messaging.send_due(now=clock.now())
    mailoutbox.clear()
    post.send_bulk_due(now=clock.now())
    page.goto(re.search(r"https?://\S+/unsubscribe/[^\s>]+", mailoutbox[0].body)[0])
    page.click("text=Stop the messages")
    page.wait_for_selector("h1:has-text('No more messages')")
    assert Unsubscribed.objects.count() == 1
    page.click("text=I want them again")
    page.wait_for_selector("text=You get them again")
    assert not Unsubscribed.objects.exists()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_axe_finds_nothing_where_terms_and_privacy_are_told(browser, site, concert, scheme, width):
    terms.save(event=concert, fields={"cancel_until_hours": 48, "cancel_fee_minor": 200})
    held = cast.held(cast.ticket_type(concert, price_minor=2500))
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page, findings = context.new_page(), {}
    event = concert.get_absolute_url()
    look(page, site, [event, f"{event}privacy/", f"/checkout/{held.token}/", f"/checkout/{held.token}/review/"], findings)
    assert [f"{where}: {finding}" for where, found in findings.items() for finding in found] == []
    context.close()
