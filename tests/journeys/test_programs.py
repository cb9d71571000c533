"""An owner gives another program a token and a webhook, in Chromium; axe finds nothing on those pages."""

import pytest

from api.webhooks import endpoints, facts, sending
from tests import cast
from tests.api.receiver import Receiver
from tests.journeys.conftest import axe_findings
from tests.journeys.test_accessibility import look
from tests.journeys.test_sell_and_admit import sign_in
from ticketing.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_owner_makes_a_token_and_adds_a_webhook_that_is_told(browser, site, concert, alice, tmp_path):
    with Receiver() as there:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        sign_in(page, site, alice.email)
        page.click("text=Other programs")
        page.fill("#id_name", "Till of the bar")
        page.check("input[value='orders.read']")
        page.click("button:has-text('Make token')")
        secret = page.inner_text(".secret code")
        told = page.request.get(f"{site}/api/v1/token", headers={"Authorization": f"Bearer {secret}"})
        assert told.json()["name"] == "Till of the bar"
        page.click("nav >> text=Webhooks")
        page.fill("#id_url", there.url)
        page.click("button:has-text('Add endpoint')")
        page.click("button:has-text('Send a test')")
        cast.ordered(cast.ticket_type(concert))
        for _ in range(2):
            facts.read(now=clock.now())
        sending.send_due(now=clock.now())
        page.reload()
        assert page.locator("text=Arrived").count() == 3
        page.click("summary:has-text('Show the secret')")
        assert page.inner_text("details.secret code").startswith("whsec_")
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_on_the_pages_of_other_programs(browser, site, concert, alice, scheme, width):
    endpoint = endpoints.add(
        organiser=concert.organiser, url="http://127.0.0.1:9/a/long/address", kinds=["order.paid"], by=alice, now=clock.now()
    )
    cast.ordered(cast.ticket_type(concert))
    for _ in range(2):
        facts.read(now=clock.now())
    sending.send_due(now=clock.now())
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page, findings = context.new_page(), {}
    look(page, site, ["/api/"], findings)
    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    findings["/api/ open"] = axe_findings(page)
    sign_in(page, site, alice.email)
    at = f"/manage/{concert.organiser.slug}"
    look(page, site, [f"{at}/tokens/", f"{at}/webhooks/", f"{at}/webhooks/{endpoint.pk}/"], findings)
    assert [f"{where}: {finding}" for where, found in findings.items() for finding in found] == []
    context.close()
