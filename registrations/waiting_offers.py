"""Offers of the waiting list: places that came free are set aside for who waited longest.

The rows are the queue: who waits, and which quotas have places. An offer is a hold with the organiser's hours
instead of minutes, so capacity, expiry, payment and the audit need to know nothing of it. An entry takes its
one offer by a conditional UPDATE, in the transaction that claims the places."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from events import inventory
from events.inventory import SoldOut
from events.models import Event, Quota, TicketType
from outbox import post
from registrations import holding, waiting
from registrations.choosing import Pick, is_on_sale
from registrations.models import WaitingEntry
from registrations.refusals import Refused
from ticketing.lib.later import later
from trail import record

SOURCE = "waiting-list"
MOST_AT_ONCE = 200  # of one event in one sweep; the next one goes on
WRONG = """
SELECT q.id FROM events_quota q LEFT JOIN (
  SELECT x.quota_id, count(*) AS entries FROM registrations_waitingentry w JOIN events_tickettype_quotas x ON x.tickettype_id = w.ticket_type_id
  WHERE w.hold_id IS NULL AND w.ended_at IS NULL GROUP BY 1) n ON n.quota_id = q.id
WHERE q.queued <> coalesce(n.entries, 0)
"""


def offer_due(*, now: datetime) -> int:
    """Offer what is free to who waits, in every list that makes offers by itself. Returns how many were made.

    Idempotent and harmless beside itself: everything is derived from rows."""
    waiting.end_over(now=now)
    _put_right()
    free = Quota.objects.filter(queued__gt=0, claimed__lt=F("capacity")).values("event_id")
    events = Event.objects.public().upcoming(now=now).filter(pk__in=free, waiting_paused_at=None)
    return sum(offer_places(event=event, now=now) for event in events)


def _put_right() -> None:
    """Types may have been given other quotas since their entries were counted."""
    wrong = [quota.pk for quota in Quota.objects.raw(WRONG)]
    if wrong:
        with transaction.atomic():
            waiting.recount(quota_ids=wrong)


def offer_places(*, event: Event, now: datetime) -> int:
    """Offer the event's free places in the list's order. Returns how many offers were made.

    Whoever wants more than is free keeps their place, and the next who fits is asked."""
    made = 0
    while made < MOST_AT_ONCE and _offer_next(event, now):
        made += 1
    return made


def _offer_next(event: Event, now: datetime) -> bool:
    with transaction.atomic():
        waiting.lock_list(event_id=event.pk)  # in order: two sweeps do not overtake each other
        kinds = {kind.pk: kind for kind in event.ticket_types.filter(archived_at=None, hidden=False, quotas__queued__gt=0).distinct()}
        sold = [kind for kind in kinds.values() if is_on_sale(ticket_type=kind, now=now)]
        free = inventory.unclaimed_places(ticket_types=sold) if sold else {}
        fits = _fits(sold, free)
        entry = WaitingEntry.objects.waiting().filter(fits, event=event).first() if fits else None
        if entry is None:
            return False
        entry.event, entry.ticket_type = event, kinds[entry.ticket_type_id]
        entry.ticket_type.event = event
        try:
            with transaction.atomic():
                most = min(free[entry.ticket_type_id], waiting.most_of(kind=entry.ticket_type))
                _offer(entry, min(entry.quantity, most), now)
        except (SoldOut, Refused):  # the places went elsewhere meanwhile, or the type can't be bought as it is
            return False
    return True


def _fits(kinds: list[TicketType], free: Mapping[int, int]) -> Q:
    """Entries that can be offered something of what is free. Empty: none."""
    fits = Q()
    for kind in kinds:
        places = free.get(kind.pk, 0)
        if places >= kind.min_per_order:
            fits |= Q(ticket_type=kind.pk) & (Q(quantity__lte=places) | Q(takes_fewer=True))
    return fits


def offer_now(*, entry: WaitingEntry, now: datetime) -> None:
    """By the organiser's hand, whoever stands before: all the tickets of the entry. SoldOut, Refused."""
    with transaction.atomic():
        waiting.lock_list(event_id=entry.event_id)
        _offer(entry, entry.quantity, now)
        words = f"{entry.email}, {entry.quantity} × {entry.ticket_type.name}"
        record.note(act="waiting_offered", about="event", about_id=entry.event_id, event_id=entry.event_id, words=words)


def _offer(entry: WaitingEntry, quantity: int, now: datetime) -> None:
    event = entry.event
    until = min(now + timedelta(hours=event.offer_hours), entry.ticket_type.sale_ends_at or event.ends_at, event.ends_at)
    pick = Pick(ticket_type=entry.ticket_type, quantity=quantity, price_minor=entry.ticket_type.price_minor)
    hold = holding.hold_for(event=event, picks=[pick], email=entry.email, until=until, source=SOURCE, now=now)
    if not WaitingEntry.objects.filter(pk=entry.pk, hold=None, ended_at=None).update(hold=hold, offered_at=now):
        raise Refused("This entry was offered tickets already, or has ended.", code="not_waiting")
    entry.hold, entry.offered_at = hold, now
    waiting.count_queued(type_ids=[entry.ticket_type_id])
    post.owe(kind="waiting_offer", to=entry.email, subject_id=entry.pk, now=now, event_id=event.pk)
    later("outbox.send_due")
