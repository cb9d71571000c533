"""What staff put right on an order: who bought it."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from registrations import allowance, claims
from registrations.checkout import Refused
from registrations.models import Order
from trail import record


def change_buyer(*, order: Order, name: str, email: str, now: datetime) -> None:
    """Another name or address of the buyer. The link stays. TooManyForBuyer when the event limits tickets
    per address and the new one has too many; Refused when the order has ended."""
    with transaction.atomic():
        row = Order.objects.select_for_update(of=("self",), no_key=True).select_related("event").get(pk=order.pk)
        if row.cancelled_at or row.expired_at:
            raise Refused("This order has ended, so its buyer can't be changed.", code="order_ended")
        if allowance.canonical(row.buyer_email) != allowance.canonical(email):
            tickets = claims.tickets_of_buyer(lines=row.lines.all())
            allowance.claim(event_id=row.event_id, email=email, tickets=tickets, limit=row.event.max_per_buyer)
            allowance.release(event_id=row.event_id, email=row.buyer_email, tickets=tickets)
        Order.objects.filter(pk=row.pk).update(buyer_name=name, buyer_email=email, revision=F("revision") + 1)
        changed = {"name": (row.buyer_name, name), "e-mail": (row.buyer_email, email)}
        record.note(act="buyer_changed", about="order", about_id=row.pk, event_id=row.event_id, changed=changed)
    order.buyer_name, order.buyer_email = name, email
