"""Reports of money: what was sold, its taxes, what came in, what the provider kept, what was paid out, what went back.

Each is a queryset and how one of its rows is written. Amounts leave here in major units, as spreadsheets want them.
"""

from typing import Any

from django.db.models import BigIntegerField, Case, CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, TruncDay

from events.models import Event
from payments.journal import PayoutLine
from payments.models import Payment, Refund
from registrations.models import Order, OrderLine
from ticketing.lib.money import to_major
from workspace.filters import Filter

Row = list[Any]
WHOLE = BigIntegerField()
RUNNING = Q(confirmed_at__isnull=False, cancelled_at=None)
RUNNING_LINES = Q(order__confirmed_at__isnull=False, order__cancelled_at=None)


def sales(event: Event, wanted: Filter) -> QuerySet[Any]:
    """Of orders that run."""
    lines = OrderLine.objects.filter(RUNNING_LINES, order__event=event).order_by()
    by_day = lines.annotate(day=TruncDay("order__confirmed_at", tzinfo=event.zone))
    rows = by_day.values("day", "ticket_type__name", "price_minor", "discount_minor", "tax_rate")
    sums = {"tickets": Sum("quantity"), "orders": Count("order", distinct=True), "tax": Sum("tax_minor", output_field=WHOLE)}
    return rows.annotate(**sums).order_by("day", "ticket_type__name", "price_minor", "discount_minor", "tax_rate")


def sale_row(event: Event, values: dict[str, Any]) -> Row:
    price, tickets, currency = values["price_minor"], values["tickets"], event.currency
    return [
        f"{values['day']:%Y-%m-%d}",
        values["ticket_type__name"],
        to_major(price, currency),
        values["orders"],
        tickets,
        to_major(price * tickets, currency),
        to_major(values["discount_minor"] * tickets, currency),
        values["tax_rate"].normalize() + 0,
        to_major(values["tax"], currency),
        currency,
    ]


def taxes(event: Event, wanted: Filter) -> QuerySet[Any]:
    """Of tickets and of booking fees, by rate: (what, per cent, net, tax)."""
    amount = Sum(F("quantity") * F("price_minor"), output_field=WHOLE)
    lines = OrderLine.objects.filter(RUNNING_LINES, order__event=event).order_by()
    tax_inside = Case(When(order__tax_on_top=True, then=Value(0)), default=F("tax_minor"), output_field=WHOLE)
    of_tickets = (
        lines.values(what=Value("Tickets", output_field=CharField()), rate=F("tax_rate"))
        .annotate(net=amount - Sum(tax_inside, output_field=WHOLE), tax=Sum("tax_minor", output_field=WHOLE))
        .values_list("what", "rate", "net", "tax")
    )
    orders = Order.objects.filter(RUNNING, event=event, fee_minor__gt=0).order_by()
    of_fees = (
        orders.values(what=Value("Booking fees", output_field=CharField()), rate=F("fee_tax_rate"))
        .annotate(net=Sum("fee_minor", output_field=WHOLE), tax=Sum("fee_tax_minor", output_field=WHOLE))
        .values_list("what", "rate", "net", "tax")
    )
    return of_tickets.union(of_fees, all=True).order_by("what", "rate")


def tax_row(event: Event, values: tuple[Any, ...]) -> Row:
    what, rate, net, tax = values
    return [what, rate.normalize() + 0, *(to_major(amount, event.currency) for amount in (net, tax, net + tax)), event.currency]


def payments(event: Event, wanted: Filter) -> QuerySet[Any]:
    rows = Payment.objects.filter(order__event=event, succeeded_at__isnull=False).order_by("-id")
    given = Coalesce(Sum("refunds__amount_minor", filter=Q(refunds__failed_at=None)), 0, output_field=WHOLE)
    line = PayoutLine.objects.filter(payment=OuterRef("pk"), kind="payment").order_by("id")
    rows = rows.annotate(
        given=given, payout=Subquery(line.values("payout__provider_id")[:1]), paid_out=Subquery(line.values("payout__paid_at")[:1])
    )
    return rows.values_list(
        "order__code", "gateway", "provider_id", "amount_minor", "given", "fee_minor", "currency", "succeeded_at", "payout", "paid_out"
    )


def payment_row(event: Event, values: tuple[Any, ...]) -> Row:
    """The provider's fee is empty until its balance transaction is known, and the net with it."""
    code, gateway, provider_id, amount, given, fee, currency, at, payout, paid_out = values
    kept = amount - given
    fees: Row = [None, None] if fee is None else [to_major(fee, currency), to_major(kept - fee, currency)]
    amounts = [to_major(each, currency) for each in (amount, given, kept)]
    return [code, gateway, provider_id or "", *amounts, *fees, currency, at, payout or "", paid_out]


def payouts(event: Event, wanted: Filter) -> QuerySet[Any]:
    """A payout may hold money of other events too: the sums are this event's."""
    lines = PayoutLine.objects.filter(payment__order__event=event).order_by()
    rows = lines.values("payout__provider_id", "payout__paid_at", "payout__currency")
    sums = {"gross": Sum("gross_minor", output_field=WHOLE), "fee": Sum("fee_minor", output_field=WHOLE)}
    return rows.annotate(lines=Count("pk"), **sums).order_by("-payout__paid_at", "payout__provider_id")


def payout_row(event: Event, values: dict[str, Any]) -> Row:
    currency, gross, fee = values["payout__currency"], values["gross"], values["fee"]
    amounts = [to_major(amount, currency) for amount in (gross, fee, gross - fee)]
    return [values["payout__provider_id"], values["payout__paid_at"], values["lines"], *amounts, currency]


def refunds(event: Event, wanted: Filter) -> QuerySet[Any]:
    rows = Refund.objects.filter(payment__order__event=event).order_by("-id")
    return rows.values_list(
        "payment__order__code", "amount_minor", "payment__currency", "reason", "due_at", "completed_at", "failed_at", "failure"
    )


def refund_row(event: Event, values: tuple[Any, ...]) -> Row:
    code, amount, currency, *rest = values
    return [code, to_major(amount, currency), currency, *rest]


def door(event: Event, wanted: Filter) -> QuerySet[Any]:
    rows = Order.objects.filter(event=event, staff__isnull=False, cancelled_at=None).order_by()
    return rows.values("staff__kind", "staff__paid_by").annotate(orders=Count("pk"), total=Sum(F("total_minor"))).order_by("staff__kind")


def door_row(event: Event, values: dict[str, Any]) -> Row:
    total = to_major(values["total"], event.currency)
    return [values["staff__kind"], values["staff__paid_by"] or "nothing to pay", values["orders"], total, event.currency]
