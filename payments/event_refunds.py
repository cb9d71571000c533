"""An event that will not take place: every order is cancelled and its money given back (F27).

The row is the job. Each order is one transaction of its own and ends once, so a run that is killed is taken
up by the next where it stopped, and two runs beside each other harm nobody. It is over only when nothing is
left that could still bring money: also payments that were open when the event was cancelled.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError
from django.db.models import Count, QuerySet, Sum

from accounts.models import User
from events.models import Event
from payments import refunds
from payments.journal import EventRefund
from payments.models import Payment, Refund
from registrations.models import Order, Ticket
from ticketing.lib.later import later

BATCH = 100


class EventNotCancelled(Exception):
    """Everybody gets their money back only when the event is cancelled."""

    code = "event_not_cancelled"


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """What giving everybody their money back would do now, by `{currency: minor units}`; nothing is changed."""

    orders: int
    waiting: int
    tickets: int
    amounts: dict[str, int]
    fees_lost: dict[str, int]
    open_payments: int


def dry_run(*, event: Event) -> DryRun:
    """Counts and sums of what is left to do."""
    orders = _left(event)
    paid = Payment.objects.filter(order__in=orders, succeeded_at__isnull=False).values_list("currency")
    sums = list(paid.annotate(Sum("amount_minor"), Sum("fee_minor")))
    given = Refund.objects.filter(payment__order__in=orders, failed_at=None)
    amounts = {currency: amount for currency, amount, _ in sums}
    for currency, amount in given.values_list("payment__currency").annotate(sum=Sum("amount_minor")):
        amounts[currency] -= amount
    counts = orders.aggregate(all=Count("id"), confirmed=Count("confirmed_at"))
    return DryRun(
        orders=counts["confirmed"],
        waiting=counts["all"] - counts["confirmed"],
        tickets=Ticket.objects.filter(order__in=orders, voided_at=None).count(),
        amounts=amounts,
        fees_lost={currency: fee for currency, _, fee in sums if fee},
        open_payments=_open_payments(event).count(),
    )


def _left(event: Event) -> QuerySet[Order]:
    return Order.objects.filter(event=event, cancelled_at=None, expired_at=None)


def _open_payments(event: Event) -> QuerySet[Payment]:
    return Payment.objects.filter(order__event=event, succeeded_at=None, failed_at=None)


def start(*, event: Event, by: User | None, now: datetime) -> EventRefund:
    """Begin to give everybody their money back; begun once, however often it is asked. EventNotCancelled."""
    if not Event.objects.filter(pk=event.pk, cancelled_at__isnull=False).exists():
        raise EventNotCancelled("Cancel the event first.")
    running = EventRefund.objects.filter(event=event, finished_at=None).first()
    if running is None:
        try:
            running = EventRefund.objects.create(event=event, started_by=by, started_at=now)
        except IntegrityError:  # another desk pressed in the same moment
            running = EventRefund.objects.get(event=event, finished_at=None)
    later("payments.refund_events")
    return running


def go_on(*, now: datetime) -> int:
    """A round of every mass refund that is not finished. Returns how many orders ended."""
    return sum(_go_on(job, now) for job in EventRefund.objects.filter(finished_at=None).select_related("event").order_by("id"))


def _go_on(job: EventRefund, now: datetime) -> int:
    ended = 0
    for order in _left(job.event).order_by("id")[:BATCH]:
        ended += refunds.cancel_and_refund(order=order, now=now)
    if not _left(job.event).exists() and not _open_payments(job.event).exists():
        EventRefund.objects.filter(pk=job.pk, finished_at=None).update(finished_at=now)
    elif ended:
        later("payments.refund_events")
    return ended


def progress(*, job: EventRefund) -> dict[str, int]:
    """How far it is: orders ended and left, refunds that the provider has, and those still on the way."""
    told = Refund.objects.filter(payment__order__event=job.event, due_at__gte=job.started_at)
    return {
        "left": _left(job.event).count(),
        "ended": Order.objects.filter(event=job.event, cancelled_at__gte=job.started_at).count(),
        "sent": told.filter(completed_at__isnull=False).count(),
        "on_the_way": told.filter(completed_at=None, failed_at=None).count(),
        "failed": told.filter(failed_at__isnull=False).count(),
    }
