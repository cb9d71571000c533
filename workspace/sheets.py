"""What can be exported: each sheet's head and its rows, read a few thousand at a time from a cursor of the server."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from events.models import Event, Question
from registrations.models import WaitingEntry
from ticketing.lib import money, tokens
from workspace import answered, money_reports
from workspace.filters import Filter

CHUNK = 2000
Row = list[Any]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """`permission`: who may have it, a key of accounts.access.MAY. `found`: its rows before they are read. `asked`:
    answers to the event's questions are further columns, of tickets (True) or of orders (False)."""

    title: str
    permission: str
    columns: list[str]
    found: Callable[[Event, Filter], QuerySet[Any]]
    row: Callable[[Event, Any], Row]
    asked: bool | None = None

    def table(self, *, event: Event, wanted: Filter) -> tuple[list[str], Iterator[Row]]:
        """The head, and the rows as they are read."""
        questions = [] if self.asked is None else answered.questions_of(event=event, per_ticket=self.asked)
        return self.columns + [question.label for question in questions], self._rows(event, wanted, questions)

    def _rows(self, event: Event, wanted: Filter, questions: list[Question]) -> Iterator[Row]:
        rows = self.found(event, wanted)
        if not questions:
            for each in rows.iterator(chunk_size=CHUNK):
                yield self.row(event, each)
            return
        add = answered.tickets_with_answers if self.asked else answered.orders_with_answers
        for *values, given in add(rows).iterator(chunk_size=CHUNK):
            yield self.row(event, tuple(values)) + answered.columns(questions, given)


ORDER = ("code", "buyer_name", "buyer_email", "total_minor", "currency", "placed_at", "confirmed_at", "cancelled_at", "expired_at")
REQUEST = ("requested_at", "approved_at", "declined_at")


def _orders(event: Event, wanted: Filter) -> QuerySet[Any]:
    return wanted.orders(event=event).values_list(
        *ORDER, *REQUEST, "staff__kind", "staff__paid_by", "hold__source", "promotion__code", "discount__name"
    )


def _order_row(event: Event, values: tuple[Any, ...]) -> Row:
    code, name, email, total, currency, placed, confirmed, cancelled, expired, *rest = values
    asked, approved, declined, kind, paid_by, source, promotion, discount = rest
    state = (
        "declined"
        if declined
        else "cancelled"
        if cancelled
        else "confirmed"
        if confirmed
        else "expired"
        if expired
        else "asked"
        if asked and not approved
        else "waiting"
    )
    amount = money.to_major(total, currency)
    made = [kind or "online", paid_by or "", source or "", promotion or "", discount or ""]
    return [code, state, name, email, amount, currency, placed, confirmed, cancelled, *made]


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


def _waiting(event: Event, wanted: Filter) -> QuerySet[Any]:
    return WaitingEntry.objects.filter(event=event).select_related("ticket_type", "hold").order_by("position", "id")


def _waiting_row(event: Event, entry: WaitingEntry) -> Row:
    return [entry.email, entry.ticket_type.name, entry.quantity, entry.state, entry.joined_at, entry.offered_at]


SHEETS = {
    "orders": Sheet(
        title="Orders",
        permission="view",
        columns="Order,State,Buyer,E-mail,Total,Currency,Placed (UTC),Confirmed (UTC),Cancelled (UTC),Made,Paid by,Source,Code,Discount".split(
            ","
        ),
        found=_orders,
        row=_order_row,
        asked=False,
    ),
    "attendees": Sheet(
        title="Attendees",
        permission="view",
        columns="Ticket,Attendee,Attendee's e-mail,Type,Price,Currency,Order,Buyer,Buyer's e-mail,Issued (UTC),Void (UTC)".split(","),
        found=_attendees,
        row=_attendee_row,
        asked=True,
    ),
    "waiting": Sheet(
        title="Waiting list",
        permission="view",
        columns="E-mail,Type,Tickets,State,Joined (UTC),Offered (UTC)".split(","),
        found=_waiting,
        row=_waiting_row,
    ),
    "sales": Sheet(
        title="Sales by day, type and price",
        permission="finance",
        columns="Day,Type,Price,Orders,Tickets,Sum,Discount given,Tax per cent,Tax,Currency".split(","),
        found=money_reports.sales,
        row=money_reports.sale_row,
    ),
    "taxes": Sheet(
        title="Taxes by rate",
        permission="finance",
        columns="On,Per cent,Net,Tax,Gross,Currency".split(","),
        found=money_reports.taxes,
        row=money_reports.tax_row,
    ),
    "payments": Sheet(
        title="Payments, fees and payouts",
        permission="finance",
        columns="Order,Provider,Provider's id,Amount,Given back,Kept,Provider's fee,Net,Currency,Paid (UTC),Payout,Paid out (UTC)".split(
            ","
        ),
        found=money_reports.payments,
        row=money_reports.payment_row,
    ),
    "payouts": Sheet(
        title="Payouts with money of this event",
        permission="finance",
        columns="Payout,Paid out (UTC),Payments and refunds,Gross,Fees,Net,Currency".split(","),
        found=money_reports.payouts,
        row=money_reports.payout_row,
    ),
    "refunds": Sheet(
        title="Refunds",
        permission="finance",
        columns="Order,Amount,Currency,Reason,Owed (UTC),Sent (UTC),Failed (UTC),Why it failed".split(","),
        found=money_reports.refunds,
        row=money_reports.refund_row,
    ),
    "door": Sheet(
        title="Comps and door sales by way of paying",
        permission="finance",
        columns="Made as,Paid by,Orders,Sum,Currency".split(","),
        found=money_reports.door,
        row=money_reports.door_row,
    ),
}
REPORTS = ("sales", "taxes", "payments", "payouts", "refunds", "door")
