"""Paying an order at the provider, and giving money back."""

from typing import Annotated, Any

from django.http import Http404, HttpResponse
from ninja import Router
from pydantic import Field

from api import order_shapes, repeats, words
from api.access import event_for, order_for
from api.answers import done, shown
from api.models import Scope
from api.problem import Problem, invalid
from api.reference import changing, op
from api.routes_events import Slug
from api.routes_orders import Code
from payments import event_refunds, refunds, settlement
from payments.models import Payment
from registrations.models import Order
from ticketing.lib import clock

router = Router(tags=["Money"])


class RefundNew(words.Sent):
    """One of `amount_minor`, `tickets` and `cancel`."""

    amount_minor: Annotated[int, Field(ge=1, lt=10**12)] | None = Field(None, description="Give this much back; tickets stay valid.")
    tickets: list[Annotated[int, Field(ge=1, lt=2**31)]] = Field(
        [], max_length=1000, description="Positions: their price is given back, they become void."
    )
    with_fee: bool = Field(False, description="With their part of the booking fee.")
    cancel: bool = Field(False, description="Cancel the order and give back all that is left.")
    dry_run: bool = Field(False, description="Only say what it would do.")


@router.post("/{slug}/orders/{code}/payment", **changing("Pay", Scope.PAYMENTS_WRITE, order_shapes.PaymentShape, also=(503,)))
@repeats.once(together=False)
def payment_new(request: Any, slug: Slug, code: Code) -> HttpResponse:
    """Open the order's payment, or take up the open one: send the buyer to `payment_url`."""
    order = order_for(request, slug, code)
    if order.confirmed_at or order.cancelled_at or order.total_minor == 0:
        raise Problem(409, "nothing_to_pay", "This order has nothing to pay any more.")
    return done(order_shapes.payment(settlement.open_payment(order=order, now=clock.now())))


@router.post(
    "/{slug}/orders/{code}/payment/settlement",
    **changing("Ask what became of a payment", Scope.PAYMENTS_WRITE, order_shapes.PaymentShape, also=(503,)),
)
@repeats.once(together=False)
def settlement_new(request: Any, slug: Slug, code: Code) -> HttpResponse:
    """Ask the provider now instead of waiting for its notice."""
    payment = _newest(order_for(request, slug, code))
    if payment.is_open:
        payment = settlement.settle(payment=payment, now=clock.now())
    return done(order_shapes.payment(payment))


def _newest(order: Order) -> Payment:
    payment = Payment.objects.filter(order=order).select_related("order__event__organiser").order_by("-opened_at").first()
    if payment is None:
        raise Http404
    return payment


@router.get("/{slug}/orders/{code}/payments", **op("List an order's payments", Scope.ORDERS_READ, order_shapes.Payments))
def payment_list(request: Any, slug: Slug, code: Code) -> HttpResponse:
    """Every attempt to pay it, the newest first, with what was given back of each."""
    rows = Payment.objects.filter(order=order_for(request, slug, code)).prefetch_related("refunds").order_by("-opened_at", "-pk")
    items = [order_shapes.payment(row) | {"refunds": [order_shapes.refund(each) for each in row.refunds.all()]} for row in rows]
    return shown(request, {"items": items})


@router.post("/{slug}/orders/{code}/refunds", **changing("Give money back", Scope.PAYMENTS_WRITE, order_shapes.RefundAnswer, also=(503,)))
@repeats.once(together=True)
def refund_new(request: Any, slug: Slug, code: Code, sent: RefundNew) -> HttpResponse:
    """An amount, single tickets, or all with the order cancelled. It goes out within a minute."""
    order = order_for(request, slug, code)
    plan = _planned(order, sent)
    made = [] if sent.dry_run else refunds.carry_out(order=order, plan=plan, now=clock.now())
    return done(order_shapes.refund_answer(plan, made, carried_out=not sent.dry_run))


def _planned(order: Order, sent: RefundNew) -> refunds.Plan:
    if (sent.amount_minor is not None) + bool(sent.tickets) + sent.cancel != 1:
        raise invalid("body", "Give one of amount_minor, tickets and cancel.")
    if sent.tickets:
        return refunds.plan_tickets(order=order, positions=sent.tickets, with_fee=sent.with_fee)
    return refunds.plan_amount(order=order, amount_minor=sent.amount_minor or 0, cancel=sent.cancel)


class EverybodyNew(words.Sent):
    dry_run: bool = Field(False, description="Only say what it would do.")


@router.post("/{slug}/refunds", **changing("Give everybody their money back", Scope.PAYMENTS_WRITE, order_shapes.Everybody, also=(503,)))
@repeats.once(together=True)
def everybody_refund(request: Any, slug: Slug, sent: EverybodyNew) -> HttpResponse:
    """Of a cancelled event: every order is cancelled and paid back, some hundred a minute. Asked again while it runs,
    nothing begins twice; the counts are of what is left."""
    event = event_for(request, slug)
    plan = event_refunds.dry_run(event=event)
    if not sent.dry_run:
        event_refunds.start(event=event, by=None, now=clock.now())
    return done(order_shapes.everybody(plan, started=not sent.dry_run))
