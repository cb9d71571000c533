"""The waiting list through its pages: a buyer's, without an account, and the organiser's."""

import pytest
from django.core import mail

from outbox import post
from registrations import cancellation, waiting, waiting_offers
from registrations.models import WaitingEntry
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def full(concert):
    kind = cast.ticket_type(concert, capacity=1, max_per_order=4)
    kind.order = cast.ordered(kind)
    return kind


def join(client, kind, email="erin@example.com", **typed):
    return client.post(f"/events/{kind.event.slug}/waiting/{kind.pk}/", {"email": email, "quantity": "1", "takes_fewer": "on"} | typed)


def test_a_sold_out_type_leads_to_the_list_and_the_list_to_a_place(client, full):
    link = f"/events/{full.event.slug}/waiting/{full.pk}/"
    assert link in client.get(full.event.get_absolute_url()).content.decode()
    assert client.get(link).status_code == 200
    answer = join(client, full)
    assert answer.status_code == 303
    page = client.get(answer.url)
    assert "You are on the waiting list" in page.content.decode() and page.headers["Cache-Control"] == "private, no-store"
    client.post(f"{answer.url}departure/")
    assert "You left the waiting list" in client.get(answer.url).content.decode()


def test_the_offers_mail_leads_to_the_tickets(client, full, settings):
    settings.OUTBOX_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    entry_page = join(client, full).url
    cancellation.cancel_order(order=full.order, now=clock.now())
    waiting_offers.offer_due(now=clock.now())
    post.send_due(now=clock.now())
    hold = WaitingEntry.objects.get().hold
    letters = {message.subject.split(" ")[0]: message for message in mail.outbox if message.to == ["erin@example.com"]}
    assert f"/checkout/{hold.token}/" in letters["Tickets"].body and "Let somebody else" in letters["Tickets"].body
    assert "data-expires-at" in client.get(entry_page).content.decode()
    page = client.get(f"/checkout/{hold.token}/")
    assert page.status_code == 200 and 'value="erin@example.com"' in page.content.decode()
    client.post(f"/checkout/{hold.token}/", {"buyer_name": "Erin", "buyer_email": "erin@example.com"})
    assert client.post(f"/checkout/{hold.token}/order/").status_code == 303
    assert "You got your tickets" in client.get(entry_page).content.decode()
    assert client.get(f"/checkout/{hold.token}/").status_code == 303  # the link worked once: now it leads to the order


def test_an_offer_is_given_up_for_who_is_next(client, full):
    first, second = join(client, full).url, join(client, full, "frank@example.com").url
    cancellation.cancel_order(order=full.order, now=clock.now())
    waiting_offers.offer_due(now=clock.now())
    ended = f"/checkout/{WaitingEntry.objects.exclude(hold=None).get().hold.token}/"
    client.post(f"{first}departure/")
    assert "went to who is next on the waiting list" in client.get(ended).content.decode()
    waiting_offers.offer_due(now=clock.now())
    assert "went to who is next" in client.get(first).content.decode()
    assert "Your tickets are set aside" in client.get(second).content.decode()


def test_an_address_on_the_list_learns_it_by_mail_only(client, full):
    join(client, full)
    answer = join(client, full)
    assert answer.status_code == 200 and WaitingEntry.objects.get().token not in answer.content.decode()


@pytest.mark.parametrize("typed", [{"email": "nobody"}, {"quantity": "0"}, {"quantity": "99"}, {"quantity": "x"}])
def test_what_is_wrong_is_said_at_its_field(client, full, typed):
    answer = join(client, full, **typed)
    assert answer.status_code == 422 and "error-summary" in answer.content.decode()
    assert not WaitingEntry.objects.exists()


def test_hidden_types_have_no_list(client, full):
    type(full).objects.update(hidden=True)
    assert join(client, full).status_code == 404


def test_the_organiser_sees_moves_offers_and_removes(client, alice, charlie, full, django_assert_max_num_queries):
    names = ["erin", "frank", "grace"]
    for name in names:
        waiting.join(kind=full, email=f"{name}@example.com", quantity=1, takes_fewer=True, now=clock.now())
    entries = list(WaitingEntry.objects.order_by("id"))
    url = f"/manage/events/{full.event.slug}/waiting/"
    client.force_login(charlie)
    assert client.get(url).status_code == 404
    client.force_login(alice)
    with django_assert_max_num_queries(12):
        page = client.get(url).content.decode()
    assert all(name in page for name in names)
    client.post(f"{url}{entries[2].pk}/place/", {"to": "first"})
    assert WaitingEntry.objects.waiting().first() == entries[2]
    assert "no 1 places free" in client.post(f"{url}{entries[1].pk}/offer/", follow=True).content.decode()
    cancellation.cancel_order(order=full.order, now=clock.now())
    client.post(f"{url}{entries[1].pk}/offer/")
    client.post(f"{url}{entries[0].pk}/removal/")
    states = [entry.state for entry in WaitingEntry.objects.select_related("hold").order_by("id")]
    assert states == ["removed", "offered", "waiting"]
    for state in ("waiting", "offered", "bought", "missed", "ended"):
        assert client.get(url, {"state": state}).status_code == 200


def test_the_organiser_sets_the_terms(client, alice, full):
    client.force_login(alice)
    url = f"/manage/events/{full.event.slug}/waiting/terms/"
    assert client.post(url, {"offer_hours": "0"}).status_code == 422
    client.post(url, {"offer_hours": "6"})
    full.event.refresh_from_db()
    assert full.event.offer_hours == 6 and full.event.waiting_closed_at and full.event.waiting_paused_at
    assert "Join the waiting list" not in client.get(full.event.get_absolute_url()).content.decode()
