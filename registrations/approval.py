"""Requests: orders that the organiser approves or declines before anything is paid or issued.

An order is a request from the moment it is placed (`requested_at`), and two CHECK constraints hold that it is
decided once, and confirmed only when it was approved. Its places are kept meanwhile, or taken when it is
approved, as its types say; after that it is an order that waits for its payment, only longer."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from events.inventory import SoldOut
from events.models import Event
from events.promotions import UsedUp
from events.tiers import TierFull
from outbox import post
from registrations import cancellation, expiry, holding, ordering
from registrations.models import Order
from registrations.refusals import Refused
from ticketing.lib.later import later
from trail import record

TO_DECIDE = Q(requested_at__isnull=False, approved_at=None, cancelled_at=None, expired_at=None)
BATCH = 500


class NoPlaces(Refused):
    """Its places were not kept, and they are gone."""

    code = "sold_out"

    def __init__(self) -> None:
        super().__init__("There are not enough places left for this request.")


def to_decide(*, event: Event) -> QuerySet[Order]:
    """Requests that wait for the organiser, oldest first."""
    return Order.objects.filter(TO_DECIDE, event=event).order_by("requested_at", "id")


def approve(*, order: Order, now: datetime) -> None:
    """Nothing to pay: confirmed, tickets issued. Otherwise the buyer gets a mail and has the event's hours to pay.

    NoPlaces; Refused when it was decided before or the event is over."""
    try:
        with transaction.atomic():
            _approve(_undecided(order), now)
    except (SoldOut, TierFull, UsedUp) as error:
        raise NoPlaces() from error


def _approve(order: Order, now: datetime) -> None:
    event = order.event
    if event.cancelled_at or event.ends_at <= now:
        raise Refused("This event is not on sale any more.", code="not_on_sale")
    Order.objects.filter(pk=order.pk).update(approved_at=now)
    order.approved_at = now
    if order.total_minor == 0:
        if not ordering.confirm_order(order=order, now=now):
            raise NoPlaces()
    else:
        until = min(now + timedelta(hours=event.offer_hours), event.ends_at)
        holding.keep_approved(order=order, until=until, now=now)
        post.owe(kind="request_approved", to=order.buyer_email, subject_id=order.pk, now=now, event_id=event.pk)
        later("outbox.send_due")
    record.note(act="request_approved", about="order", about_id=order.pk, event_id=event.pk)


def decline(*, order: Order, now: datetime) -> None:
    """The buyer is told; nothing was paid. Refused when it was decided before."""
    with transaction.atomic():
        row = _undecided(order)
        cancellation.end_claim(order=row, now=now)
        Order.objects.filter(pk=row.pk).update(declined_at=now)
        post.owe(kind="request_declined", to=row.buyer_email, subject_id=row.pk, now=now, event_id=row.event_id)
        later("outbox.send_due")
        record.note(act="request_declined", about="order", about_id=row.pk, event_id=row.event_id)


def _undecided(order: Order) -> Order:
    """The row, locked: one of two who decide at once finds it decided."""
    rows = Order.objects.select_for_update(of=("self",), no_key=True).select_related("event", "hold")
    row = rows.filter(TO_DECIDE, pk=order.pk).first()
    if row is None:
        raise Refused(f"Request {order.code} was decided before, or has ended.", code="decided")
    return row


def expire_requests(*, now: datetime) -> int:
    """Requests that nobody decided end with the event; those that kept their places end with their hold."""
    due = list(Order.objects.filter(TO_DECIDE, event__ends_at__lte=now, hold__released_at__isnull=False)[:BATCH])
    for order in due:
        with transaction.atomic():
            expiry.expire_order(order=order, now=now)
    return len(due)
