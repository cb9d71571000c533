"""What time takes away: holds that ran out, and the orders that waited on them."""

from datetime import datetime

from django.db import transaction

from registrations import allowance, claims
from registrations.checkout import release_hold
from registrations.models import Hold, Order
from ticketing.lib import meters, traces

BATCH = 500


def expire_holds(*, now: datetime) -> int:
    """Release every hold whose time is over and whose payment, if any, is decided. Returns how many.

    Idempotent, and harmless beside itself: each release is one conditional UPDATE."""
    released = 0
    while due := list(
        Hold.objects.filter(expires_at__lte=now, released_at=None, converted_at=None, payment_open_since=None).order_by("expires_at")[
            :BATCH
        ]
    ):
        before = released
        for hold in due:
            with traces.part("registrations.expire_hold"), transaction.atomic():
                meters.about(event=hold.event_id, checkout=hold.trace_key)
                # Order before hold, as a payment takes them, so that the two never wait in a ring.
                order = Order.objects.select_for_update(no_key=True).filter(hold=hold).first()
                if release_hold(hold=hold, now=now, only_expired=True):
                    if order is not None:
                        expire_order(order=order, now=now)
                    released += 1
        if released == before:
            break  # another sweeper has them
    return released


def expire_order(*, order: Order, now: datetime) -> None:
    """The order's time is over and its places went back; what its address may still have is counted again."""
    if Order.objects.filter(pk=order.pk, confirmed_at=None, expired_at=None, cancelled_at=None).update(expired_at=now):
        tickets = claims.tickets_of_buyer(lines=order.lines.all())
        allowance.release(event_id=order.event_id, email=order.buyer_email, tickets=tickets)
