"""People of the demo who wait for tickets, or asked for them; and dates that repeat."""

from datetime import datetime, time, timedelta

from events import inventory, publication, series, series_work
from events.models import Event, Quota, TicketType
from events.repetition import Rule
from registrations import approval, checkout, waiting, waiting_offers

WAITING = (("ines@example.com", 2), ("tom@example.com", 1), ("yuki@example.com", 2), ("noor@example.com", 1), ("pavel@example.com", 4))
ASKING = (("Ines Duarte", "ines"), ("Tom Reilly", "tom"), ("Yuki Mori", "yuki"), ("Noor Haddad", "noor"), ("Pavel Novák", "pavel"))


def wait_for(*, kind: TicketType, now: datetime) -> None:
    """Five wait for a sold-out type; the first was offered tickets, as one more row was put in."""
    for hours, (email, quantity) in zip((50, 31, 12, 5, 1), WAITING, strict=True):
        waiting.join(kind=kind, email=email, quantity=quantity, takes_fewer=quantity < 4, now=now - timedelta(hours=hours))
    quota = kind.quotas.get()
    inventory.set_capacity(quota=quota, capacity=quota.capacity + 2)
    waiting_offers.offer_places(event=kind.event, now=now)


def ask_for(*, kind: TicketType, now: datetime) -> None:
    """Five ask; one is approved and may pay, one is declined, the others wait for the organiser."""
    orders = []
    for hours, (name, address) in zip((40, 26, 20, 8, 2), ASKING, strict=True):
        at = now - timedelta(hours=hours)
        held = checkout.hold(event=kind.event, picks=[checkout.Pick(ticket_type=kind, quantity=1)], now=at)
        checkout.save_details(hold=held, buyer_name=name, buyer_email=f"{address}@example.com", attendees=[])
        orders.append(checkout.place_order(hold=held, now=at))
    approval.approve(order=orders[0], now=now)
    approval.decline(order=orders[1], now=now)


def repeat(*, event: Event, now: datetime) -> None:
    """Three times a day for four months; one date is cancelled, and every seventh of the first ones has no place left."""
    first = event.local_start.date()
    rule = Rule(frequency="day", first=first, last=first + timedelta(days=119), at=[time(11), time(14), time(17)])
    made = series.make_series(event=event, rule=rule, by=None, now=now)
    series_work.do_due(now=now)
    dates = list(Event.objects.filter(series=made).order_by("starts_at")[:40])
    publication.cancel(event=dates[4], now=now)
    for date in dates[6::7]:
        for quota in Quota.objects.filter(event=date):
            inventory.set_capacity(quota=quota, capacity=0)
