"""The practice provider, seen from the shop: it fits the Gateway protocol as a real one does.

Nothing is real about its money; everything is real about its manners: idempotency keys, sessions
that expire, delayed decisions, refunds within limits, signed notices over HTTP.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse

from payments.gateway import (
    ABOUT_THE_BUYER,
    Asked,
    BadNotice,
    Balance,
    GatewayTrouble,
    NoticeFact,
    PartKind,
    PaymentRefused,
    PayoutFact,
    PayoutPart,
    Session,
    Status,
)
from payments.models import PracticeNotice, PracticePayout, PracticeRefund, PracticeSession
from payments.practice import book
from ticketing.lib import clock, tokens
from ticketing.lib.site import absolute

SIGNATURE_HEADER = "Practice-Signature"
TOLERANCE_SECONDS = 300
UNIX_SECONDS = re.compile("[0-9]{1,12}")
LEAST_LIFE = timedelta(minutes=30)  # as Stripe's sessions: they live on after the hold unless expired by call


class PracticeGateway:
    name = "practice"

    def open_session(self, *, asked: Asked) -> Session:
        _maybe_away()
        now = clock.now()
        fields = {
            "reference": asked.reference,
            "description": asked.description[:200],
            "amount_minor": asked.amount_minor,
            "currency": asked.currency,
            "return_url": asked.return_url,
            "cancel_url": asked.cancel_url,
            "metadata": dict(asked.metadata),
        }
        row, _ = PracticeSession.objects.get_or_create(
            idempotency_key=asked.idempotency_key,
            defaults=fields | {"token": tokens.link_token(), "created_at": now, "expires_at": max(asked.expires_at, now + LEAST_LIFE)},
        )
        if any(getattr(row, name) != value for name, value in fields.items()):
            raise PaymentRefused("This idempotency key was used with other parameters.")
        return _session(row)

    def fetch(self, *, provider_id: str) -> Session:
        _maybe_away()
        return _session(book.due_decision(row=_row(provider_id), now=clock.now()))

    def expire(self, *, provider_id: str) -> Session:
        _maybe_away()
        now = clock.now()
        row = book.due_decision(row=_row(provider_id), now=now)
        book.decide(row=row, status=Status.EXPIRED, now=now, only_from=(Status.OPEN,))
        return _session(_row(provider_id))

    def refund(self, *, provider_id: str, amount_minor: int, idempotency_key: str) -> str:
        _maybe_away()
        row = _row(provider_id)
        try:
            with transaction.atomic():
                made = PracticeRefund.objects.create(
                    session=row, idempotency_key=idempotency_key, amount_minor=amount_minor, created_at=clock.now()
                )
                given = PracticeSession.objects.filter(
                    pk=row.pk, status=Status.SUCCEEDED, refunded_minor__lte=F("amount_minor") - amount_minor
                ).update(refunded_minor=F("refunded_minor") + amount_minor)
                if not given:
                    raise PaymentRefused("The refund is larger than what is left of the payment.")
        except IntegrityError:
            made = PracticeRefund.objects.get(idempotency_key=idempotency_key)
        return _refund_id(made)

    def forget(self, *, provider_id: str) -> None:
        _maybe_away()
        row = _row(provider_id)
        row.metadata = {name: value for name, value in row.metadata.items() if name not in ABOUT_THE_BUYER}
        row.save(update_fields=["metadata"])

    def balance_of(self, *, provider_id: str) -> Balance | None:
        _maybe_away()
        row = _row(provider_id)
        return _balance(row) if row.status == Status.SUCCEEDED else None

    def balances(self, *, provider_ids: Collection[str], since: datetime, until: datetime) -> Iterator[tuple[str, Balance]]:
        _maybe_away()
        for row in PracticeSession.objects.filter(token__in=provider_ids, status=Status.SUCCEEDED):
            yield row.token, _balance(row)

    def sessions(self, *, since: datetime) -> Iterator[Session]:
        _maybe_away()
        for row in PracticeSession.objects.filter(created_at__gte=since).order_by("id").iterator(chunk_size=500):
            yield _session(row)

    def notices(self, *, since: datetime) -> Iterator[NoticeFact]:
        _maybe_away()
        for row in PracticeNotice.objects.filter(due_at__gte=since, due_at__lte=clock.now()).select_related("session").order_by("due_at"):
            body: dict[str, object] = {"id": row.notice_id, "kind": row.kind, "session": row.session.token}
            yield NoticeFact(notice_id=row.notice_id, kind=row.kind, provider_id=row.session.token, body=body)

    def payouts(self, *, since: datetime) -> Iterator[PayoutFact]:
        _maybe_away()
        book.pay_out(now=clock.now())
        for row in PracticePayout.objects.filter(paid_at__gte=since).order_by("id"):
            yield PayoutFact(provider_id=row.token, currency=row.currency, amount_minor=row.amount_minor, paid_at=row.paid_at)

    def payout_parts(self, *, payout_id: str) -> Iterator[PayoutPart]:
        _maybe_away()
        for row in PracticeSession.objects.filter(payout__token=payout_id).order_by("id").iterator(chunk_size=500):
            yield PayoutPart(kind=PartKind.PAYMENT, provider_id=row.token, gross_minor=row.amount_minor, fee_minor=book.fee_minor(row))
        for back in PracticeRefund.objects.filter(payout__token=payout_id).order_by("id").iterator(chunk_size=500):
            yield PayoutPart(kind=PartKind.REFUND, provider_id=_refund_id(back), gross_minor=-back.amount_minor, fee_minor=0)

    def read_notice(self, *, body: bytes, headers: Mapping[str, str], now: datetime) -> NoticeFact:
        stamp, _, signature = headers.get(SIGNATURE_HEADER, "").partition(".")
        if not UNIX_SECONDS.fullmatch(stamp) or abs(now.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
            raise BadNotice("The notice has no time, or one too far from now.")
        if not any(hmac.compare_digest(sign(body=body, stamp=stamp, secret=secret).encode(), signature.encode()) for secret in secrets()):
            raise BadNotice("The signature does not fit.")
        try:
            told = json.loads(body)
            return NoticeFact(notice_id=str(told["id"]), kind=str(told["kind"]), provider_id=str(told["session"]), body=told)
        except (ValueError, KeyError, TypeError) as error:
            raise BadNotice("The notice can't be read.") from error


def sign(*, body: bytes, stamp: str, secret: str) -> str:
    """HMAC-SHA256 over "<unix seconds>.<body>", hexadecimal."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def secrets() -> list[str]:
    """The signing secrets that are valid now: the current one first, then those being rotated out."""
    return ["practice-notices:" + secret for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _refund_id(row: PracticeRefund) -> str:
    return f"practice_refund_{row.pk}"


def _row(provider_id: str) -> PracticeSession:
    row = PracticeSession.objects.filter(token=provider_id).first()
    if row is None:
        raise PaymentRefused("The practice provider knows no such session.")
    return row


def _balance(row: PracticeSession) -> Balance:
    return Balance(gross_minor=row.amount_minor, fee_minor=book.fee_minor(row), currency=row.currency)


def _session(row: PracticeSession) -> Session:
    return Session(
        provider_id=row.token,
        status=Status(row.status),
        payment_url=absolute(reverse("payments:practice", kwargs={"token": row.token})),
        amount_minor=row.amount_minor,
        currency=row.currency,
        failure="declined" if row.status == Status.FAILED else "",
        refunded_minor=row.refunded_minor,
        reference=row.reference,
        metadata=row.metadata,
    )


def _maybe_away() -> None:
    if settings.PRACTICE_AWAY:
        raise GatewayTrouble("The practice provider is switched off (PRACTICE_AWAY).")
