"""Alice's day at her desk, in a real browser and by keyboard: how is it going, people, messages, exports, imports, questions."""

import pytest
from playwright.sync_api import expect

from outbox.models import Mail
from registrations.models import Answers, Order, Ticket
from tests import cast
from tests.journeys.at_the_desk import PATIENCE, tab_to
from tests.journeys.test_accessibility import look
from tests.journeys.test_sell_and_admit import sign_in
from ticketing.lib import clock
from workspace import exporting, jobs, messaging
from workspace.models import Import, Job, Message

pytestmark = pytest.mark.django_db(transaction=True)


def test_she_sees_how_it_goes_and_finds_an_order_while_typing(page, site, concert, sold):
    page.goto(f"{site}/manage/")
    tab_to(page, concert.name)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/manage/events/{concert.slug}/")
    expect(page.locator(".stat", has_text="Sold").locator(".value")).to_have_text("15")
    expect(page.locator(".stat", has_text="Sales").locator(".value")).to_have_text("€50.00")
    tab_to(page, "Orders")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/")
    page.focus("#q")
    page.keyboard.type("paula")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    assert "q=paula" in page.url, "the address is the list's"
    page.reload()
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    tab_to(page, sold["order"].code)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/orders/{sold['order'].code}/")
    expect(page.locator(".timeline")).to_contain_text("Payment of €50.00 arrived")


def test_she_changes_a_buyer_and_cancels_some_orders_after_a_look(page, site, concert, sold):
    page.goto(f"{site}/manage/events/{concert.slug}/orders/{sold['order'].code}/")
    page.click("text=Change the buyer")
    page.fill("#id_buyer-name", "Paula Peters")
    page.keyboard.press("Enter")
    expect(page.locator(".timeline")).to_contain_text("Buyer changed")
    page.goto(f"{site}/manage/events/{concert.slug}/orders/?q=guest")
    expect(page.locator("#rows tbody tr")).to_have_count(8)
    for box in page.locator("#rows tbody input[type=checkbox]").all()[:2]:
        box.focus()
        page.keyboard.press("Space")
    page.click("button[value=cancel]")
    expect(page.locator("main")).to_contain_text("2 orders over")
    assert not Order.objects.filter(cancelled_at__isnull=False).exists(), "a look changes nothing"
    page.click("text=Cancel 2 orders")
    expect(page.locator("main")).to_contain_text("2 orders cancelled")
    assert Order.objects.filter(cancelled_at__isnull=False).count() == 2


def test_she_writes_a_message_with_a_preview_and_plans_it(page, site, concert, sold):
    page.goto(f"{site}/manage/events/{concert.slug}/attendees/?answer={sold['food'].pk}:Vegan")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    page.click("text=Write a message")
    page.fill("#id_title", "Dinner")
    page.focus("#id_body")
    page.keyboard.type("Hello {name}, yours is **vegan**.")
    expect(page.locator("#preview strong", has_text="vegan")).to_be_visible()
    expect(page.locator("form.stack-large")).to_contain_text("1 address")
    page.click("text=Save and go on")
    page.wait_for_selector("text=Send a test to")
    page.fill("#send_at", "2027-05-01T10:00")
    page.click("text=Send to 1 address")
    expect(page.locator(".badge", has_text="Planned")).to_be_visible()
    message = Message.objects.get()
    assert messaging.send_due(now=clock.now()) == 0
    assert messaging.send_due(now=message.send_at) == 1
    assert list(Mail.objects.filter(bulk=True).values_list("to", flat=True)) == ["vera@example.com"]


def test_she_exports_a_long_list_and_sees_how_far_it_is(page, site, concert, sold, monkeypatch, alice):
    monkeypatch.setattr("workspace.exporting.AT_ONCE", 1)
    page.goto(f"{site}/manage/events/{concert.slug}/attendees/")
    page.click("button[value=xlsx]")
    page.wait_for_url("**/jobs/*/")
    expect(page.locator("#job")).to_contain_text("Waiting for its turn")
    job = Job.objects.get()
    Job.objects.filter(pk=job.pk).update(started_at=clock.now(), beat_at=clock.now(), done=7)
    expect(page.locator("#job label")).to_have_text("7 of 15")
    Job.objects.filter(pk=job.pk).update(beat_at=None, done=0)
    assert jobs.run(job_id=job.pk, now=clock.now())
    with page.expect_download() as download:
        page.click("text=Download the file")
    assert download.value.suggested_filename == f"attendees-{concert.slug}.xlsx"


def test_she_imports_another_systems_list(page, site, concert, sold):
    text = (
        "Order code,Position ID,Status,E-mail,Product,Attendee name,Attendee email,What do you eat?\n"
        "AB3K9,1,paid,kim@example.com,Standard,Kim Baker,kim@example.com,Meat\n"
        "AB3K9,2,paid,kim@example.com,Standard,,not-an-address,\n"
    )
    page.goto(f"{site}/manage/events/{concert.slug}/attendees/")
    page.get_by_role("link", name="Import").click()
    page.set_input_files("input[type=file]", {"name": "guests.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.locator("main form button.primary").click()
    page.wait_for_url("**/imports/*/")
    assert Import.objects.get().mapping["columns"][f"question-{sold['food'].pk}"] == "What do you eat?"
    expect(page.locator("main")).to_contain_text("Rows with an error")
    page.click("text=Import 1 ticket")
    expect(page.locator("#job")).to_contain_text("1 ticket made")
    ticket = Ticket.objects.get(attendee_name="Kim Baker")
    assert Answers.objects.get(order=ticket.order).given == {sold["food"].key: "Meat"}


def test_she_asks_a_question_that_buyers_answer_by_keyboard(page, browser, site, concert, sold):
    page.goto(f"{site}/manage/events/{concert.slug}/questions/")
    page.click("text=New question")
    page.fill("#id_label", "Which room?")
    page.select_option("#id_kind", "one_of")
    page.fill("#id_choices", "North\nSouth")
    page.check("#id_required")
    page.click("text=Ask this")
    expect(page.locator(".question-list li")).to_have_count(4)
    hold = cast.held(sold["kind"])
    buyer = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    buyer.set_default_timeout(PATIENCE)
    buyer.goto(f"{site}/checkout/{hold.token}/")
    nights = buyer.locator(".question", has_text="How many nights?")
    expect(nights).to_be_hidden()
    buyer.get_by_label("Yes", exact=True).focus()
    buyer.keyboard.press("Space")
    expect(nights).to_be_visible()
    nights.locator("input").fill("many")
    buyer.click("text=Continue to review")
    expect(buyer.locator(".error-summary")).to_contain_text("Which room?: Answer this question.")
    expect(buyer.locator(".error-summary")).to_contain_text("Enter a number")
    expect(nights.locator("input")).to_have_value("many")
    nights.locator("input").fill("2")
    buyer.get_by_label("South").focus()
    buyer.keyboard.press("Space")
    buyer.click("text=Continue to review")
    expect(buyer.locator("main")).to_contain_text("South")
    buyer.click("main form[action*=order] button")
    buyer.wait_for_selector("text=You're in.")
    buyer.context.close()


def test_without_a_script_every_question_says_when_it_is_meant(browser, site, concert, sold):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/checkout/{cast.held(sold['kind']).token}/")
    expect(page.locator(".question", has_text="How many nights?")).to_contain_text("Only if you answered “Yes”")
    expect(page.locator(".question", has_text="How many nights?").locator("input")).to_be_visible()
    context.close()


def desk_pages(concert, sold, alice):
    manage, order = f"/manage/events/{concert.slug}/", sold["answered"]
    now = clock.now()
    draft = messaging.draft(event=concert, audience={"to": "buyers"}, by=alice, now=now, subject="Doors", body="At **seven**.")
    sent = messaging.draft(event=concert, audience={"to": "buyers"}, by=alice, now=now, subject="Doors", body="At seven.")
    messaging.send(message=sent, at=now, now=now)
    messaging.send_due(now=now)
    waiting = exporting.ask(event=concert, what="orders", wanted=exporting.Filter(), form="csv", by=alice, now=now)
    done = exporting.ask(event=concert, what="attendees", wanted=exporting.Filter(), form="csv", by=alice, now=now)
    jobs.run(job_id=done.pk, now=now)
    paths = [
        "",
        "orders/?q=guest",
        "orders/new/",
        f"orders/{order.code}/",
        f"orders/{order.code}/answers/",
        "attendees/",
        "questions/",
        "questions/new/",
        "exports/",
        f"jobs/{waiting.pk}/",
        f"jobs/{done.pk}/",
        "imports/new/",
        "messages/",
        "messages/new/",
        f"messages/{draft.pk}/",
        f"messages/{sent.pk}/",
        "messages/outbox/",
        "history/",
    ]
    buyers = [f"/checkout/{cast.held(sold['kind']).token}/", f"{order.get_absolute_url()}answers/"]
    return ["/manage/", *(manage + path for path in paths), *buyers]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page_of_the_desk(browser, site, files, concert, sold, alice, scheme):
    context = browser.new_context(color_scheme=scheme, viewport={"width": 320, "height": 900}, bypass_csp=True)
    page, findings = context.new_page(), {}
    page.set_default_timeout(PATIENCE)
    sign_in(page, site, alice.email)
    paths = desk_pages(concert, sold, alice)
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        found = {}
        look(page, site, paths, found)
        findings |= {f"{where} at {width}": problems for where, problems in found.items()}
    problems = [f"{where}: {finding}" for where, found in findings.items() for finding in found]
    assert problems == [], "\n".join(problems)
    context.close()
