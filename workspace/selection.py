"""Acts on many orders at once: those ticked in the list, or all that match its filters."""

from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.http import QueryDict

from events.models import Event
from payments import refunds
from registrations import fulfilment
from registrations.models import Order
from workspace.filters import Filter
from workspace.jobs import Beat
from workspace.models import Job

MOST_TICKED = 200
SHOWN = 10


def selected(given: QueryDict) -> Filter | None:
    """From the list's form: the ticked orders, or the list's own filters for all; None when nothing was selected."""
    if given.get("all") == "yes":
        return Filter.of(given)
    codes = given.getlist("code") or given.get("codes", "").split()
    return Filter(codes=" ".join(code[:8] for code in codes[:MOST_TICKED])) if codes else None


def touched(*, event: Event, wanted: Filter, act: str) -> QuerySet[Order]:
    """The selected orders on which the act does something."""
    rows = wanted.orders(event=event).filter(cancelled_at=None)
    if act == "cancel":
        return rows.filter(expired_at=None)
    return rows.filter(confirmed_at__isnull=False).exclude(buyer_email="")


def preview(*, event: Event, wanted: Filter, act: str) -> dict[str, Any]:
    """What the act would do: how many orders, for how much, and the first of them."""
    rows = touched(event=event, wanted=wanted, act=act)
    sums = rows.order_by().aggregate(count=Count("pk"), total=Sum("total_minor"))
    return {"count": sums["count"], "total_minor": sums["total"] or 0, "some": list(rows[:SHOWN])}


def cancel_all(*, job: Job, beat: Beat, now: datetime) -> dict[str, Any]:
    """Cancel each and owe its money back, an order a transaction; one cancelled before is left as it is."""
    done = 0
    for number, order in enumerate(_orders(job, "cancel"), start=1):
        done += refunds.cancel_and_refund(order=order, now=now)
        beat(number)
    return {"cancelled": done}


def resend_all(*, job: Job, beat: Beat, now: datetime) -> dict[str, Any]:
    done = 0
    for number, order in enumerate(_orders(job, "resend"), start=1):
        fulfilment.send_again(order=order, now=job.asked_at)  # the job's own minute: done again, it owes nothing more
        done = number
        beat(number)
    return {"sent": done}


def _orders(job: Job, act: str) -> list[Order]:
    """By id first: the cursor must not stay open over the transactions of the acts."""
    rows = touched(event=job.event, wanted=Filter.of(job.arguments), act=act)
    orders = list(rows.only("id", "event_id", "buyer_email", "code", "currency", "total_minor", "cancelled_at"))
    for order in orders:
        order.event = job.event
    return orders
