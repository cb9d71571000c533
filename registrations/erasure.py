"""Forgetting people: when they ask, by itself after the event, and again after a restore.

What is erased is what the rooms declare (ticketing/lib/personal.py), rooms above this one too. The row of an
erasure is the job and the proof. Its copy in the file store outlives the database: a backup from before is put
right by `again`, which compares the two. Everything here may be done twice, and cut off anywhere.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import ExpressionWrapper, F, Q, fields
from django.db.models.functions import Lower

from events.models import Event
from outbox import post
from registrations import erasure_proofs
from registrations.models import Erasure, Order, Ticket, Transfer
from ticketing.lib import personal
from ticketing.lib.later import later
from trail import record

BATCH = 100
HOLDERS = {"registrations.Ticket": Q(transferred_at__isnull=False), "registrations.Transfer": Q(pk__isnull=False)}
Subject = Erasure.Subject


def due_for(*, order: Order, now: datetime) -> datetime:
    """When an erasure that is asked for now is carried out: at once, or when the event is over, for tickets that still count."""
    return now if order.cancelled_at or order.expired_at else max(now, order.event.ends_at)


def ask_order(*, order: Order, now: datetime) -> Erasure:
    """The buyer wants to be forgotten, and confirmed it. Asking again changes nothing."""
    return _ask(Subject.ORDER, order.pk, order, now)


def ask_ticket(*, held: Transfer, now: datetime) -> Erasure:
    """Who a ticket was handed on to wants to be forgotten."""
    return _ask(Subject.TICKET, held.ticket_id, held.ticket.order, now)


def _ask(subject: str, subject_id: int, order: Order, now: datetime) -> Erasure:
    with transaction.atomic():
        due = due_for(order=order, now=now)
        facts = {"event_id": order.event_id, "asked_at": now, "due_at": due}
        row, made = Erasure.objects.get_or_create(subject=subject, subject_id=subject_id, defaults=facts)
        if made:
            record.note(act="erasure_asked", about="order", about_id=order.pk, event_id=order.event_id)
            later("registrations.erase_due")
    return row


def erase_due(*, now: datetime) -> int:
    """Carry out what is due, and finish what was cut off. Returns how many erasures were looked at."""
    due = list(Erasure.objects.filter(due_at__lte=now, kept_outside_at=None).order_by("due_at")[:BATCH])
    for row in due:
        carry_out(row=row, now=now)
    return len(due)


def carry_out(*, row: Erasure, now: datetime) -> None:
    """Rows first, in one transaction with the proof; then stored files and the copy of the proof, again and again until they are done."""
    proof = erasure_proofs.identity(row=row)
    if row.erased_at is None:
        with transaction.atomic():
            rows = _forget_order(row.subject_id, now) if row.subject == Subject.ORDER else _forget_ticket(row.subject_id, now)
            Erasure.objects.filter(pk=row.pk).update(erased_at=now, rows=rows)
        row.erased_at, row.rows = now, rows
    if erasure_proofs.keep(row=row, identity=proof):
        Erasure.objects.filter(pk=row.pk).update(kept_outside_at=now)


def _forget_order(order_id: int, now: datetime) -> int:
    """The buyer and the attendees; not whom tickets were handed on to, who have a link and a say of their own."""
    order = Order.objects.select_for_update(of=("self",), no_key=True).filter(pk=order_id).first()
    if order is None:
        return 0
    addresses = {order.buyer_email, *order.tickets.filter(transferred_at=None).values_list("attendee_email", flat=True)}
    forgotten = post.forget(addresses=_spellings(addresses), event_id=order.event_id, now=now)
    changed = personal.erase(ids=[order_id], by="order", spared=HOLDERS)
    Order.objects.filter(pk=order_id).update(erased_at=now, revision=F("revision") + 1)
    return forgotten + changed


def _forget_ticket(ticket_id: int, now: datetime) -> int:
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if ticket is None:
        return 0
    held = Transfer.objects.filter(ticket=ticket)
    addresses = {ticket.attendee_email, *held.values_list("to_email", flat=True)}
    forgotten = post.forget(addresses=_spellings(addresses), event_id=ticket.event_id, now=now)
    held.update(from_name="", to_name="", to_email="")
    Ticket.objects.filter(pk=ticket_id).update(attendee_name="", attendee_email="")
    return forgotten + 1


def _spellings(addresses: Collection[str]) -> set[str]:
    return {spelling for address in addresses if address for spelling in (address, address.lower())}


# --- by itself --------------------------------------------------------------------------------


def due_events(*, now: datetime) -> list[Event]:
    """Events whose organiser's days have passed, and that were not forgotten yet."""
    kept_until = ExpressionWrapper(F("ends_at") + F("organiser__erase_after_days") * timedelta(days=1), output_field=fields.DateTimeField())
    done = Erasure.objects.filter(subject=Subject.EVENT, erased_at__isnull=False).values("subject_id")
    rows = Event.objects.annotate(kept_until=kept_until).filter(ends_at__lt=now, kept_until__lte=now)
    return list(rows.exclude(pk__in=done).order_by("ends_at")[:BATCH])


def erase_events(*, now: datetime) -> int:
    """Forget everybody of events whose days have passed, little by little: a task that is cut off goes on at its next turn.
    Returns how many events."""
    due = due_events(now=now)
    for event in due:
        rows = personal.erase(ids=[event.pk], by="event")
        while pks := list(Order.objects.filter(event=event, erased_at=None).values_list("pk", flat=True)[: personal.CHUNK]):
            Order.objects.filter(pk__in=pks).update(erased_at=now, revision=F("revision") + 1)
        if not erasure_proofs.delete_files_of_event(event_id=event.pk):
            continue  # the store does not answer: the event stays due
        facts = {"event_id": event.pk, "asked_at": now, "due_at": now, "erased_at": now, "kept_outside_at": now, "rows": rows}
        Erasure.objects.update_or_create(subject=Subject.EVENT, subject_id=event.pk, defaults=facts)
        record.note(act="event_erased", about="event", about_id=event.pk, event_id=event.pk, organiser_id=event.organiser_id)
    return len(due)


# --- again, after a restore -------------------------------------------------------------------


def again(*, now: datetime) -> int:
    """Forget again whoever a restored database remembers, by the proofs in the file store. Returns how many.

    A proof names its subject by number and by a fingerprint of its secret, as numbers are given anew after a restore."""
    found = 0
    for proof in erasure_proofs.all_kept():
        if proof.subject not in (Subject.ORDER, Subject.TICKET):
            continue
        row = Erasure.objects.filter(subject=proof.subject, subject_id=proof.subject_id).first()
        if row is not None and row.erased_at:
            continue
        made = row or Erasure(subject=proof.subject, subject_id=proof.subject_id, event_id=proof.event_id, asked_at=proof.asked_at)
        if erasure_proofs.identity(row=made) != proof.identity:
            continue  # another order has this number now
        made.due_at = now
        made.save()
        carry_out(row=made, now=now)
        found += 1
    return found


def orders_of_address(*, email: str) -> list[Order]:
    """Orders that an address still stands on, for staff who are asked by letter."""
    return list(Order.objects.annotate(address=Lower("buyer_email")).filter(address=email.lower()).select_related("event"))
