"""Our rows against the provider's: missed notices, list against list, and each payout to the cent.

What can be mended without a decision is mended (a success that was never told is applied); the rest becomes a
Difference, once, with the one decision that settles it. All of it may run twice, late, or beside itself.
"""

import logging
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum

from accounts.models import Organiser, User
from payments import fees, ledger, notices, settlement
from payments.gateway import PartKind, PayoutFact, Session, Status, gateway
from payments.journal import Account, Difference, Payout, PayoutLine, Problem
from payments.models import Dispute, Payment, Refund
from registrations.rebuilding import CantRebuild, rebuild_order

logger = logging.getLogger("ticketing.reconciliation")
BATCH = 200
NOTICES_BACK = timedelta(hours=3)
LISTS_BACK = timedelta(days=2)
PAYOUTS_BACK = timedelta(days=14)
DECISIONS = {
    Problem.UNKNOWN_PAYMENT: "Make its order again",
    Problem.AMOUNT: "Give it back",
    Problem.UNKNOWN_REFUND: "Book this refund",
    Problem.REFUSED_REFUND: "Send it again",
}
NOTED = "Looked into: close it"


class CantSettle(Exception):
    """The decision can't be carried out; the message says why."""

    code = "cant_settle"


def recover_notices(*, now: datetime) -> int:
    """Take in what the provider told and we never heard. Returns how many notices were new."""
    name = settings.PAYMENT_GATEWAY
    told = list(gateway(name).notices(since=now - NOTICES_BACK))
    known = notices.known(gateway_name=name, ids=[fact.notice_id for fact in told])
    return sum(notices.receive(gateway_name=name, fact=fact, now=now) for fact in told if fact.notice_id not in known)


def compare_lists(*, now: datetime, back: timedelta = LISTS_BACK) -> int:
    """The provider's sessions against our payments, one by one. Returns how many differences stand open."""
    name, since, seen = settings.PAYMENT_GATEWAY, now - back, set()
    for session in gateway(name).sessions(since=since):
        seen.add(session.provider_id)
        _compare(name, session, now)
    missing = Payment.objects.filter(gateway=name, succeeded_at__isnull=False, opened_at__gte=since + timedelta(minutes=5))
    for payment in missing.exclude(provider_id__in=seen):
        _find(Problem.MISSING_PAYMENT, payment.provider_id or str(payment.pk), now, payment, ours=payment.amount_minor)
    for refund in Refund.objects.filter(failed_at__gte=since, payment__gateway=name).select_related("payment"):
        _find(Problem.REFUSED_REFUND, str(refund.pk), now, refund.payment, ours=refund.amount_minor)
    return Difference.objects.filter(settled_at=None).count()


def _compare(name: str, session: Session, now: datetime) -> None:
    payment = Payment.objects.filter(gateway=name, provider_id=session.provider_id).first()
    if payment is None:
        if session.status is Status.SUCCEEDED and session.refunded_minor < session.amount_minor:
            _find_unknown(name, session, now)
    elif session.status is Status.SUCCEEDED:
        if payment.succeeded_at is None:
            payment = settlement.apply(payment=payment, session=session, now=now)
        if payment.mismatch_at and session.refunded_minor < session.amount_minor:
            _find(
                Problem.AMOUNT,
                session.provider_id,
                now,
                payment,
                ours=payment.amount_minor,
                theirs=session.amount_minor,
                currency=session.currency,
            )
        _compare_refunds(payment, session, now)
    elif payment.succeeded_at is not None:
        _find(Problem.MISSING_PAYMENT, session.provider_id, now, payment, ours=payment.amount_minor)


def _compare_refunds(payment: Payment, session: Session, now: datetime) -> None:
    sent = _sum(payment.refunds.filter(completed_at__isnull=False, failed_at=None))
    under_way = _sum(payment.refunds.filter(completed_at=None, failed_at=None))
    key = f"{session.provider_id}:{session.refunded_minor}"
    if session.refunded_minor > sent + under_way:
        _find(Problem.UNKNOWN_REFUND, key, now, payment, ours=sent + under_way, theirs=session.refunded_minor)
    elif session.refunded_minor < sent:
        _find(Problem.MISSING_REFUND, key, now, payment, ours=sent, theirs=session.refunded_minor)


def _sum(refunds: Iterable[Refund]) -> int:
    return sum(refund.amount_minor for refund in refunds)


def _find_unknown(name: str, session: Session, now: datetime) -> None:
    Difference.objects.get_or_create(
        key=f"{Problem.UNKNOWN_PAYMENT}:{session.provider_id}",
        defaults={
            "problem": Problem.UNKNOWN_PAYMENT,
            "gateway": name,
            "organiser": Organiser.objects.filter(slug=session.metadata.get("organiser", "")).first(),
            "provider_id": session.provider_id,
            "ours_minor": 0,
            "theirs_minor": session.amount_minor,
            "currency": session.currency,
            "found_at": now,
        },
    )


def _find(
    problem: Problem,
    name: str,
    now: datetime,
    payment: Payment,
    *,
    ours: int,
    theirs: int = 0,
    currency: str = "",
    payout: Payout | None = None,
) -> None:
    Difference.objects.get_or_create(
        key=f"{problem}:{name}",
        defaults={
            "problem": problem,
            "gateway": payment.gateway,
            "organiser": payment.order.event.organiser,
            "payment": payment,
            "payout": payout,
            "provider_id": payment.provider_id or "",
            "ours_minor": ours,
            "theirs_minor": theirs,
            "currency": currency or payment.currency,
            "found_at": now,
        },
    )


def reconcile_payouts(*, now: datetime) -> int:
    """Take in payouts and post those whose every line agrees. Returns how many were posted."""
    name = settings.PAYMENT_GATEWAY
    for fact in gateway(name).payouts(since=now - PAYOUTS_BACK):
        _take_in(name, fact)
    waiting = Payout.objects.filter(gateway=name, posted_at=None)
    return sum(_check(payout, now) for payout in waiting)


def _take_in(name: str, fact: PayoutFact) -> None:
    if Payout.objects.filter(gateway=name, provider_id=fact.provider_id).exists():
        return
    parts = list(gateway(name).payout_parts(payout_id=fact.provider_id))
    owners = _owners(name, {part.provider_id for part in parts})
    with transaction.atomic():
        payout = Payout.objects.create(
            gateway=name, provider_id=fact.provider_id, currency=fact.currency, amount_minor=fact.amount_minor, paid_at=fact.paid_at
        )
        PayoutLine.objects.bulk_create(
            PayoutLine(
                payout=payout,
                kind=part.kind,
                provider_id=part.provider_id,
                payment_id=owners.get(part.provider_id),
                gross_minor=part.gross_minor,
                fee_minor=part.fee_minor,
            )
            for part in parts
        )


def _owners(name: str, ids: Collection[str]) -> dict[str | None, int]:
    """{id of a session, refund or dispute: the payment's}."""
    found: dict[str | None, int] = dict(Payment.objects.filter(gateway=name, provider_id__in=ids).values_list("provider_id", "pk"))
    for rows in (Refund.objects, Dispute.objects):
        found |= dict(rows.filter(payment__gateway=name, provider_id__in=ids).values_list("provider_id", "payment_id"))
    return found


def _check(payout: Payout, now: datetime) -> int:
    unknown = list(payout.lines.filter(payment=None))  # when it was taken in; its dispute may have been told since
    owners = _owners(payout.gateway, [line.provider_id for line in unknown]) if unknown else {}
    for line in unknown:
        PayoutLine.objects.filter(pk=line.pk).update(payment_id=owners.get(line.provider_id))
    lines = list(payout.lines.select_related("payment__order__event__organiser"))
    agrees = sum(line.net_minor for line in lines) == payout.amount_minor
    if not agrees:
        _find_in_payout(payout, Problem.PAYOUT, payout.provider_id, sum(line.net_minor for line in lines), payout.amount_minor, now, None)
    for line in lines:
        if line.payment is not None and line.payment.succeeded_at and line.payment.fee_minor is None:
            fees.take_fee(payment=line.payment, now=now)
        ours = _in_ledger(line, payout.currency)
        if line.payment is None or ours != line.net_minor:
            agrees = False
            _find_in_payout(
                payout, Problem.PAYOUT_LINE, f"{payout.provider_id}:{line.provider_id}", ours, line.net_minor, now, line.payment
            )
    Payout.objects.filter(pk=payout.pk).update(checked_at=now)
    if agrees:
        _post(payout, lines, now)
    return int(agrees)


def _in_ledger(line: PayoutLine, currency: str) -> int:
    """What the ledger says that this line brought to, or took from, the money at the provider."""
    if line.payment is None:
        return 0
    about: dict[str, Any] = {"payment": line.payment, "account": Account.CLEARING, "currency": currency}
    if line.kind in (PartKind.DISPUTE, PartKind.DISPUTE_WON):
        name = "dispute-opened" if line.kind == PartKind.DISPUTE else "dispute-won"
        return ledger.on_account(**about, keys=[f"{name}:{line.provider_id}"])
    if line.kind in (PartKind.REFUND, PartKind.RETURNED):
        refund = Refund.objects.filter(payment=line.payment, provider_id=line.provider_id).first()
        name = "refund" if line.kind == PartKind.REFUND else "refund-returned"
        return ledger.on_account(**about, keys=[f"{name}:{refund.pk}"]) if refund else 0
    if line.kind != PartKind.PAYMENT:
        return 0
    return ledger.on_account(**about, keys=[f"payment:{line.payment_id}", f"fee:{line.payment_id}", f"exchange:{line.payment_id}"])


def _find_in_payout(payout: Payout, problem: Problem, name: str, ours: int, theirs: int, now: datetime, payment: Payment | None) -> None:
    Difference.objects.get_or_create(
        key=f"{problem}:{name}",
        defaults={
            "problem": problem,
            "gateway": payout.gateway,
            "organiser": payment.order.event.organiser if payment else None,
            "payment": payment,
            "payout": payout,
            "provider_id": name[:120],
            "ours_minor": ours,
            "theirs_minor": theirs,
            "currency": payout.currency,
            "found_at": now,
        },
    )


def _post(payout: Payout, lines: list[PayoutLine], now: datetime) -> None:
    """One entry for each organiser whose money is in it: of an own account that is one, of the platform's several."""
    sums: dict[Organiser, int] = {}
    for line in lines:
        assert line.payment is not None
        organiser = line.payment.order.event.organiser
        sums[organiser] = sums.get(organiser, 0) + line.net_minor
    with transaction.atomic():
        if not Payout.objects.filter(pk=payout.pk, posted_at=None).update(posted_at=now):
            return
        for organiser, amount in sums.items():
            ledger.paid_out(payout_id=payout.provider_id, organiser=organiser, amount_minor=amount, currency=payout.currency, now=now)
        Difference.objects.filter(payout=payout, settled_at=None).update(settled_at=now, decision="It agrees by now.")


def decision_for(difference: Difference) -> str:
    """The words on the one button."""
    if difference.problem == Problem.AMOUNT and not _can_give_back(difference):
        return NOTED
    return DECISIONS.get(Problem(difference.problem), NOTED)


def _can_give_back(difference: Difference) -> bool:
    """Through the verbs only what was asked for, or less, in its own currency; the rest at the provider's own desk."""
    payment = difference.payment
    return payment is not None and difference.currency == payment.currency and difference.theirs_minor <= payment.amount_minor


def settle_difference(*, difference: Difference, by: User | None, now: datetime) -> bool:
    """Carry the decision out, once. False when it was settled before. CantSettle says why it can't be done."""
    words, session = decision_for(difference), None
    if difference.problem == Problem.UNKNOWN_PAYMENT and difference.settled_at is None:
        session = gateway(difference.gateway).fetch(provider_id=difference.provider_id)
    with transaction.atomic():
        done = Difference.objects.filter(pk=difference.pk, settled_at=None).update(settled_at=now, settled_by=by, decision=words)
        if not done:
            return False
        try:
            if words != NOTED:
                _carry_out(difference, session, now)
        except (settlement.RefundTooLarge, CantRebuild) as error:
            raise CantSettle(str(error)) from error
    return True


def _carry_out(difference: Difference, session: Session | None, now: datetime) -> None:
    payment, missing = difference.payment, difference.theirs_minor - difference.ours_minor
    if session is not None:
        adopt_payment(gateway_name=difference.gateway, session=session, now=now)
    elif payment is not None and difference.problem == Problem.UNKNOWN_REFUND:
        settlement.adopt_refund(payment=payment, amount_minor=missing, now=now)
    elif payment is not None and difference.problem == Problem.AMOUNT:
        settlement.owe_refund(payment=payment, amount_minor=difference.theirs_minor, reason="requested", now=now)
    elif payment is not None and difference.problem == Problem.REFUSED_REFUND:
        settlement.owe_refund(payment=payment, amount_minor=difference.ours_minor, reason="requested", now=now)


def adopt_payment(*, gateway_name: str, session: Session, now: datetime) -> Payment:
    """A payment that only the provider remembers: its order is made again from what we told the provider, and
    paid; or, where the places are gone, the money is due back (M1). CantRebuild when too little is known."""
    order = rebuild_order(facts=session.metadata, code=session.reference, now=now)
    payment = settlement.adopt_payment(order=order, gateway_name=gateway_name, session=session, now=now)
    return settlement.apply(payment=payment, session=session, now=now)


def rebuild_paid_orders(*, since: datetime, now: datetime) -> tuple[int, list[str]]:
    """After a restore: every paid session that no row knows gives its order back. (how many, what could not be)."""
    name, made, failed = settings.PAYMENT_GATEWAY, 0, []
    for session in gateway(name).sessions(since=since):
        if session.status is not Status.SUCCEEDED or session.refunded_minor >= session.amount_minor:
            continue
        known = Payment.objects.filter(gateway=name, provider_id=session.provider_id).first()
        if known is not None:
            if known.succeeded_at is None:
                settlement.apply(payment=known, session=session, now=now)
                made += 1
            continue
        try:
            adopt_payment(gateway_name=name, session=session, now=now)
            made += 1
        except CantRebuild as error:
            failed.append(f"{session.provider_id}: {error}")
    return made, failed


def open_differences(*, organiser: Organiser | None = None) -> list[Difference]:
    """What waits for a decision, newest first; of one organiser, or for staff of all."""
    rows = Difference.objects.select_related("payment__order__event", "payout", "organiser").filter(settled_at=None).order_by("-found_at")
    return list((rows.filter(organiser=organiser) if organiser else rows)[:BATCH])


def payouts_of(*, organiser: Organiser) -> list[Payout]:
    """Payouts with this organiser's money in it; `own_minor` is how much of it."""
    own = Q(lines__payment__order__event__organiser=organiser)
    rows = Payout.objects.filter(own).annotate(own_gross=Sum("lines__gross_minor", filter=own), own_fee=Sum("lines__fee_minor", filter=own))
    return list(rows.order_by("-paid_at", "-id")[:BATCH])
