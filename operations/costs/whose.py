"""What an event, an order and a ticket cost: the event's part of the bill, spread over what it sold."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count

from events.models import Event
from operations.costs.lines import CENT
from operations.costs.month import Month
from registrations.models import Order, Ticket

PAGE = 50
ORDERS = {"cost": "Dearest first", "name": "By name"}


@dataclass(frozen=True, kw_only=True)
class EventCost:
    """`own`: what the event used itself, in cents. `with_shared`: and its part of shared and idle, by requests."""

    event_id: int
    name: str
    own_cents: int
    with_shared: Decimal
    requests: int
    orders: int
    tickets: int

    @property
    def own(self) -> Decimal:
        return self.own_cents * CENT

    @property
    def an_order(self) -> Decimal | None:
        return self.with_shared / self.orders if self.orders else None

    @property
    def a_ticket(self) -> Decimal | None:
        return self.with_shared / self.tickets if self.tickets else None


def event_costs(*, month: Month, page: int = 1, only: int | None = None) -> tuple[list[EventCost], int]:
    """A page of the month's events, the dearest first, and how many there are. Three statements, whatever their number."""
    split = month.bill.allocation
    ranked = sorted(split.per_event, key=lambda pk: (-split.per_event[pk], -month.used.of_events[pk].count, pk))
    shown = [only] if only is not None else ranked[(page - 1) * PAGE : page * PAGE]
    names = dict(Event.objects.filter(pk__in=shown).values_list("pk", "name"))
    orders = _counted(Order.objects.filter(confirmed_at__gte=month.since, confirmed_at__lt=month.until, event__in=shown))
    tickets = _counted(Ticket.objects.filter(issued_at__gte=month.since, issued_at__lt=month.until, event__in=shown))
    rest = (split.shared + split.idle) * CENT
    of_all = sum(each.count for each in month.used.of_events.values()) or 1
    rows = []
    for pk in shown:
        used = month.used.of_events.get(pk)
        requests = used.count if used else 0
        rows.append(
            EventCost(
                event_id=pk,
                name=names.get(pk, f"Event {pk}, removed"),
                own_cents=split.per_event.get(pk, 0),
                with_shared=split.per_event.get(pk, 0) * CENT + rest * requests / of_all,
                requests=requests,
                orders=orders.get(pk, 0),
                tickets=tickets.get(pk, 0),
            )
        )
    return rows, len(ranked)


def _counted(rows: object) -> dict[int, int]:
    return dict(rows.order_by().values_list("event").annotate(n=Count("id")))  # type: ignore[attr-defined]


def totals_sold(*, since: datetime, until: datetime) -> tuple[int, int]:
    """(orders, tickets) that became valid in the span."""
    orders = Order.objects.filter(confirmed_at__gte=since, confirmed_at__lt=until).count()
    return orders, Ticket.objects.filter(issued_at__gte=since, issued_at__lt=until).count()
