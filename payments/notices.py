"""What the provider tells: kept first, then acted on by looking where it points. Its words are never believed.

A notice is stored once, by its id. Acting on it fetches the session, refund, dispute or account and applies that, so
doubled, shuffled, late and lost notices all end as the provider's own object stands (F13 to F16)."""

import logging
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, cast

from django.core.cache import cache
from django.db import connection, transaction
from psycopg.types.json import Jsonb

from payments import connecting, disputes
from payments.gateway import About, Disputing, GatewayTrouble, NoticeFact, PaymentRefused, RefundStatus, gateway
from payments.models import Notice, Payment, PayoutAccount, Refund
from payments.settlement import refund_came_back, settle
from ticketing.lib import meters, traces
from ticketing.lib.later import later
from ticketing.lib.prepared import Param, Prepared

logger = logging.getLogger("ticketing.payments")

BATCH, ROUNDS = 100, 20
NUDGED, NUDGE_SECONDS = "payments:nudged", 5
OF_SESSION = Prepared(lambda: Payment.objects.select_related("order").filter(gateway=Param("gateway"), provider_id=Param("session")))
PATIENCE = 3  # so many things in a row that the provider did not answer for, and the rest waits for the next round
# One round trip; the ORM would insert and then read back what it inserted.
KEEP = """
INSERT INTO payments_notice (gateway, provider_notice_id, kind, provider_id, about, body, received_at, tries, last_error)
VALUES (%s, %s, %s, %s, %s, %s, %s, 0, '') ON CONFLICT (gateway, provider_notice_id) DO NOTHING
"""

# Taken by whoever comes first; those that were tried least are first, so that one that can't be acted on keeps nobody waiting.
TAKE = """
UPDATE payments_notice SET tries = tries + 1 WHERE id IN (
  SELECT id FROM payments_notice WHERE handled_at IS NULL {only} ORDER BY tries, received_at LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING *
"""
TAKE_ALL, TAKE_NEW = TAKE.format(only=""), TAKE.format(only="AND tries = 0")


def receive(*, gateway_name: str, fact: NoticeFact, now: datetime) -> bool:
    """Keep a genuine notice, once; acted on by a task, found by a sweep if that is lost. False: it was known."""
    values: list[Any] = [gateway_name, fact.notice_id, fact.kind, fact.provider_id, fact.about.value, Jsonb(fact.body), now]
    with connection.cursor() as cursor:
        cursor.execute(KEEP, values)
        is_new = cursor.rowcount == 1
    paid = OF_SESSION.first(gateway=gateway_name, session=fact.provider_id) if fact.about is About.SESSION else None
    if paid is not None:  # that it came belongs to the buyer's way, too
        meters.about(event=paid.order.event_id, checkout=paid.order.trace_key)
    if is_new:
        transaction.on_commit(_nudge)
    return is_new


def _nudge() -> None:
    """One task acts on all that is there when it begins: while one waits to begin, no other is needed."""
    if cache.add(NUDGED, 1, NUDGE_SECONDS):
        later("payments.handle_new_notices")


def known(*, gateway_name: str, ids: Sequence[str]) -> set[str]:
    """Which of these were received already."""
    return set(Notice.objects.filter(gateway=gateway_name, provider_notice_id__in=ids).values_list("provider_notice_id", flat=True))


def handle_new(*, now: datetime) -> None:
    """What a nudge asks for: everything that was not looked at before, in one go, so that in a flood whoever paid has
    tickets before the first mails are made; after ROUNDS others have their turn."""
    cache.delete(NUDGED)  # first: a notice that comes from here on nudges again
    for _ in range(ROUNDS):
        if handle_due(now=now, only_new=True) < BATCH:
            return
    later("payments.handle_new_notices")


def handle_due(*, now: datetime, only_new: bool = False) -> int:
    """Act on a batch of what waits, each thing once however many notices speak of it. Returns how many were looked at.

    `only_new`: what failed before waits for the sweep. Safe beside itself: two who look at the same thing apply the
    same answer, once; and a crash before the end looks at it again."""
    due, done, in_vain = sorted(Notice.objects.raw(TAKE_NEW if only_new else TAKE_ALL, [BATCH]), key=_thing), [], 0
    for _, group in groupby(due, key=_thing):
        about = list(group)
        with traces.part("payments.handle_notice"):
            trouble = _look(about[0], now)
        if trouble is None:
            done += about
        else:
            _failed(about, trouble)
        in_vain = in_vain + 1 if isinstance(trouble, GatewayTrouble) else 0
        if in_vain == PATIENCE:
            break
    _handled(done, now)
    return len(due)


def _thing(notice: Notice) -> tuple[str, str, str]:
    return notice.gateway, notice.about, notice.provider_id


def handle(*, notice: Notice, now: datetime) -> bool:
    """Look where this one points; only then is it handled. False when that could not be done."""
    trouble = _look(notice, now)
    if trouble is not None:
        _failed([notice], trouble)
        return False
    _handled([notice], now)
    return True


def _handled(notices: Sequence[Notice], now: datetime) -> None:
    Notice.objects.filter(pk__in=[notice.pk for notice in notices], handled_at=None).update(handled_at=now, last_error="")


def _failed(notices: Sequence[Notice], trouble: Exception) -> None:
    Notice.objects.filter(pk__in=[notice.pk for notice in notices], handled_at=None).update(last_error=str(trouble)[:300])


def _look(notice: Notice, now: datetime) -> Exception | None:
    """Unknown things are harmless."""
    try:
        LOOKS.get(About(notice.about), _look_nowhere)(notice, now)
    except (GatewayTrouble, PaymentRefused) as trouble:
        return trouble
    except Exception as mistake:  # one that can't be acted on must not keep the others waiting
        logger.exception("Notice %s not acted on; tried again by the next sweep.", notice.pk)
        return mistake
    return None


def _look_at_session(notice: Notice, now: datetime) -> None:
    payment = OF_SESSION.first(gateway=notice.gateway, session=notice.provider_id)
    if payment is not None:
        meters.about(event=payment.order.event_id, checkout=payment.order.trace_key)
    if payment is not None and payment.succeeded_at is None:  # a success is final: nothing more can come of this session
        settle(payment=payment, now=now)


def _look_at_refund(notice: Notice, now: datetime) -> None:
    """A refund that was sent may come back days later: the buyer's account is closed."""
    refund = Refund.objects.filter(payment__gateway=notice.gateway, provider_id=notice.provider_id).select_related("payment").first()
    if refund is None or refund.failed_at is not None:
        return
    fact = cast(Disputing, gateway(notice.gateway)).fetch_refund(provider_id=notice.provider_id)
    if fact.status is not RefundStatus.FAILED:
        return
    refund_came_back(refund=refund, why=fact.failure, now=now)


def _look_at_dispute(notice: Notice, now: datetime) -> None:
    fact = cast(Disputing, gateway(notice.gateway)).fetch_dispute(provider_id=notice.provider_id)
    payment = Payment.objects.filter(gateway=notice.gateway, provider_id=fact.session_id or "-").first()
    if payment is None:
        return
    if payment.succeeded_at is None:  # its own notice is late, or never came
        settle(payment=payment, now=now)
    disputes.apply(payment=payment, fact=fact, now=now)


def _look_at_account(notice: Notice, now: datetime) -> None:
    row = PayoutAccount.objects.filter(gateway=notice.gateway, provider_id=notice.provider_id.partition("/")[0]).first()
    if row is not None:
        connecting.look(row=row, now=now)


def _look_nowhere(notice: Notice, now: datetime) -> None:
    """Of a kind that changes nothing here."""


LOOKS = {
    About.SESSION: _look_at_session,
    About.REFUND: _look_at_refund,
    About.DISPUTE: _look_at_dispute,
    About.ACCOUNT: _look_at_account,
}
