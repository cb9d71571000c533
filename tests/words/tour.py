"""A world with everything a visitor may come across, named in Greek, and a walk over its public pages."""

from datetime import timedelta

from django.core import signing
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts import team
from accounts.models import Role
from events import questions, repetition, series, series_work, terms
from events.models import Approval, Category, Question
from registrations import approval, cancellation, checkout, transfer, waiting, waiting_offers
from registrations.models import Order
from tests import cast
from ticketing import trouble
from ticketing.lib import clock, languages
from workspace import unsubscribing

PAGES = (200, 404, 409, 410, 422, 429)  # anything else is no page of its own
SPEAKS = {"headers": {"accept-language": "de"}}
BUYER = {"buyer_name": "Δανάη", "buyer_email": "dana@example.com"}


def world(hall, alice):
    """The event with types of all kinds, and the orders, links and lists around it."""
    now = clock.now()
    type(hall).objects.filter(pk=hall.pk).update(name="Αίθουσα")
    hall.refresh_from_db()
    event = cast.event(
        organiser=hall, name="Συναυλία", slug="m", summary="Μουσική.", venue_name="Θέατρο", venue_address="Οδός 1", city="Αθήνα",
        time_zone="Europe/Athens", tax_name="ΦΠΑ", max_per_buyer=40, description="Καλό",
    )  # fmt: skip
    heading = Category.objects.create(event=event, name="Θέσεις", description="Όλες")
    free = cast.ticket_type(event, name="Εξώστης", category=heading, max_per_order=6)
    paid = cast.ticket_type(event, name="Πλατεία", price_minor=2500, tax_rate="19.5")
    cast.tier(paid, 1500, name="Νωρίς", quantity=30, ends_at=now + timedelta(days=3))
    cast.ticket_type(event, name="Δωρεά", price_minor=500, pricing="donation")
    cast.ticket_type(event, name="Αύριο", sale_starts_at=now + timedelta(days=1))
    cast.ticket_type(event, name="Χθες", sale_ends_at=now - timedelta(days=1))
    cast.ticket_type(event, name="Λίγα", capacity=3)
    asked = cast.ticket_type(event, name="Ερώτηση", price_minor=900, approval=Approval.PLACES_KEPT)
    full = cast.ticket_type(event, name="Γεμάτο", capacity=1)
    extra = cast.ticket_type(event, name="Ποτό", price_minor=300, is_addon=True, most_per_ticket=2)
    cast.discount(event, 3, percent=10, name="Ομάδα")
    cast.code(event, code="ΚΩΔ1", percent=20)
    for kind in ("text", "yes_no", "one_of", "file", "date"):
        fields = {"label": "Ερώτηση;", "kind": kind, "hint": "Βοήθεια", "per_ticket": kind == "yes_no", "choices": ["Α", "Β"]}
        questions.save(event=event, question=Question(event=event), fields=fields, kinds=[])
    terms.save(event=event, fields={"cancel_until_hours": 24, "cancel_fee_minor": 100, "cancel_fee_percent": 5})
    return {"event": event, "free": free, "paid": paid, "asked": asked, "full": full, "extra": extra, "now": now, "alice": alice}


def held(kind, quantity=1, **options):
    made = cast.held(kind, quantity, **options)
    attendees = [{"ticket_type": kind.pk, "name": "Κίμων", "email": "kim@example.com"}] * quantity
    checkout.save_details(hold=made, attendees=attendees, **BUYER)
    made.refresh_from_db()
    return made


def ordered(kind, quantity=1, *, language="", **options):
    return checkout.place_order(hold=held(kind, quantity, **options), now=clock.now(), language=language)


def walk(world):
    """(name, HTML) of every public page, in German."""
    client, event, now = Client(), world["event"], world["now"]

    def page(path, answer):
        fine = answer.status_code in PAGES and (answer.status_code != 404 or "nothing-here" in path)
        return path, answer.content.decode() if fine else f"<p>status {answer.status_code} {answer.headers.get('Location', '')}</p>"

    def get(path):
        return page(path, client.get(path, **SPEAKS))

    def post(path, typed=None):
        return page(f"POST {path} {typed}", client.post(path, typed or {}, **SPEAKS))

    yield get("/")
    yield get("/?q=nothing-of-it")
    yield get(event.get_absolute_url())
    yield get(f"{event.get_absolute_url()}widget/")
    yield get(f"{event.get_absolute_url()}privacy/")
    yield get(f"/organisers/{event.organiser.slug}/widget/")
    yield get(f"{event.get_absolute_url()}code/?code=ΚΩΔ1")
    yield get(f"{event.get_absolute_url()}code/?code=ΑΛΛΟ")
    yield post(f"{event.get_absolute_url()}holds/", {})
    yield post(f"{event.get_absolute_url()}holds/", {f"quantity-{world['free'].pk}": "9"})
    yield post(f"{event.get_absolute_url()}holds/", {f"quantity-{world['extra'].pk}": "1"})
    yield post(f"{event.get_absolute_url()}holds/", {f"quantity-{world['full'].pk}": "x"})
    yield from _checkout(world, get, post)
    yield from _orders(world, client, get, post)
    yield from _waiting(world, get, post)
    yield from _series(world, get)
    yield from _accounts(world, get, post)
    yield from _errors(get)
    unsubscribe = reverse(
        "workspace:unsubscribe", args=[unsubscribing.token_for(organiser_id=event.organiser_id, email="dana@example.com")]
    )
    yield get(unsubscribe)
    yield post(unsubscribe, {"act": "unsubscribe"})
    yield post(unsubscribe, {"act": "subscribe"})
    yield get("/tickets/find/")
    yield post("/tickets/find/", {"email": "?"})
    yield post("/tickets/find/", {"email": "dana@example.com"})
    type(event).objects.filter(pk=event.pk).update(cancelled_at=now)
    yield get(event.get_absolute_url())


def _checkout(world, get, post):
    hold = held(world["paid"], 2)
    yield get(f"/checkout/{hold.token}/")
    yield post(f"/checkout/{hold.token}/", {"buyer_email": "?", "attendee-1-email": "?", "vat_id": "?", "attendee-1-name": "a" * 160})
    checkout.save_details(hold=hold, attendees=[], **BUYER | {"buyer_email": "dana@gmial.com"})
    yield get(f"/checkout/{hold.token}/review/")
    request = held(world["asked"])
    yield get(f"/checkout/{request.token}/review/")
    checkout.release_hold(hold=hold, now=clock.now())
    yield get(f"/checkout/{hold.token}/")
    over = held(world["free"], now=clock.now() - timedelta(hours=2))
    yield get(f"/checkout/{over.token}/")


def _orders(world, client, get, post):
    order = ordered(world["free"], 2)
    yield get(order.get_absolute_url())
    yield post(f"{order.get_absolute_url()}tickets/1/", {"name": "", "email": "?"})
    yield get(f"{order.get_absolute_url()}changes/")
    yield get(f"{order.get_absolute_url()}answers/")
    yield get(f"{order.get_absolute_url()}tickets/1/transfer/")
    yield post(f"{order.get_absolute_url()}tickets/1/transfer/", {"email": "?"})
    yield get(f"{order.get_absolute_url()}cancellation/")
    yield post(f"{order.get_absolute_url()}cancellation/", {"tickets": ["1"]})
    yield get(f"{order.get_absolute_url()}data/")
    client.post(f"{order.get_absolute_url()}erasure/", **SPEAKS)
    yield get(f"{order.get_absolute_url()}data/")
    yield get(reverse("registrations:erasure", args=[order.code, order.secret, signing.dumps(order.pk, salt="registrations.erasure-link")]))
    ticket = order.tickets.select_related("order__event").first()
    made = transfer.transfer_ticket(ticket=ticket, name="Λέων", email="leo@example.com", now=clock.now())
    yield get(made.get_absolute_url())
    yield get(f"{made.get_absolute_url()}transfer/")
    yield get(f"{made.get_absolute_url()}data/")
    yield get(order.get_absolute_url())
    yield from _paid(world, client, get)
    request = ordered(world["asked"])
    yield get(request.get_absolute_url())
    approval.approve(order=Order.objects.select_related("event").get(pk=request.pk), now=clock.now())
    yield get(request.get_absolute_url())
    refused = ordered(world["asked"])
    approval.decline(order=Order.objects.select_related("event").get(pk=refused.pk), now=clock.now())
    yield get(refused.get_absolute_url())


def _paid(world, client, get):
    order = ordered(world["paid"])
    yield get(order.get_absolute_url())
    start = client.get(f"{order.get_absolute_url()}payment/", **SPEAKS)
    yield get(f"/practice/{start.url.rstrip('/').split('/')[-1]}/")
    yield get(f"{order.get_absolute_url()}payment/return/")
    client.post(start.url, {"act": "pay"}, **SPEAKS)
    client.get(f"{order.get_absolute_url()}payment/return/", **SPEAKS)
    yield get(start.url)
    yield get(order.get_absolute_url())
    yield get(f"{order.get_absolute_url()}receipt/")
    yield get(f"{order.get_absolute_url()}changes/")
    declined = ordered(world["paid"])
    start = client.get(f"{declined.get_absolute_url()}payment/", **SPEAKS)
    client.post(start.url, {"act": "decline"}, **SPEAKS)
    yield get(f"{declined.get_absolute_url()}payment/return/")


def _waiting(world, get, post):
    full, now = world["full"], clock.now()
    gone = ordered(full)
    path = f"/events/{world['event'].slug}/waiting/{full.pk}/"
    yield get(path)
    yield post(path, {"email": "?", "quantity": "1"})
    entry = waiting.join(kind=full, email="leo@example.com", quantity=1, takes_fewer=False, now=now)
    yield post(path, {"email": "leo@example.com", "quantity": "1"})
    yield get(entry.get_absolute_url())
    cancellation.cancel_order(order=gone, now=now)
    yield get(gone.get_absolute_url())
    waiting_offers.offer_due(now=now)
    yield get(entry.get_absolute_url())
    entry.refresh_from_db()
    checkout.release_hold(hold=entry.hold, now=now)
    yield get(entry.get_absolute_url())


def _series(world, get):
    first = cast.event(
        organiser=world["event"].organiser,
        name="Σειρά",
        slug="s",
        summary="",
        venue_name="Θέατρο",
        venue_address="Οδός 2",
        city="Αθήνα",
        time_zone="Europe/Athens",
    )
    cast.ticket_type(first, name="Θέση")
    day = first.local_start.date()
    rule = repetition.Rule(frequency="day", first=day, last=day + timedelta(days=40), at=[first.local_start.time()])
    made = series.make_series(event=first, rule=rule, by=world["alice"], now=world["now"])
    series_work.do_due(now=world["now"])
    series.publish(series=made, by=world["alice"], now=world["now"])
    yield get(f"/series/{made.slug}/")
    yield get(f"/series/{made.slug}/?day={day}")


def _accounts(world, get, post):
    for path in ("login/", "signup/", "password/reset/", "password/reset/done/", "login/code/"):
        yield get(f"/account/{path}")
    yield post("/account/login/", {"login": "?", "password": ""})
    yield post("/account/signup/", {"email": "?", "password1": "1"})
    invitation = team.invite(
        organiser=world["event"].organiser, email="new@example.com", role=Role.VIEWER, by=world["alice"], now=world["now"]
    )
    member = Client()
    member.force_login(world["alice"])
    answer = member.get(reverse("accounts:invitation", args=[invitation.token]), **SPEAKS)
    yield "invitation", answer.content.decode()


def _errors(get):
    yield get("/nothing-here/")
    yield "403", Client(enforce_csrf_checks=True).post("/tickets/find/", **SPEAKS).content.decode()
    for page in (trouble.busy, trouble.broken, lambda request: trouble.bad_request(request, ValueError())):
        with languages.answering("de"):
            yield str(page), page(RequestFactory().get("/")).content.decode()
