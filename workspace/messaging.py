"""Messages to many: written, tried out, sent or planned, stopped. The only writer of Message and Recipient.

Sending is in two steps, each safe to do again: the recipients are gathered into rows once, then they
become mail of the outbox little by little, behind mail that one person waits for (outbox/post.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, QuerySet, Value
from django.db.models.functions import Coalesce, Lower, NullIf

from events.models import Event
from outbox import post
from outbox.models import Mail
from registrations.models import Order, Ticket
from ticketing.lib import tokens
from ticketing.lib.later import later
from trail import record
from workspace import mails, texts
from workspace.filters import Filter
from workspace.models import Message, MessageTemplate, Recipient
from workspace.unsubscribing import FINGERPRINT

BACKLOG = 500  # mails of messages that wait in the outbox at most; the others wait as recipients
COUNTED = 10_000  # rows of an audience that a page counts; to count a hundred thousand takes longer than all else on it
GATHER = """
INSERT INTO workspace_recipient (message_id, email, order_id, ticket_id)
SELECT {message}, address, order_ref, ticket_ref::bigint FROM ({rows}) AS found WHERE address <> ''
  AND NOT EXISTS (SELECT 1 FROM workspace_unsubscribed u WHERE u.organiser_id = {organiser} AND u.fingerprint = {fingerprint})
ON CONFLICT (message_id, email) DO NOTHING
"""


class NotSendable(Exception):
    """The message can't be sent as it is; the sentence says why."""

    code = "not_sendable"


def draft(*, event: Event, audience: Mapping[str, Any], by: Any, now: datetime, subject: str = "", body: str = "") -> Message:
    """A text that is not sent yet. `audience`: {"to": "buyers" or "attendees"} and the filters of the list."""
    return Message.objects.create(event=event, subject=subject, body=body, audience=dict(audience), written_by=by, written_at=now)


def rewrite(*, message: Message, subject: str, body: str, audience: Mapping[str, Any]) -> bool:
    """Change a draft. False when it was sent or planned meanwhile."""
    message.subject, message.body, message.audience = subject, body, dict(audience)
    return bool(Message.objects.filter(pk=message.pk, send_at=None).update(subject=subject, body=body, audience=message.audience))


def keep_template(*, event: Event, name: str, subject: str, body: str) -> None:
    """A text for the next time, under this name; an older one of the name is replaced."""
    MessageTemplate.objects.update_or_create(organiser=event.organiser, name=name, defaults={"subject": subject, "body": body})


def audience_rows(*, event: Event, audience: Mapping[str, Any]) -> QuerySet[Any]:
    """(address, order_ref, ticket_ref) of everybody it goes to; an address may come twice. Never to orders
    that are cancelled or expired, nor to void tickets, unless the filter asks for just those."""
    wanted = Filter.of(audience)
    if audience.get("to") == "attendees":
        tickets: QuerySet[Ticket] = wanted.tickets(event=event).order_by()
        tickets = tickets if wanted.state else tickets.filter(voided_at=None)
        address = Lower(Coalesce(NullIf("attendee_email", Value("")), "order__buyer_email"))
        return tickets.annotate(address=address).values_list("address", "order_id", "pk")
    orders: QuerySet[Order] = wanted.orders(event=event).order_by()
    orders = orders if wanted.state else orders.filter(confirmed_at__isnull=False, cancelled_at=None)
    return orders.annotate(address=Lower("buyer_email"), nobody=Value(None, output_field=Ticket._meta.pk)).values_list(
        "address", "pk", "nobody"
    )


@dataclass(frozen=True, kw_only=True)
class Reach:
    """To how many addresses; with `more` there are more than these: only the first of a large audience are counted."""

    addresses: int
    more: bool


def reach(*, event: Event, audience: Mapping[str, Any]) -> Reach:
    """To how many addresses it would go. Exact up to COUNTED rows; the sending itself counts every one."""
    some = audience_rows(event=event, audience=audience).exclude(address="").values("address")[: COUNTED + 1]
    found = some.aggregate(rows=Count("address"), addresses=Count("address", distinct=True))
    return Reach(addresses=found["addresses"], more=found["rows"] > COUNTED)


def send_test(*, message: Message, to: str, now: datetime) -> None:
    """One mail with an example's facts, to whoever writes the message."""
    facts = texts.facts_of(event=message.event, order=None)
    mail = mails.written(event=message.event, subject=f"[Test] {message.subject}", body=message.body, facts=facts, to=to)
    post.owe_message(message=mail, key=f"test:{message.pk}:{tokens.link_token()}", now=now)


def send(*, message: Message, at: datetime, now: datetime) -> None:
    """Send at this time, or at once when it is past. NotSendable when something is missing, or it was sent before."""
    if not message.subject.strip() or not message.body.strip():
        raise NotSendable("Write a subject and a text first.")
    if not reach(event=message.event, audience=message.audience).addresses:
        raise NotSendable("Nobody matches, so there is nobody to send it to.")
    with transaction.atomic():
        if not Message.objects.filter(pk=message.pk, send_at=None).update(send_at=max(at, now)):
            raise NotSendable("This message was sent or planned already.")
        record.note(act="message_sent", about="event", about_id=message.event_id, event_id=message.event_id, words=message.subject)
        later("workspace.send_messages")


def stop(*, message: Message, now: datetime) -> int:
    """Send no more of it. What is on its way already arrives. Returns how many mails were taken back."""
    with transaction.atomic():
        if not Message.objects.filter(pk=message.pk, send_at__isnull=False, stopped_at=None).update(stopped_at=now):
            return 0
        record.note(act="message_stopped", about="event", about_id=message.event_id, event_id=message.event_id, words=message.subject)
        owed = Recipient.objects.filter(message=message, owed_at__isnull=False).values_list("pk", flat=True)
        return post.withdraw(keys=(_key(pk) for pk in owed.iterator()), why="Stopped by the organiser", now=now)


def send_due(*, now: datetime) -> int:
    """Gather the recipients of messages whose time has come, and owe the next of their mails. Returns how many."""
    owed = 0
    due = Message.objects.filter(send_at__lte=now, finished_at=None, stopped_at=None).order_by("send_at")
    for message in due.select_related("event"):
        if message.gathered_at is None:
            _gather(message, now)
        owed += _owe_some(message, now)
    return owed


def _gather(message: Message, now: datetime) -> None:
    """Every address once: in one statement, so that an audience of a million needs no memory here."""
    rows, params = audience_rows(event=message.event, audience=message.audience).query.sql_with_params()
    names = "SELECT a AS address, o AS order_ref, t AS ticket_ref FROM ({}) AS named (a, o, t)".format(rows)  # noqa: UP032
    with transaction.atomic(), connection.cursor() as cursor:
        organiser = int(message.event.organiser_id)
        marked = FINGERPRINT.format(organiser=organiser, address="address")
        cursor.execute(GATHER.format(message=int(message.pk), rows=names, organiser=organiser, fingerprint=marked), params)
        Message.objects.filter(pk=message.pk, gathered_at=None).update(gathered_at=now)


def _owe_some(message: Message, now: datetime) -> int:
    room = BACKLOG - Mail.objects.filter(bulk=True, sent_at=None, given_up_at=None)[:BACKLOG].count()
    with transaction.atomic():
        waiting = Recipient.objects.select_for_update(skip_locked=True).filter(message=message, owed_at=None)
        some = list(waiting.order_by("id")[: max(0, room)])
        post.owe_bulk(mails=_mails(message, some, now))
        Recipient.objects.filter(pk__in=[each.pk for each in some]).update(owed_at=now)
        if not some and room > 0 and not Recipient.objects.filter(message=message, owed_at=None).exists():
            Message.objects.filter(pk=message.pk).update(finished_at=now)
    return len(some)


def _mails(message: Message, recipients: Iterable[Recipient], now: datetime) -> list[Mail]:
    return [
        Mail(
            key=_key(each.pk),
            kind="message",
            to=each.email,
            subject_id=each.pk,
            event_id=message.event_id,
            bulk=True,
            queued_at=now,
            due_at=now,
        )
        for each in recipients
    ]


def _key(recipient_id: int) -> str:
    return f"message:{recipient_id}"
