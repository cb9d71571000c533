"""The cost pages in a browser: axe finds nothing, nothing is wider than the screen, and the slider answers."""

import pytest

from operations.costs.used import month_of
from tests import cast
from tests.journeys.test_accessibility import look
from tests.journeys.test_sell_and_admit import sign_in
from tests.operations.costs import days
from ticketing.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pages(concert):
    since, _ = month_of(moment=clock.now())
    days.fill(since=since, days=20, events=[(concert.pk, concert.organiser_id)], hours_of_last=6)
    order = cast.ordered(cast.ticket_type(concert), 2)
    names = ("", "plan/", "scale/", "events/", f"events/{concert.pk}/", f"orders/?code={order.code}", "findings/", "fees/", "prices/")
    return [f"/operations/costs/{name}" for name in names]


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_axe_finds_nothing(browser, site, pages, width, scheme):
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page, findings = context.new_page(), {}
    sign_in(page, site, cast.person("Erin", is_staff=True).email)
    look(page, site, pages, findings)
    problems = [f"{where}: {finding}" for where, found in findings.items() for finding in found]
    assert problems == [], "\n".join(problems)
    context.close()


def test_the_slider_asks_for_another_size(browser, site, pages):
    page = browser.new_page()
    sign_in(page, site, cast.person("Erin", is_staff=True).email)
    page.goto(f"{site}/operations/costs/scale/")
    page.locator("#events-slider").fill("700")
    page.wait_for_url("**events=10000000**")
    assert page.get_by_text("$20,418.24").first.is_visible()
    page.close()
