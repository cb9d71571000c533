"""What can be exported: each sheet's head and its rows, read a few thousand at a time from a cursor of the server."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDay

from events.models import Event
from payments.models import Payment, Refund
from registrations.models import Order, OrderLine
from ticketing.lib import money, tokens
from workspace.filters import Filter

CHUNK = 2000
Row = list[Any]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """`permission`: who may have it, a key of accounts.access.MAY. `found`: its rows before they are read."""

    title: str
    permission: str
    head: list[str]
    found: Callable[[Event, Filter], QuerySet[Any]]
    row: Callable[[Event, Any], Row]

    def rows(self, *, event: Event, wanted: Filter) -> Iterator[Row]:
        for each in self.found(event, wanted).iterator(chunk_size=CHUNK):
            yield self.row(event, each)


ORDER = ("code", "buyer_name", "buyer_email", "total_minor", "currency", "placed_at", "confirmed_at", "cancelled_at", "expired_at")


def _orders(event: Event, wanted: Filter) -> QuerySet[Any]:
    return wanted.orders(event=event).values_list(*ORDER, "staff__kind", "staff__paid_by", "hold__source")


def _order_row(event: Event, values: tuple[Any, ...]) -> Row:
    code, name, email, total, currency, placed, confirmed, cancelled, expired, kind, paid_by, source = values
    state = "cancelled" if cancelled else "confirmed" if confirmed else "expired" if expired else "waiting"
    amount = money.to_major(total, currency)
    return [code, state, name, email, amount, currency, placed, confirmed, cancelled, kind or "online", paid_by or "", source or ""]


def _attendees(event: Event, wanted: Filter) -> QuerySet[Any]:
    return wanted.tickets(event=event).values_list(
        "serial",
        "attendee_name",
        "attendee_email",
        "ticket_type__name",
        "price_minor",
        "order__currency",
        "order__code",
        "order__buyer_name",
        "order__buyer_email",
        "issued_at",
        "voided_at",
    )


def _attendee_row(event: Event, values: tuple[Any, ...]) -> Row:
    serial, name, email, kind, price, currency, *rest = values
    return [tokens.serial_text(serial), name, email, kind, money.to_major(price, currency), currency, *rest]


def _sales(event: Event, wanted: Filter) -> QuerySet[Any]:
    running = Q(order__confirmed_at__isnull=False, order__cancelled_at=None)
    lines = OrderLine.objects.filter(running, order__event=event).order_by()
    rows = lines.annotate(day=TruncDay("order__confirmed_at", tzinfo=event.zone)).values("day", "ticket_type__name", "price_minor")
    return rows.annotate(tickets=Sum("quantity"), orders=Count("order", distinct=True)).order_by("day", "ticket_type__name", "price_minor")


def _sale_row(event: Event, values: dict[str, Any]) -> Row:
    price, tickets = values["price_minor"], values["tickets"]
    each, total = money.to_major(price, event.currency), money.to_major(price * tickets, event.currency)
    return [f"{values['day']:%Y-%m-%d}", values["ticket_type__name"], each, values["orders"], tickets, total, event.currency]


def _payments(event: Event, wanted: Filter) -> QuerySet[Any]:
    rows = Payment.objects.filter(order__event=event, succeeded_at__isnull=False).order_by("-id")
    given = Sum("refunds__amount_minor", filter=Q(refunds__failed_at=None))
    return rows.annotate(given=Coalesce(given, 0)).values_list(
        "order__code", "gateway", "provider_id", "amount_minor", "given", "currency", "succeeded_at"
    )


def _payment_row(event: Event, values: tuple[Any, ...]) -> Row:
    code, gateway, provider_id, amount, given, currency, at = values
    major = money.to_major
    return [
        code,
        gateway,
        provider_id or "",
        major(amount, currency),
        major(given, currency),
        major(amount - given, currency),
        currency,
        at,
    ]


def _refunds(event: Event, wanted: Filter) -> QuerySet[Any]:
    return (
        Refund.objects.filter(payment__order__event=event)
        .order_by("-id")
        .values_list(
            "payment__order__code", "amount_minor", "payment__currency", "reason", "due_at", "completed_at", "failed_at", "failure"
        )
    )


def _refund_row(event: Event, values: tuple[Any, ...]) -> Row:
    code, amount, currency, *rest = values
    return [code, money.to_major(amount, currency), currency, *rest]


def _door(event: Event, wanted: Filter) -> QuerySet[Any]:
    rows = Order.objects.filter(event=event, staff__isnull=False, cancelled_at=None).order_by()
    return rows.values("staff__kind", "staff__paid_by").annotate(orders=Count("pk"), total=Sum(F("total_minor"))).order_by("staff__kind")


def _door_row(event: Event, values: dict[str, Any]) -> Row:
    total = money.to_major(values["total"], event.currency)
    return [values["staff__kind"], values["staff__paid_by"] or "nothing to pay", values["orders"], total, event.currency]


SHEETS = {
    "orders": Sheet(
        title="Orders",
        permission="view",
        head="Order,State,Buyer,E-mail,Total,Currency,Placed (UTC),Confirmed (UTC),Cancelled (UTC),Made,Paid by,Source".split(","),
        found=_orders,
        row=_order_row,
    ),
    "attendees": Sheet(
        title="Attendees",
        permission="view",
        head="Ticket,Attendee,Attendee's e-mail,Type,Price,Currency,Order,Buyer,Buyer's e-mail,Issued (UTC),Void (UTC)".split(","),
        found=_attendees,
        row=_attendee_row,
    ),
    "sales": Sheet(
        title="Sales by day, type and price",
        permission="finance",
        head="Day,Type,Price,Orders,Tickets,Sum,Currency".split(","),
        found=_sales,
        row=_sale_row,
    ),
    "payments": Sheet(
        title="Payments",
        permission="finance",
        head="Order,Provider,Provider's id,Amount,Given back,Kept,Currency,Paid (UTC)".split(","),
        found=_payments,
        row=_payment_row,
    ),
    "refunds": Sheet(
        title="Refunds",
        permission="finance",
        head="Order,Amount,Currency,Reason,Owed (UTC),Sent (UTC),Failed (UTC),Why it failed".split(","),
        found=_refunds,
        row=_refund_row,
    ),
    "door": Sheet(
        title="Comps and door sales by way of paying",
        permission="finance",
        head="Made as,Paid by,Orders,Sum,Currency".split(","),
        found=_door,
        row=_door_row,
    ),
}
REPORTS = ("sales", "payments", "refunds", "door")
