"""The waiting list: who joins it, their place in it, and leaving it. Offers are made in waiting_offers.py.

Whoever waits comes before whoever looks: each quota knows how many entries want places of it, and a buyer's
claim is refused while there is one. That number is counted from the entries under the quota's lock, whenever
one of them changes."""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import Max, Min, Q

from events import inventory
from events.models import TicketType
from events.pages import changed
from outbox import post
from registrations.choosing import is_on_sale
from registrations.models import WaitingEntry
from registrations.refusals import Refused
from ticketing.lib import tokens
from ticketing.lib.languages import say
from ticketing.lib.later import later
from trail import record

QUOTAS_OF = "SELECT DISTINCT quota_id FROM events_tickettype_quotas WHERE tickettype_id = ANY(%s)"
COUNT = """
SELECT q.id, (SELECT count(*) FROM events_tickettype_quotas x JOIN registrations_waitingentry w ON w.ticket_type_id = x.tickettype_id
  WHERE x.quota_id = q.id AND w.hold_id IS NULL AND w.ended_at IS NULL)
FROM events_quota q WHERE q.id = ANY(%s)
"""
PLACES = ("first", "up", "down", "last")


class AlreadyWaiting(Refused):
    """The address waits for these tickets already; its link goes there once more."""

    code = "already_waiting"

    def __init__(self) -> None:
        super().__init__(say("This address is on the waiting list already."))


def join(*, kind: TicketType, email: str, quantity: int, takes_fewer: bool, now: datetime, language: str = "") -> WaitingEntry:
    """A place at the end of the list for tickets that are sold out, and a mail with its link.

    Refused when there are tickets, the list is closed, or the number is not allowed. AlreadyWaiting."""
    _check(kind, quantity, now)
    entry = WaitingEntry(
        event=kind.event,
        ticket_type=kind,
        token=tokens.link_token(),
        email=email,
        language=language,
        quantity=quantity,
        takes_fewer=takes_fewer and quantity > kind.min_per_order,
        joined_at=now,
    )
    try:
        with transaction.atomic():
            entry.save()
            WaitingEntry.objects.filter(pk=entry.pk).update(position=entry.pk)
            entry.position = entry.pk
            count_queued(type_ids=[kind.pk])
            post.owe(kind="waiting_joined", to=email, subject_id=entry.pk, now=now, event_id=kind.event_id)
            changed(kind.event)
            later("outbox.send_due")
    except IntegrityError as error:
        _tell_again(kind, email, now)
        raise AlreadyWaiting() from error
    return entry


def _check(kind: TicketType, quantity: int, now: datetime) -> None:
    event = kind.event
    on_sale = event.published_at is not None and event.cancelled_at is None and event.ends_at > now
    if not on_sale or kind.archived_at or kind.hidden or kind.is_addon or not is_on_sale(ticket_type=kind, now=now):
        raise Refused(say("{name} is not on sale now.", name=kind.name), code="not_on_sale", ticket_type_id=kind.pk)
    if event.waiting_closed_at is not None:
        raise Refused(say("This waiting list takes no more entries."), code="waiting_closed")
    most = most_of(kind=kind)
    if not kind.min_per_order <= quantity <= most:
        raise Refused(
            say("{name}: choose {least} to {most}.", name=kind.name, least=kind.min_per_order, most=most),
            code="too_many",
            ticket_type_id=kind.pk,
        )
    if inventory.free_places(ticket_types=[kind]).get(kind.pk, 0) >= kind.min_per_order:
        raise Refused(say("There are tickets: get them on the event's page."), code="not_sold_out", ticket_type_id=kind.pk)


def most_of(*, kind: TicketType) -> int:
    """The most tickets that one entry may want."""
    return max(kind.min_per_order, min(kind.max_per_order, kind.event.max_per_buyer or kind.max_per_order))


def _tell_again(kind: TicketType, email: str, now: datetime) -> None:
    """The link once more, at most once an hour: only the address itself learns that it waits."""
    entry = WaitingEntry.objects.waiting().filter(ticket_type=kind, email__iexact=email).first()
    if entry is not None:
        key = f"waiting_joined:{entry.pk}:{now:%Y%m%d%H}"
        post.owe(kind="waiting_joined", to=entry.email, subject_id=entry.pk, now=now, key=key, event_id=kind.event_id)


def count_queued(*, type_ids: Iterable[int]) -> None:
    """Count anew who waits for the quotas of these types, in the transaction of the change. The quotas' rows
    are locked first, so that two counts at once do not miss each other's change."""
    with connection.cursor() as cursor:
        cursor.execute(QUOTAS_OF, [list(type_ids)])
        recount(quota_ids=[quota_id for (quota_id,) in cursor.fetchall()])


def recount(*, quota_ids: list[int]) -> None:
    """Count anew who waits for these quotas."""
    inventory.lock(quota_ids=quota_ids)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [quota_ids])
        inventory.queue(counts=dict(cursor.fetchall()))


def leave(*, entry: WaitingEntry, now: datetime) -> bool:
    """By their own link. False when the entry was offered tickets or had ended before."""
    return _end([entry], "left", now) == 1


def remove(*, entry: WaitingEntry, now: datetime) -> bool:
    """By the organiser."""
    with transaction.atomic():
        done = _end([entry], "removed", now) == 1
        if done:
            _note("waiting_removed", entry)
    return done


def _end(entries: list[WaitingEntry], reason: str, now: datetime) -> int:
    with transaction.atomic():
        waiting = WaitingEntry.objects.filter(pk__in=[entry.pk for entry in entries], hold=None, ended_at=None)
        done = waiting.update(ended_at=now, end_reason=reason)
        if done:
            count_queued(type_ids={entry.ticket_type_id for entry in entries})
            for event in {entry.event_id: entry.event for entry in entries}.values():
                changed(event)
    return done


def end_over(*, now: datetime) -> int:
    """Nobody waits for what is not sold any more: the other types that share its places are free again."""
    over = (
        Q(event__cancelled_at__isnull=False)
        | Q(event__ends_at__lte=now)
        | Q(ticket_type__archived_at__isnull=False)
        | Q(ticket_type__sale_ends_at__lte=now)
    )
    entries = list(WaitingEntry.objects.waiting().filter(over).select_related("event")[:500])
    return _end(entries, "over", now) if entries else 0


def move(*, entry: WaitingEntry, to: str, now: datetime) -> bool:
    """`to`: one of PLACES. False when there is nowhere to go."""
    with transaction.atomic():
        lock_list(event_id=entry.event_id)
        rows = WaitingEntry.objects.waiting().filter(event=entry.event_id)
        mine = rows.filter(pk=entry.pk).first()
        if mine is None:
            return False
        ends = rows.aggregate(first=Min("position"), last=Max("position"))
        if to == "first":
            mine.position = ends["first"] - 1
        elif to == "last":
            mine.position = ends["last"] + 1
        else:
            behind = Q(position__gt=mine.position) | Q(position=mine.position, pk__gt=mine.pk)
            others = rows.exclude(pk=mine.pk)
            other = others.filter(behind).first() if to == "down" else others.exclude(behind).last()
            if other is None:
                return False
            mine.position, other.position = other.position, mine.position
            other.save(update_fields=["position"])
        mine.save(update_fields=["position"])
        _note("waiting_moved", mine, words=to)
    return True


def lock_list(*, event_id: int) -> None:
    """One change of the order of an event's list at a time, until the transaction's end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('waiting list'), %s)", [event_id % 2**31])


def place_of(*, entry: WaitingEntry) -> int:
    """1 for who is next for this type. One query."""
    ahead = Q(position__lt=entry.position) | Q(position=entry.position, pk__lt=entry.pk)
    return WaitingEntry.objects.waiting().filter(ahead, ticket_type=entry.ticket_type_id).count() + 1


def _note(act: str, entry: WaitingEntry, *, words: str = "") -> None:
    said = f"{entry.email}, {entry.quantity} × {entry.ticket_type.name}" + (f": {words}" if words else "")
    record.note(act=act, about="event", about_id=entry.event_id, event_id=entry.event_id, words=said)
