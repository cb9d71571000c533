"""What the API and webhooks keep about people (ticketing/lib/personal.py): copies of answers and messages, for days."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q

from registrations.models import Order
from scanning.models import Scan
from ticketing.lib.personal import DELETE, Kept, Until, declare


def _of_orders(orders: Any) -> Q:
    """Messages about these orders (a query or ids), and about who came in with their tickets."""
    entries = Scan.objects.filter(ticket__order__in=orders).values("pk")
    return Q(about__startswith="order:", about_id__in=orders) | Q(about__startswith="ticket:", about_id__in=entries)


def _of_events(ids: Collection[int]) -> Q:
    return _of_orders(Order.objects.filter(event__in=ids).values("pk"))


declare("api.Token", rest="name secret_hash ending")
declare(
    "api.Call",
    rest="key asked",
    body=Kept(whose="buyer", why="The answer, for a program that asks again.", until=Until.DAYS, blank=DELETE, days=2, since="started_at"),
)
declare("api.Endpoint", rest="url sealed_secret")
declare(
    "api.Message",
    rest="kind fact about last_error",
    order=_of_orders,
    event=_of_events,
    body=Kept(whose="buyer", why="What the organiser's own programs were told.", days=30, since="happened_at"),
)
declare("api.Reading", rest="read pending")
