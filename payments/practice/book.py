"""The practice provider's own decisions, and the notices that tell of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from events.fee_schedule import countries, half_up
from payments.gateway import Status
from payments.models import PracticeNotice, PracticePayout, PracticeRefund, PracticeSession
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


def fee_minor(row: PracticeSession) -> int:
    """What the practice provider keeps of a payment: by the price list of its currency's home, or 1.5 %."""
    rule = next(iter(countries(currency=row.currency, on=row.created_at.date())), None)
    return rule.fee_minor(row.amount_minor) if rule else half_up(row.amount_minor * 15, 1000)


def pay_out(*, now: datetime) -> int:
    """Pay out what succeeded and was given back before today (UTC) and was not paid out yet, one payout per
    currency; one that would be negative waits. Returns how many were made."""
    made, today = 0, now.replace(hour=0, minute=0, second=0, microsecond=0)
    with transaction.atomic():
        rows = list(PracticeSession.objects.select_for_update().filter(status=Status.SUCCEEDED, payout=None, created_at__lt=today))
        refunds = list(PracticeRefund.objects.select_related("session").filter(payout=None, created_at__lt=today))
        for currency in sorted({row.currency for row in rows} | {row.session.currency for row in refunds}):
            paid = [row for row in rows if row.currency == currency]
            back = [row for row in refunds if row.session.currency == currency]
            amount = sum(row.amount_minor - fee_minor(row) for row in paid) - sum(row.amount_minor for row in back)
            if amount <= 0:
                continue
            payout = PracticePayout.objects.create(
                token=f"practice_payout_{tokens.link_token()}"[:32], currency=currency, amount_minor=amount, paid_at=now
            )
            PracticeSession.objects.filter(pk__in=[row.pk for row in paid]).update(payout=payout)
            PracticeRefund.objects.filter(pk__in=[row.pk for row in back]).update(payout=payout)
            made += 1
    return made


def _owe_notice(row: PracticeSession, kind: str, due_at: datetime, copies: int) -> None:
    notice_id = f"practice_{tokens.link_token()}"
    PracticeNotice.objects.bulk_create(PracticeNotice(session=row, notice_id=notice_id, kind=kind, due_at=due_at) for _ in range(copies))
    later("payments.practice_deliver_due")
