"""A series in a real browser: Alice repeats a concert by keyboard, Dana finds her date in the calendar."""

import pytest

from events import series_work
from events.models import Event, EventSeries, PriceTier
from tests import cast
from tests.journeys.test_accessibility import look
from tests.journeys.test_sell_and_admit import sign_in
from tests.journeys.test_waiting_and_requests import press_through
from ticketing.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def repeated(browser, site, alice, concert):
    """Alice's concert, every Friday and Saturday of a spring, made by keyboard."""
    cast.ticket_type(concert, price_minor=1200)
    page = browser.new_page()
    sign_in(page, site, alice.email)
    page.goto(f"{site}/manage/events/{concert.slug}/")
    press_through(page, "Repeat", most=60)
    page.wait_for_selector("h2:text-is('Repeat this event')")
    for day in range(7):
        page.set_checked(f"input[name=weekdays][value='{day}']", day in (4, 5))
    page.fill("#id_at", "15:00, 20:00")
    page.fill("#id_first", "2027-04-01")
    page.fill("#id_last", "2027-05-31")
    press_through(page, "Show the dates", most=60)
    page.wait_for_selector("h2:text-is('36 dates')")
    press_through(page, "Make 36 dates", most=60)
    page.wait_for_selector("text=The dates are being made")
    series_work.do_due(now=clock.now())
    page.wait_for_selector("tbody tr:nth-child(37)")  # the page asks by itself
    yield page
    page.close()


def test_alice_repeats_and_changes_and_dana_chooses(browser, site, repeated):
    page, series = repeated, EventSeries.objects.get()
    assert page.locator("tbody tr").count() == 37
    page.click("tbody tr:nth-child(20) a")
    page.click("nav[aria-label=Event] a:text-is('Details')")
    page.fill("#id_city", "Potsdam")
    page.check("input[name=scope][value=later]")
    page.click("text=Save changes")
    page.wait_for_selector("text=The other dates follow")
    series_work.do_due(now=clock.now())
    assert Event.objects.filter(series=series, city="Potsdam").count() == 18

    page.click("nav[aria-label=Event] a:text-is('Tickets')")
    page.click("text=Add steps of")
    page.click("text=Add a price step")
    page.fill("#id_name", "Early bird")
    page.fill("#id_price", "9")
    page.fill("#id_quantity", "5")
    page.check("input[name=scope][value=all]")
    press_through(page, "Save", most=6)
    page.wait_for_selector("text=The other dates follow")
    series_work.do_due(now=clock.now())
    assert PriceTier.objects.filter(price_minor=900, ticket_type__event__series=series).count() == 37

    dana = browser.new_page()
    dana.goto(site)
    assert dana.locator(".event-card").count() == 1
    press_through(dana, series.name)
    dana.wait_for_selector("table.calendar")
    for _ in range(12):
        if "May 2027" in dana.inner_text("#calendar"):
            break
        press_through(dana, "Later: ")
        dana.wait_for_load_state()
    press_through(dana, "7 May")
    dana.wait_for_selector("h2:text-is('Friday 7 May 2027')")
    dana.click("text=20:00")
    dana.select_option("select[name^=quantity-]", "1")
    dana.click("button:has-text('Get tickets')")
    dana.wait_for_selector("h1:text-is('Your details')")
    dana.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_on_the_pages_of_a_series(browser, site, alice, concert, repeated, scheme, width):
    series, middle = EventSeries.objects.get(), Event.objects.order_by("starts_at")[20]
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page, findings = context.new_page(), {}
    look(page, site, [series.get_absolute_url(), f"{series.get_absolute_url()}?day={middle.starts_at:%Y-%m-%d}"], findings)
    sign_in(page, site, alice.email)
    home = f"/manage/series/{series.slug}/"
    look(page, site, [home, f"{home}dates/new/", f"/manage/events/{middle.slug}/details/", "/manage/"], findings)
    problems = [f"{where}: {finding}" for where, found in findings.items() for finding in found]
    assert problems == [], "\n".join(problems)
    context.close()
