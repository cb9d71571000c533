"""What Alice does with single orders in a real browser: comps and door sales, names, mail, void tickets, refunds; what is
sent regularly; a message's test and the outbox; charts under the pointer."""

import pytest
from playwright.sync_api import expect

from outbox.models import Mail
from payments.models import Refund
from registrations.models import Order, Ticket
from tests import cast
from tests.journeys.at_the_desk import tab_to
from ticketing.lib import clock
from workspace import messaging
from workspace.models import ExportSchedule

pytestmark = pytest.mark.django_db(transaction=True)


def chosen(page, name):
    """What a staff order's form is for, by keyboard."""
    page.focus(f"input[name=kind][value={name}]")
    page.keyboard.press("Space")


def test_a_comp_and_a_sale_at_the_door_by_keyboard(page, site, concert, hall):
    kind = cast.ticket_type(concert, name="Balcony", price_minor=2500, capacity=4)
    page.goto(f"{site}/manage/events/{concert.slug}/orders/")
    tab_to(page, "Make an order")
    page.keyboard.press("Enter")
    chosen(page, "comp")
    page.fill(f"#id_quantity-{kind.pk}", "2")
    page.fill("#id_buyer_name", "Rita Reporter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/*/")
    expect(page.locator("main")).to_contain_text("Comp")
    page.goto(f"{site}/manage/events/{concert.slug}/orders/new/")
    chosen(page, "door")
    page.fill(f"#id_quantity-{kind.pk}", "1")
    page.fill("#id_buyer_name", "Walter Walk-in")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_contain_text("Say how it was paid")
    page.select_option("#id_paid_by", "cash")
    page.keyboard.press("Enter")
    page.focus("main form button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/*/")
    expect(page.locator(".timeline")).to_contain_text("Sold at the door")
    assert sorted(Order.objects.values_list("total_minor", "staff__kind", "staff__paid_by")) == [(0, "comp", ""), (2500, "door", "cash")]
    page.goto(f"{site}/manage/events/{concert.slug}/orders/new/")
    page.fill(f"#id_quantity-{kind.pk}", "2")
    page.fill("#id_buyer_name", "Too many")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_be_visible()
    assert Ticket.objects.count() == 3, "comps take places like everybody's"


def test_a_name_a_void_ticket_the_mail_again_and_a_refund_all_stand_in_the_history(page, site, concert, sold):
    order = sold["order"]
    page.goto(f"{site}/manage/events/{concert.slug}/orders/{order.code}/")
    page.locator("summary", has_text="Another name").first.press("Enter")
    page.fill("#name-1", "Rita Reporter")
    page.keyboard.press("Enter")
    expect(page.locator(".timeline")).to_contain_text("Name on a ticket changed")
    page.locator("summary", has_text="Make void").nth(1).press("Enter")
    page.fill("#reason-2", "lost")
    page.keyboard.press("Enter")
    expect(page.locator(".badge.bad", has_text="Void: lost")).to_be_visible()
    tab_to(page, "Send the mail again")
    page.keyboard.press("Enter")
    expect(page.locator(".notice").first).to_contain_text("goes to paula@example.com again")
    tab_to(page, "Refund up to €50.00")
    page.keyboard.press("Enter")
    page.fill("#id_amount", "10")
    page.click("button[value=amount]")
    expect(page.locator(".who-gets").first).to_contain_text("€10.00")
    assert not Refund.objects.exists(), "a look gives nothing back"
    page.click("button:has-text('Give back €10.00')")
    page.wait_for_url("**/payments/")
    assert Refund.objects.get().amount_minor == 1000
    page.goto(f"{site}/manage/events/{concert.slug}/orders/{order.code}/")
    for what in ("Refund decided", "Ticket made void", "Confirmation asked for again", "by Alice"):
        expect(page.locator(".timeline")).to_contain_text(what)


def test_a_report_comes_every_week_until_it_is_stopped(page, site, concert, sold):
    page.goto(f"{site}/manage/events/{concert.slug}/exports/")
    page.select_option("#every-sales", "week")
    page.focus("#every-sales")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Sales by day, type and price, every week")
    with page.expect_download() as download:
        page.locator("tr", has_text="Taxes by rate").locator("button", has_text="CSV").press("Enter")
    assert download.value.suggested_filename == f"taxes-{concert.slug}.csv"
    page.get_by_role("button", name="Stop sending Sales").press("Enter")
    expect(page.locator("main")).not_to_contain_text("every week to")
    assert ExportSchedule.objects.get().ended_at


def test_a_message_is_tried_out_kept_as_a_template_and_mail_that_failed_goes_again(page, site, concert, sold, alice):
    draft = messaging.draft(event=concert, audience={"to": "buyers"}, by=alice, now=clock.now(), subject="Doors", body="At **seven**.")
    page.goto(f"{site}/manage/events/{concert.slug}/messages/{draft.pk}/")
    page.click("button:has-text('Send a test to')")
    expect(page.locator(".notice").first).to_contain_text(alice.email)
    assert Mail.objects.filter(to=alice.email).count() == 1
    messaging.send(message=draft, at=clock.now(), now=clock.now())
    messaging.send_due(now=clock.now())
    mail = Mail.objects.get(to="paula@example.com")
    Mail.objects.filter(pk=mail.pk).update(tries=9, given_up_at=clock.now(), last_error="Mailbox full")
    page.goto(f"{site}/manage/events/{concert.slug}/messages/outbox/?q=paula")
    expect(page.locator("tbody tr")).to_contain_text("Mailbox full")
    page.get_by_role("button", name="Try again").press("Enter")
    expect(page.locator("tbody tr .badge.bad")).to_have_count(0)
    assert Mail.objects.get(pk=mail.pk).given_up_at is None


def test_a_chart_tells_the_day_under_the_pointer_and_the_table_behind_has_it_too(page, site, concert, sold):
    page.goto(f"{site}/manage/events/{concert.slug}/")
    chart = page.locator("[data-chart=days]")
    chart.locator(".u-over").hover()
    expect(chart.locator(".u-legend")).to_contain_text("15")
    page.locator("section", has=page.locator("#over-time")).locator("summary").press("Enter")
    expect(page.get_by_role("region", name="Table of tickets by day").locator("tbody tr")).to_contain_text("15")
