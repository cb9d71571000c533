"""axe finds nothing on any page: narrow and wide, light and dark."""

import pytest

from accounts.models import User
from operations.watch import defaults
from registrations import codes, rotating
from scanning import devices, redemption
from scanning.gates import gates_of
from scanning.models import Entry
from tests import cast
from tests.journeys.conftest import axe_findings
from tests.journeys.test_sell_and_admit import sign_in
from ticketing.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing(browser, site, files, concert, alice, scheme, width):
    kind = cast.ticket_type(concert, price_minor=1500)
    free = cast.ticket_type(concert)
    phone = devices.make(event=concert, gates=gates_of(event=concert), name="", now=clock.now(), made_by=alice)
    order, held, waiting = cast.ordered(free, 2), cast.held(kind, 2), cast.ordered(kind)
    let_in = redemption.redeem(gate=gates_of(event=concert)[0], presented=codes.code_of(order.tickets.last()), now=clock.now()).scan
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page = context.new_page()
    public = [
        "/",
        concert.get_absolute_url(),
        f"{concert.get_absolute_url()}privacy/",
        f"/checkout/{held.token}/",
        f"/checkout/{held.token}/review/",
        order.get_absolute_url(),
        waiting.get_absolute_url(),
        f"{waiting.get_absolute_url()}payment/",
        f"{waiting.get_absolute_url()}payment/return/",
        "/tickets/find/",
        "/gate/scanner/",
        "/account/login/",
        "/account/signup/",
        "/account/password/reset/",
        "/nothing-here/",
    ]
    manage = f"/manage/events/{concert.slug}/"
    inside = [
        "/manage/",
        manage,
        f"{manage}details/",
        f"{manage}tickets/",
        f"{manage}tickets/new/",
        f"{manage}orders/",
        f"{manage}orders/{order.code}/",
        f"{manage}attendees/",
        f"{manage}payments/",
        f"{manage}cancellation/",
        f"/manage/{concert.organiser.slug}/team/",
        f"/manage/{concert.organiser.slug}/events/new/",
        "/gate/",
        f"/gate/{concert.slug}/?q=guest",
        *(
            f"/gate/{concert.slug}/supervisor/{page}"
            for page in ("", "devices/", f"devices/{phone.pk}/", "lists/", "lists/new/", "conflicts/", f"scans/{let_in.pk}/undo/")
        ),
    ]
    operations = [
        "/operations/",
        "/operations/charts/?path=event",
        "/operations/alarms/",
        "/operations/alarms/error-rate/",
        "/operations/health/",
        "/operations/traces/?shown=all",
        "/operations/traces/?find=000000000000",
    ]
    findings = {}
    look(page, site, public, findings)
    rotating.start(event=concert, static_codes=True, now=clock.now())
    look(page, site, [f"{order.get_absolute_url()}#changing"], findings)
    sign_in(page, site, alice.email)
    look(page, site, inside, findings)
    defaults.ensure()
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    look(page, site, operations, findings)
    ticket = order.tickets.first()
    for _ in range(2):  # admitted, then already in
        page.goto(f"{site}/gate/{concert.slug}/")
        page.fill("#code", codes.code_of(ticket))
        page.press("#code", "Enter")
        page.wait_for_selector(".verdict[data-verdict]")
        findings[page.get_attribute(".verdict", "data-verdict")] = axe_findings(page)
    assert Entry.objects.exists()
    problems = [f"{where}: {finding}" for where, found in findings.items() for finding in found]
    assert problems == [], "\n".join(problems)
    context.close()


WIDE = """[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .slice(0, 4).map(e => e.outerHTML.slice(0, 80)).join(' | ')"""


def look(page, site, paths, findings):
    for path in paths:
        page.goto(site + path)
        findings[path] = axe_findings(page)
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if overflow > 0:
            findings[path].append(f"{overflow} px wider than the screen: {page.evaluate(WIDE)}")
