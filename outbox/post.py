"""Owing mail and sending it. The door: `owe`, `send_due`.

At least once, and the same Message-ID each time: a worker killed between the server's answer and our
note sends again, and the receiving side recognises the copy. A row is claimed before it is sent, so
two workers never send the same one at once.
"""

import email
import email.policy
import logging
import time
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils.module_loading import import_string

from outbox.models import Mail
from ticketing.lib import meters, traces
from ticketing.lib.later import later
from ticketing.lib.prepared import HastyUpdate, Param, Prepared, PreparedUpdate

logger = logging.getLogger("ticketing.outbox")

CLAIMED_FOR = timedelta(minutes=2)
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(minutes=30)
GIVE_UP_AFTER = timedelta(days=3)
BATCH = 50
FORGOTTEN = "erased@example.invalid"  # where the address of somebody who asked to be forgotten was
BULK_SWEEP_SECONDS, BULK_TURN = 10, 20  # a sweep of bulk mail, and after how many it looks for other mail
BATCH_SECONDS = 30  # much less than CLAIMED_FOR, which is counted from the sweep's beginning
OWE = (
    'INSERT INTO outbox_mail (key, kind, "to", subject_id, queued_at, due_at, tries, last_error, event_id) '
    "VALUES (%s, %s, %s, %s, %s, %s, 0, '', %s) ON CONFLICT DO NOTHING"
)
MAIL = Prepared(lambda: Mail.objects.filter(key=Param("key"), sent_at=None, given_up_at=None))
CLAIM = HastyUpdate(
    lambda: Mail.objects.filter(pk=Param("mail"), due_at=Param("seen"), sent_at=None),
    due_at=Param("until"),
    tries=F("tries") + 1,
)
SENT = PreparedUpdate(lambda: Mail.objects.filter(pk=Param("mail")), sent_at=Param("now"), last_error="")

# Who composes a mail of a kind when it is sent: by name, since the outbox knows no higher room.
COMPOSERS = {
    "order_confirmation": "registrations.mails.order_confirmation",
    "order_cancelled": "registrations.mails.order_cancelled",
    "ticket_received": "registrations.holder_mails.ticket_received",
    "ticket_handed_on": "registrations.holder_mails.ticket_handed_on",
    "erasure_asked": "registrations.privacy_mails.erasure_asked",
    "find_tickets": "registrations.mails.find_tickets",
    "waiting_joined": "registrations.promise_mails.waiting_joined",
    "waiting_offer": "registrations.promise_mails.waiting_offer",
    "request_received": "registrations.promise_mails.request_received",
    "request_approved": "registrations.promise_mails.request_approved",
    "request_declined": "registrations.promise_mails.request_declined",
    "invitation": "accounts.mails.invitation",
    "alarm_fired": "operations.watch.telling.alarm_mail",
    "alarm_cleared": "operations.watch.telling.alarm_mail",
    "message": "workspace.mails.message",
    "export_ready": "workspace.mails.export_ready",
}


def owe(*, kind: str, to: str, subject_id: int, now: datetime, key: str | None = None, event_id: int | None = None) -> str:
    """A mail of this kind about this row, once: the same key again owes nothing more. Returns the key.

    `event_id`: whose organiser sees it among the event's mail."""
    key = key or f"{kind}:{subject_id}"
    with connection.cursor() as cursor:
        cursor.execute(OWE, [key, kind, to, subject_id, now, now, event_id])
    return key


def owe_bulk(*, mails: Iterable[Mail]) -> None:
    """The same to many: sent when nothing else is due, a limited number a minute. `key` makes each once."""
    Mail.objects.bulk_create(mails, batch_size=500, ignore_conflicts=True)


def owe_message(*, message: EmailMessage, key: str, now: datetime) -> None:
    """A mail that is complete already; stored as it will be sent."""
    Mail.objects.bulk_create(
        [Mail(key=key, kind="stored", to=message.recipients()[0], message=message.message().as_bytes(), queued_at=now, due_at=now)],
        ignore_conflicts=True,
    )
    later("outbox.send_due")


def _some(keys: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(keys)
    while some := list(islice(rest, size)):
        yield some


def withdraw(*, keys: Iterable[str], why: str, now: datetime) -> int:
    """Send these no more, as far as they were not sent. Returns how many were still waiting."""
    waiting, done = Mail.objects.filter(sent_at=None, given_up_at=None), 0
    for some in _some(keys, 500):
        done += waiting.filter(key__in=some).update(given_up_at=now, last_error=why[:300])
    return done


def forget(*, addresses: Collection[str], event_id: int | None = None, now: datetime) -> int:
    """Whoever had these addresses asked to be forgotten: what waits for them is not sent, what was sent loses the
    address. Of one event's mail, and of mail about no event; None: of all. Returns how many."""
    rows = Mail.objects.filter(to__in=addresses)
    if event_id is not None:
        rows = rows.filter(Q(event_id=event_id) | Q(event_id=None, kind="find_tickets"))
    rows.filter(sent_at=None, given_up_at=None).update(given_up_at=now)
    return rows.update(to=FORGOTTEN, message=None, last_error="")


def send_now(*, key: str, now: datetime) -> bool:
    """Send this mail if it is due and nobody else is sending it."""
    row = MAIL.first(key=key)
    if row is None or row.due_at > now:
        return False
    transport = get_connection(settings.OUTBOX_TRANSPORT)
    try:
        return _claimed(row, now) and _send(row, transport, now)
    finally:
        transport.close()


def send_due(*, now: datetime) -> int:
    """Send what is due. Returns how many were sent.

    Ends early at a mail server that is slow or hangs: the next sweep goes on, and no claim runs out
    while its mail is on the way."""
    rows = list(_due(now).filter(bulk=False).order_by("due_at")[:BATCH])
    return _send_all(rows, now, until=time.monotonic() + BATCH_SECONDS)


def send_bulk_due(*, now: datetime) -> int:
    """Send some of what goes to many, as many as BULK_MAILS_PER_MINUTE allows for one sweep. Returns how many.

    Mail that one person waits for goes first: none of this is sent while any of that is due."""
    share = max(1, settings.BULK_MAILS_PER_MINUTE * BULK_SWEEP_SECONDS // 60)
    sent, until = 0, time.monotonic() + BULK_SWEEP_SECONDS - 1
    for _ in range(0, share, BULK_TURN):
        if time.monotonic() >= until or _due(now).filter(bulk=False).exists():
            break
        rows = list(_due(now).filter(bulk=True).order_by("due_at", "id")[: min(BULK_TURN, share - sent)])
        if not rows:
            break
        sent += _send_all(rows, now, until=until)
    return sent


def _due(now: datetime) -> QuerySet[Mail]:
    return Mail.objects.filter(due_at__lte=now, sent_at=None, given_up_at=None)


def _send_all(rows: list[Mail], now: datetime, *, until: float) -> int:
    if not rows:
        return 0
    transport = get_connection(settings.OUTBOX_TRANSPORT)
    sent = sum(_send_one(row, transport, now) for row in rows if time.monotonic() < until)
    transport.close()
    return sent


def _send_one(row: Mail, transport: BaseEmailBackend, now: datetime) -> bool:
    with traces.part("outbox.send"):
        return _claimed(row, now) and _send(row, transport, now)


def _claimed(row: Mail, now: datetime) -> bool:
    """Ours for CLAIMED_FOR; a worker that dies in the middle leaves it to the next sweep after that."""
    return bool(CLAIM.run(mail=row.pk, seen=row.due_at, until=now + CLAIMED_FOR))


def _send(row: Mail, transport: BaseEmailBackend, now: datetime) -> bool:
    try:
        message = _composed(row, transport)
        if message is not None:
            with traces.span("mail", row.kind):
                message.send()
    except Exception as error:  # a mail server fails in many ways; the row says what happened and waits
        meters.add("mails_failed")
        _postpone(row, error, now)
        return False
    meters.add("mails")
    SENT.run(mail=row.pk, now=now)
    return True


def _composed(row: Mail, transport: BaseEmailBackend) -> EmailMessage | None:
    """The message, or None when there is nothing to say any more."""
    if row.message is not None:
        return StoredMessage(raw=bytes(row.message), to=row.to, connection=transport)
    message: EmailMessage | None = import_string(COMPOSERS[row.kind])(subject_id=row.subject_id, to=row.to)
    if message is not None:
        message.connection = transport
        message.extra_headers["Message-ID"] = f"<{row.key.replace(':', '.')}@{settings.SITE_URL.split('//')[1].split(':')[0]}>"
    return message


def _postpone(row: Mail, error: Exception, now: datetime) -> None:
    wait = min(FIRST_RETRY * 2 ** min(row.tries, 10), LONGEST_RETRY)
    given_up = now if now - row.queued_at > GIVE_UP_AFTER else None
    Mail.objects.filter(pk=row.pk).update(due_at=now + wait, given_up_at=given_up, last_error=f"{type(error).__name__}: {error}"[:300])
    logger.warning("Mail %s not sent (%s); again in %s.", row.pk, type(error).__name__, wait)


def try_again(*, mails: Iterable[Mail], now: datetime) -> None:
    """Staff ask for another try of mails that were not sent."""
    Mail.objects.filter(pk__in=[mail.pk for mail in mails], sent_at=None).update(due_at=now, given_up_at=None)
    later("outbox.send_due")


class StoredMime:
    """Bytes in the shape that Django's mail backends ask for."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def as_bytes(self, unixfrom: bool = False, linesep: str = "\n") -> bytes:
        return linesep.encode().join(self.raw.splitlines()) + linesep.encode()

    def as_string(self, unixfrom: bool = False, linesep: str = "\n") -> str:
        return self.as_bytes(linesep=linesep).decode()


class StoredMessage(EmailMessage):
    """A message kept as bytes, sent exactly as it was made."""

    def __init__(self, *, raw: bytes, to: str, connection: BaseEmailBackend) -> None:
        headers = email.message_from_bytes(raw, policy=email.policy.SMTP)
        super().__init__(subject=headers["Subject"], to=[to], from_email=headers["From"], connection=connection)
        self.raw = raw

    def message(self) -> Any:  # type: ignore[override]
        return StoredMime(self.raw)
