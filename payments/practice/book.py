"""The practice provider's own decisions, and the notices that tell of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from payments.gateway import Status
from payments.models import PracticeNotice, PracticeSession
from ticketing.lib import tokens
from ticketing.lib.later import later

DELAY = timedelta(seconds=10)
OUT_OF_ORDER = timedelta(seconds=20)


def decide(
    *,
    row: PracticeSession,
    status: Status,
    now: datetime,
    only_from: Sequence[Status] = (Status.OPEN, Status.PENDING),
    copies: int = 1,
    late: bool = False,
) -> bool:
    """Decide a session, once, and owe its notice `copies` times. `late`: notices come out of order."""
    with transaction.atomic():
        done = PracticeSession.objects.filter(pk=row.pk, status__in=only_from).update(status=status, decides_at=None, decides_to="")
        if not done:
            return False
        _owe_notice(row, f"session.{status.value}", now + OUT_OF_ORDER if late else now, copies)
    row.status = status
    return True


def decide_later(*, row: PracticeSession, status: Status, now: datetime, copies: int = 1, late: bool = False) -> bool:
    """The buyer has paid by a delayed method: pending now, decided after DELAY."""
    with transaction.atomic():
        done = PracticeSession.objects.filter(pk=row.pk, status=Status.OPEN).update(
            status=Status.PENDING, decides_at=now + DELAY, decides_to=status
        )
        if done:
            _owe_notice(row, "session.pending", now + OUT_OF_ORDER if late else now, copies)
            _owe_notice(row, f"session.{status.value}", now + DELAY, copies)
    return bool(done)


def due_decision(*, row: PracticeSession, now: datetime) -> PracticeSession:
    """Time decides too: a delayed payment's day has come, or an open session is over."""
    if row.status == Status.PENDING and row.decides_at and row.decides_at <= now:
        PracticeSession.objects.filter(pk=row.pk, status=Status.PENDING).update(status=row.decides_to, decides_at=None)
    elif row.status == Status.OPEN and row.expires_at <= now:
        decide(row=row, status=Status.EXPIRED, now=now, only_from=(Status.OPEN,))
    row.refresh_from_db()
    return row


def _owe_notice(row: PracticeSession, kind: str, due_at: datetime, copies: int) -> None:
    notice_id = f"practice_{tokens.link_token()}"
    PracticeNotice.objects.bulk_create(PracticeNotice(session=row, notice_id=notice_id, kind=kind, due_at=due_at) for _ in range(copies))
    later("payments.practice_deliver_due")
