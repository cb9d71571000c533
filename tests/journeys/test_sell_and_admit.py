"""The whole line in a real browser: Alice publishes, Dana buys, Bob admits once, Charlie sees nothing."""

import re
import urllib.request

import pypdfium2
import pytest
import zxingcpp
from django.core import management

from events.models import Event
from outbox.models import Mail
from registrations import fulfilment
from registrations.models import Order
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(page, site, email):
    page.goto(f"{site}/account/login/?next=/manage/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", cast.PASSWORD)
    page.locator("form[action*=login] button[type=submit], form button.primary, form button[type=submit]").first.click()
    page.wait_for_url("**/manage/")


def make_event(page, site):
    page.click("text=New event")
    page.fill("#id_name", "Night of strings")
    page.fill("#id_starts_at", "2027-06-12T20:00")
    page.fill("#id_ends_at", "2027-06-12T23:00")
    page.fill("#id_venue_name", "Town Hall")
    page.fill("#id_city", "Berlin")
    page.click("text=Create event")
    page.click("text=Add a ticket type")
    page.fill("#id_name", "Standard")
    page.check("input[name=pricing][value=fixed]")
    page.fill("#id_price", "12.50")
    page.fill("#id_capacity", "10")
    page.click("main button.primary")
    page.click("text=Overview")
    page.click("button:text-is('Publish')")
    page.wait_for_selector("text=On sale")
    return Event.objects.get().slug


def buy_two(page, site, slug):
    page.goto(f"{site}/events/{slug}/")
    page.select_option("select[name^=quantity-]", "2")
    page.click("button:has-text('Get tickets')")
    page.fill("input[name=buyer_name]", "Dana Ōta")
    page.fill("input[name=buyer_email]", "dana@example.com")
    page.locator("main form button.primary").first.click()
    page.wait_for_url("**/review/")
    page.locator("main form button.primary").first.click()
    page.wait_for_url("**/practice/**")
    page.click("button[value=pay]")
    page.wait_for_url("**/orders/**")


def read_codes(pdf):
    document = pypdfium2.PdfDocument(pdf)
    return [zxingcpp.read_barcodes(document[number].render(scale=150 / 72).to_pil())[0].text for number in range(len(document))]


@pytest.mark.parametrize("store", ["files", "s3"])
def test_the_whole_line(browser, site, store, request, hall, charlie):
    endpoint = request.getfixturevalue(store)
    alice_page = browser.new_page()
    sign_in(alice_page, site, "alice@example.com")
    slug = make_event(alice_page, site)

    dana = browser.new_page()
    buy_two(dana, site, slug)
    order = Order.objects.get()
    assert order.confirmed_at
    assert dana.locator("svg[aria-label='Ticket code'], .qr svg").count() == 2
    fulfilment.fulfil(order_id=order.pk, now=clock.now())
    assert Mail.objects.get(kind="order_confirmation").sent_at

    reply = urllib.request.urlopen(f"{site}{order.get_absolute_url()}tickets.pdf")
    if store == "s3":
        assert reply.url.startswith(endpoint)
        with pytest.raises(urllib.error.HTTPError):  # the control: the link is worth nothing without its signature
            urllib.request.urlopen(reply.url.split("?")[0])
    codes = read_codes(reply.read())
    assert len(set(codes)) == 2

    bob_page = browser.new_page()
    sign_in(bob_page, site, "bob@example.com")
    bob_page.goto(f"{site}/gate/{slug}/")
    for word in ("Admit", "Already in"):
        bob_page.wait_for_timeout(0 if word == "Admit" else 5100)
        bob_page.fill("#code", codes[0])
        bob_page.press("#code", "Enter")
        bob_page.wait_for_selector(f".verdict .word:text-is('{word}')")
    assert re.search(r"Since .* at Main gate", bob_page.inner_text(".verdict"))

    charlie_page = browser.new_page()
    sign_in(charlie_page, site, "charlie@example.com")
    for path in (
        f"manage/events/{slug}/",
        f"manage/events/{slug}/orders/",
        f"manage/events/{slug}/payments/",
        f"gate/{slug}/",
        f"manage/{hall.slug}/team/",
    ):
        assert charlie_page.goto(f"{site}/{path}").status == 404
    management.call_command("audit")


def test_the_purchase_works_without_script(browser, site, files, concert):
    kind = cast.ticket_type(concert, price_minor=1500)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}{concert.get_absolute_url()}")
    page.select_option(f"#quantity-{kind.pk}", "2")
    page.click("button:has-text('Get tickets')")
    page.fill("input[name=buyer_name]", "Dana")
    page.fill("input[name=buyer_email]", "dana@example.com")
    page.locator("main form button.primary").first.click()
    page.locator("main form button.primary").first.click()
    page.click("button[value=pay]")
    assert Order.objects.get().confirmed_at
    context.close()


def test_the_purchase_works_by_keyboard_alone(browser, site, files, concert):
    kind = cast.ticket_type(concert)
    page = browser.new_page()
    page.goto(f"{site}{concert.get_absolute_url()}")

    def tab_to(selector):
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"no way to {selector} by Tab")

    tab_to(f"#quantity-{kind.pk}")
    page.keyboard.press("ArrowDown")
    tab_to("button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/checkout/**")
    tab_to("input[name=buyer_name]")
    page.keyboard.type("Dana")
    tab_to("input[name=buyer_email]")
    page.keyboard.type("dana@example.com")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/")
    tab_to("main form button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/**")
    assert Order.objects.get().confirmed_at
