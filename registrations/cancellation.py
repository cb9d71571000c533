"""Ending an order's claim: its tickets are void, its places free again."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from outbox import post
from registrations import allowance, claims
from registrations.models import Hold, Order, Ticket
from trail import record


def cancel_order(*, order: Order, now: datetime) -> bool:
    """Cancel a placed or confirmed order, once. False when it had ended before. Money is not touched:
    payments.refunds gives it back."""
    with transaction.atomic():
        row = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
        if row.cancelled_at or row.expired_at:
            return False
        end_claim(order=row, now=now)
        order.cancelled_at = now
        if row.confirmed_at:
            post.owe(kind="order_cancelled", to=row.buyer_email, subject_id=row.pk, now=now, event_id=row.event_id)
        record.note(act="order_cancelled", about="order", about_id=row.pk, event_id=row.event_id)
    return True


def end_claim(*, order: Order, now: datetime) -> None:
    """The order is over: tickets void, places, code and allowance back. Its row is locked by the caller."""
    Order.objects.filter(pk=order.pk).update(cancelled_at=now)
    Ticket.objects.filter(order=order, voided_at=None).update(voided_at=now, void_reason="cancelled")
    lines = list(order.lines.all())
    if order.confirmed_at:
        claims.give_back(priced=order, lines=lines)
    elif order.hold_id:
        _free_hold(order.hold_id, now)
    # After the places, as the sweeper does, so that the two never wait in a ring.
    allowance.release(event_id=order.event_id, email=order.buyer_email, tickets=claims.tickets_of_buyer(lines=lines))


def _free_hold(hold_id: int, now: datetime) -> None:
    """An unpaid order's hold may run out now, unless a payment is still undecided (M3)."""
    Hold.objects.filter(pk=hold_id, payment_open_since=None, converted_at=None, expires_at__gt=now).update(expires_at=now)


def void_ticket(*, ticket: Ticket, reason: str, now: datetime) -> bool:
    """Make one ticket unusable. Its place stays claimed; cancel the order to free places."""
    with transaction.atomic():
        done = bool(Ticket.objects.filter(pk=ticket.pk, voided_at=None).update(voided_at=now, void_reason=reason[:20]))
        if done:
            Order.objects.filter(pk=ticket.order_id).update(revision=F("revision") + 1)  # its PDF has a page less
            words = f"Ticket {ticket.position}, {ticket.attendee_name}: {reason}"
            record.note(act="ticket_voided", about="order", about_id=ticket.order_id, event_id=ticket.event_id, words=words)
    return done


FROZEN = "disputed"


def freeze_order(*, order: Order, now: datetime) -> int:
    """The order's money is disputed: its tickets are void until that is decided, and their places stay
    claimed. Returns how many were frozen."""
    return Ticket.objects.filter(order=order, voided_at=None).update(voided_at=now, void_reason=FROZEN)


def thaw_order(*, order: Order) -> int:
    """The dispute was won: tickets that were frozen for it are good again, others stay void."""
    cancelled = Order.objects.filter(pk=order.pk, cancelled_at__isnull=False).exists()
    return 0 if cancelled else Ticket.objects.filter(order=order, void_reason=FROZEN).update(voided_at=None, void_reason="")
