"""Dana buys in German because her browser asks for it; she switches to Hindi; every language passes axe on a narrow phone."""

import os
from pathlib import Path

import pypdfium2
import pytest

from events.models import Event
from registrations import fulfilment, mails
from registrations.models import Order
from tests import cast
from tests.journeys.conftest import axe_findings
from ticketing.lib import clock, languages

pytestmark = pytest.mark.django_db(transaction=True)
LOCALES = {"en": "en-GB", "de": "de-DE", "es": "es-ES", "fr": "fr-FR", "hi": "hi-IN"}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def photograph(page, name):
    """For people who want to look: SCREENSHOTS names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_bought_in_german_from_the_browser_s_language(browser, site, files, concert):
    cast.ticket_type(concert, price_minor=123_450, name="Balkon")
    with browser.new_context(locale="de-DE") as context:
        page = context.new_page()
        page.goto(site)
        page.click(f"text={concert.name}")
        page.select_option("select[name^=quantity-]", "1")
        page.click("button:text-is('Tickets holen')")
        page.locator("main form button.primary").first.click()  # nothing typed yet
        assert "Geben Sie Ihren Namen ein." in page.inner_text(".error-summary")
        page.fill("input[name=buyer_name]", "Dana Öztürk")
        page.fill("input[name=buyer_email]", "dana@example.com")
        page.click("button:text-is('Weiter zur Prüfung')")
        page.click("button:has-text('1.234,50 € bezahlen')")
        page.wait_for_url("**/practice/**")
        page.click("button[value=pay]")
        page.wait_for_url("**/orders/**")
        assert "Sie sind dabei." in page.inner_text("main")
    order = Order.objects.get()
    assert order.language == "de"
    fulfilment.fulfil(order_id=order.pk, now=clock.now())
    order = Order.objects.select_related("event__organiser").get()
    mail = mails.order_confirmation(subject_id=order.pk, to=order.buyer_email)
    assert mail.subject == f"Ihre Tickets für {concert.name}" and "Uhr (ME" in mail.body
    paper = pypdfium2.PdfDocument(fulfilment.stored_pdf(order=order))[0].get_textpage().get_text_range()
    assert "Gast" in paper and "Wenn der Code nicht lesbar ist" in paper and "Uhr (ME" in paper


def test_switched_to_hindi_on_the_event_s_page_and_kept(browser, site, concert):
    Event.objects.filter(pk=concert.pk).update(currency="INR")
    cast.ticket_type(concert, price_minor=12_345_678)
    with browser.new_context(locale="de-DE", java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(site + concert.get_absolute_url())
        assert page.get_attribute("html", "lang") == "de"
        page.click("footer >> text=हिन्दी")
        assert page.get_attribute("html", "lang") == "hi" and page.url == site + concert.get_absolute_url()
        assert "टिकट लें" in page.inner_text("main") and "₹1,23,456.78" in page.inner_text("main")
        page.goto(f"{site}/tickets/find/")
        assert page.inner_text("h1") == "मेरे टिकट खोजें"


@pytest.mark.parametrize("code", languages.NAMES)
def test_axe_finds_nothing_in_any_language_on_a_narrow_phone(browser, site, files, concert, code):
    kind, free = cast.ticket_type(concert, price_minor=1_234_550), cast.ticket_type(concert, name="Frei")
    held, order, waiting = cast.held(kind, 2), cast.ordered(free, 2), cast.ordered(kind)
    pages = {
        "list": "/",
        "event": concert.get_absolute_url(),
        "details": f"/checkout/{held.token}/",
        "review": f"/checkout/{held.token}/review/",
        "order": order.get_absolute_url(),
        "changes": f"{order.get_absolute_url()}changes/",
        "unpaid": f"{waiting.get_absolute_url()}payment/return/",
        "sign-in": "/account/login/",
    }
    findings = {}
    with browser.new_context(locale=LOCALES[code], viewport={"width": 320, "height": 900}, bypass_csp=True) as context:
        page = context.new_page()
        for name, path in pages.items():
            page.goto(site + path)
            assert page.get_attribute("html", "lang") == code
            photograph(page, f"{code}-{name}")
            wide = page.evaluate(OVERFLOW)
            findings[name] = axe_findings(page) + ([f"{wide} px too wide"] if wide > 0 else [])
    assert {name: found for name, found in findings.items() if found} == {}
