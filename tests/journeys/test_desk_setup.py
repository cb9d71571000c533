"""Alice sets an event up in a real browser, by keyboard: what is missing, capacities, codes, a copy, the end of it."""

import pytest
from playwright.sync_api import expect

from events.models import Event, Promotion, Quota
from registrations.models import Order
from tests import cast
from tests.journeys.at_the_desk import PATIENCE, tab_to
from tests.journeys.test_accessibility import look

pytestmark = pytest.mark.django_db(transaction=True)


def saved(page):
    """By keyboard, from the form's last button, without an error."""
    page.focus("main form button.primary")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_have_count(0)


def test_the_checklist_says_what_is_missing_and_leads_to_it(page, site, hall):
    event = cast.event(organiser=hall, published=False, summary="", venue_address="")
    page.goto(f"{site}/manage/events/{event.slug}/")
    expect(page.locator(".checklist .missing", has_text="Add a ticket type with capacity")).to_contain_text("Needed")
    tab_to(page, "Publish")
    page.keyboard.press("Enter")
    expect(page.locator(".notice.warning, .notice.warn").first).to_contain_text("Add a ticket type with capacity")
    assert not Event.objects.filter(published_at__isnull=False).exists()
    tab_to(page, "Add a ticket type with capacity.")
    page.keyboard.press("Enter")
    page.click("text=Add a ticket type")
    page.fill("#id_name", "Seat")
    page.check("input[name=pricing][value=free]")
    page.fill("#id_capacity", "20")
    saved(page)
    page.goto(f"{site}/manage/events/{event.slug}/")
    expect(page.locator(".checklist")).not_to_contain_text("Needed")
    tab_to(page, "Publish")
    page.keyboard.press("Enter")
    expect(page.locator(".badge.ok").first).to_have_text("On sale")


def test_capacity_is_not_lowered_below_what_is_sold_and_raised_while_selling(page, site, concert):
    kind = cast.ticket_type(concert, name="Seat", quota=Quota.objects.create(event=concert, name="Seat", capacity=5))
    cast.ordered(kind, 3)
    page.goto(f"{site}/manage/events/{concert.slug}/tickets/{kind.pk}/")
    page.fill("#id_capacity", "2")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_contain_text("3")
    expect(page.locator("#id_capacity")).to_have_value("2")
    assert Quota.objects.get().capacity == 5
    page.fill("#id_capacity", "8")
    saved(page)
    assert (Quota.objects.get().capacity, Quota.objects.get().claimed) == (8, 3)


def test_an_access_code_opens_a_hidden_type_and_a_promo_code_makes_it_cheaper(page, browser, site, concert):
    cast.ticket_type(concert, name="Seat", price_minor=3000)
    member = cast.ticket_type(concert, name="Member seat", price_minor=2000, hidden=True)
    page.goto(f"{site}/manage/events/{concert.slug}/codes/")
    tab_to(page, "Add a code")
    page.keyboard.press("Enter")
    page.fill("#id_code", "members")
    page.fill("#id_percent", "10")
    page.check("#id_unlocks_hidden")
    page.fill("#id_max_uses", "5")
    saved(page)
    assert Promotion.objects.get().code == "MEMBERS"
    dana = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    dana.set_default_timeout(PATIENCE)
    dana.goto(site + concert.get_absolute_url())
    expect(dana.locator("#tickets")).not_to_contain_text("Member seat")
    dana.click("details.code > summary")
    dana.fill("details.code input", "Members")
    dana.keyboard.press("Enter")
    expect(dana.locator("main")).to_contain_text("Member seat")
    dana.fill(f"#quantity-{member.pk}", "1")
    dana.click("button:has-text('Get tickets')")
    dana.wait_for_url("**/checkout/**")
    expect(dana.locator(".sum").first).to_contain_text("€18.00")
    dana.context.close()
    page.goto(f"{site}/manage/events/{concert.slug}/")
    expect(page.locator("section", has=page.locator("#codes")).locator("tbody tr")).to_contain_text("MEMBERS")


def test_a_copy_is_a_draft_and_a_cancelled_event_gives_everybody_their_money_back_after_a_look(page, site, concert, sold):
    page.goto(f"{site}/manage/events/{concert.slug}/")
    tab_to(page, "Copy")
    page.keyboard.press("Enter")
    expect(page.locator(".notice").first).to_contain_text("This is the copy")
    copy = Event.objects.exclude(pk=concert.pk).get()
    assert copy.published_at is None and copy.ticket_types.count() == concert.ticket_types.count() and copy.questions.count() == 3
    page.goto(f"{site}/manage/events/{concert.slug}/")
    tab_to(page, "Cancel event")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cancellation/")
    tab_to(page, "look at that now")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("The event still takes place")
    expect(page.locator(".who-gets")).to_contain_text("€50.00")
    assert not Order.objects.filter(cancelled_at__isnull=False).exists(), "a look changes nothing"
    page.go_back()
    page.click("text=Cancel the event")
    page.wait_for_url("**/payments/everybody/")
    expect(page.locator(".who-gets")).to_contain_text("€50.00")
    page.click("button:has-text('Give everybody their money back')")
    expect(page.locator("progress")).to_be_visible()
    assert Event.objects.get(pk=concert.pk).cancelled_at


def test_axe_finds_nothing_where_an_event_is_set_up(browser, page, site, concert):
    kind = cast.ticket_type(concert, price_minor=1000)
    draft = cast.event(organiser=concert.organiser, published=False)
    code = cast.code(concert, percent=10)
    manage, findings = f"/manage/events/{concert.slug}/", {}
    paths = [f"{manage}{each}" for each in ("spread/", "quotas/new/", "terms/", f"codes/{code.pk}/", f"tickets/{kind.pk}/")]
    context = browser.new_context(color_scheme="dark", viewport={"width": 320, "height": 900}, bypass_csp=True)
    context.add_cookies(page.context.cookies())
    narrow = context.new_page()
    narrow.set_default_timeout(PATIENCE)
    look(narrow, site, [*paths, f"/manage/events/{draft.slug}/", f"{manage}payments/everybody/"], findings)
    problems = [f"{where}: {finding}" for where, found in findings.items() for finding in found]
    assert problems == [], "\n".join(problems)
    context.close()
