"""Stripe's objects in the words of the Gateway protocol. Nothing here goes over the network.

An id of ours that belongs to an organiser's own account carries the account before it
(`acct_1/cs_2`), so that no row and no verb needs to know of accounts."""

from datetime import UTC, datetime
from typing import Any

from payments.gateway import About, Balance, DisputeFact, DisputeStatus, RefundFact, RefundStatus, Session, Status

DISPUTES = {"won": DisputeStatus.WON, "lost": DisputeStatus.LOST, "under_review": DisputeStatus.REVIEWED}
INQUIRIES = {"warning_closed": DisputeStatus.WON, "warning_under_review": DisputeStatus.REVIEWED}
ABOUT = {
    "checkout.session.": About.SESSION,
    "refund.": About.REFUND,
    "charge.refund.": About.REFUND,
    "charge.dispute.": About.DISPUTE,
    "account.": About.ACCOUNT,
    "payout.": About.PAYOUT,
}

# Currencies without decimals that Stripe goes on counting in hundredths (docs.stripe.com/currencies, special cases).
HUNDREDTHS = frozenset({"ISK", "UGX"})


def told(amount_minor: int, currency: str) -> int:
    """An amount of ours as Stripe counts it."""
    return amount_minor * 100 if currency.upper() in HUNDREDTHS else amount_minor


def ours(amount: int, currency: str) -> int:
    """An amount of Stripe's as we count it, minor units."""
    return amount // 100 if currency.upper() in HUNDREDTHS else amount


def split(provider_id: str) -> tuple[str, str]:
    """ "acct_1/cs_2" → ("acct_1", "cs_2"); "cs_2" → ("", "cs_2")."""
    account, _, own = provider_id.rpartition("/")
    return account, own


def join(account: str, own: str) -> str:
    return f"{account}/{own}" if account else own


def about(kind: str) -> About:
    return next((what for prefix, what in ABOUT.items() if kind.startswith(prefix)), About.NOTHING)


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def session_status(found: Any) -> Status:
    """A completed session is not yet money: a delayed method decides days later, in its payment intent."""
    if found.status == "open":
        return Status.OPEN
    if found.status == "expired":
        return Status.EXPIRED
    if found.payment_status == "paid":
        return Status.SUCCEEDED
    intent = found.payment_intent
    undecided = intent is None or isinstance(intent, str) or intent.status in ("processing", "requires_capture", "succeeded")
    return Status.PENDING if undecided else Status.FAILED


def session(found: Any, account: str) -> Session:
    intent = found.payment_intent
    known = intent is not None and not isinstance(intent, str)
    error = intent.last_payment_error if known else None
    refunded = intent.latest_charge.amount_refunded if known and intent.latest_charge and not isinstance(intent.latest_charge, str) else 0
    return Session(
        provider_id=join(account, found.id),
        status=session_status(found),
        payment_url=found.url or "",
        amount_minor=ours(found.amount_total, found.currency),
        currency=found.currency.upper(),
        failure=(error.message or error.code or "") if error else "",
        refunded_minor=ours(refunded, found.currency),
        reference=found.client_reference_id or "",
        metadata=dict(found.metadata.to_dict()) if found.metadata else {},
    )


def balance(found: Any) -> Balance | None:
    """What a session brought, from its charge's balance transaction; asked for with it. None: not known yet."""
    intent = found.payment_intent
    line = intent.latest_charge.balance_transaction if intent and intent.latest_charge else None
    if line is None:
        return None
    platform = sum(part.amount for part in line.fee_details if part.type == "application_fee")
    gross, fee, platform = (ours(amount, line.currency) for amount in (line.amount, line.fee, platform))
    return Balance(gross_minor=gross, fee_minor=fee, currency=line.currency.upper(), platform_minor=platform)


def refund(found: Any, account: str) -> RefundFact:
    return RefundFact(
        provider_id=join(account, found.id),
        status={"succeeded": RefundStatus.SUCCEEDED, "failed": RefundStatus.FAILED, "canceled": RefundStatus.FAILED}.get(
            found.status, RefundStatus.PENDING
        ),
        amount_minor=ours(found.amount, found.currency),
        failure=found.failure_reason or "" if hasattr(found, "failure_reason") else "",
    )


def dispute(found: Any, account: str, session_id: str) -> DisputeFact:
    due = found.evidence_details.due_by if found.evidence_details else None
    fees = [line for line in found.balance_transactions or [] if line.fee > 0]
    return DisputeFact(
        provider_id=join(account, found.id),
        session_id=session_id,
        status=(DISPUTES | INQUIRIES).get(found.status, DisputeStatus.OPEN),
        amount_minor=ours(found.amount, found.currency),
        fee_minor=ours(sum(line.fee for line in fees), found.currency),
        currency=found.currency.upper(),
        reason=found.reason,
        inquiry=found.status.startswith("warning_"),
        evidence_due_at=moment(due) if due else None,
    )
