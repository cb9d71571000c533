"""Stripe, seen from the shop: Checkout Sessions with whatever methods the account offers.

On an organiser's own account the charge is direct: the organiser is the merchant, and the platform's
part is an application fee. Without one the platform's account takes the money.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import stripe
from django.conf import settings

from payments.gateway import (
    ABOUT_THE_BUYER,
    AccountFact,
    Asked,
    BadNotice,
    Balance,
    DisputeFact,
    NoticeFact,
    PartKind,
    PaymentRefused,
    PayoutFact,
    PayoutPart,
    RefundFact,
    Session,
    Status,
)
from payments.models import PayoutAccount
from payments.stripe import words
from payments.stripe.client import call, client

TOLERANCE_SECONDS = 300
DECIDED = ["payment_intent", "payment_intent.latest_charge"]
SETTLED = [*DECIDED, "payment_intent.latest_charge.balance_transaction"]
DISPUTED = ["payment_intent"]
PAGE = 100
MOST_METADATA = 500  # characters of one value
UNNAMED = dict.fromkeys(ABOUT_THE_BUYER, "")  # Stripe takes away a key of the metadata that is set to nothing


class StripeGateway:
    name = "stripe"

    def open_session(self, *, asked: Asked) -> Session:
        metadata = {key: value[:MOST_METADATA] for key, value in asked.metadata.items()}
        intent: dict[str, Any] = {"description": asked.description[:1000], "metadata": metadata}
        if asked.account and asked.application_fee_minor:
            intent["application_fee_amount"] = words.told(asked.application_fee_minor, asked.currency)
        product = {"name": asked.description[:250]}
        price = {"currency": asked.currency.lower(), "unit_amount": words.told(asked.amount_minor, asked.currency), "product_data": product}
        params: Any = {
            "mode": "payment",
            "client_reference_id": asked.reference,
            "customer_email": asked.buyer_email,
            "line_items": [{"quantity": 1, "price_data": price}],
            "payment_intent_data": intent,
            "metadata": metadata,
            "success_url": asked.return_url,
            "cancel_url": asked.cancel_url,
            "expires_at": int(asked.expires_at.timestamp()),
            "adaptive_pricing": {"enabled": False},  # what is asked for is what is paid (F21)
        }
        options: Any = _on(asked.account) | {"idempotency_key": asked.idempotency_key}
        return words.session(call("checkout.sessions.create", lambda: client().v1.checkout.sessions.create(params, options)), asked.account)

    def fetch(self, *, provider_id: str) -> Session:
        account, own = words.split(provider_id)
        found = _session(account, own)
        if words.session_status(found) is Status.PENDING:  # a slow method, decided in the payment intent
            found = _session(account, own, expand=DECIDED)
        return words.session(found, account)

    def expire(self, *, provider_id: str) -> Session:
        account, own = words.split(provider_id)
        try:
            done = call("checkout.sessions.expire", lambda: client().v1.checkout.sessions.expire(own, {}, _on(account)))
            return words.session(done, account)
        except PaymentRefused:  # it is not open any more: how it ended decides
            return self.fetch(provider_id=provider_id)

    def refund(self, *, provider_id: str, amount_minor: int, idempotency_key: str) -> str:
        account, own = words.split(provider_id)
        found = _session(account, own)
        if found.payment_intent is None:
            raise PaymentRefused("Nothing was paid in this session.")
        params: Any = {"payment_intent": _id(found.payment_intent), "amount": words.told(amount_minor, found.currency)}
        if account:
            params["refund_application_fee"] = True  # in proportion: the platform earns nothing on money that went back
        options: Any = _on(account) | {"idempotency_key": idempotency_key}
        made = call("refunds.create", lambda: client().v1.refunds.create(params, options))
        if words.refund(made, account).status == "failed":
            raise PaymentRefused(f"The refund failed: {made.failure_reason or 'no reason given'}.")
        return words.join(account, made.id)

    def forget(self, *, provider_id: str) -> None:
        account, own = words.split(provider_id)
        params: Any = {"metadata": UNNAMED}
        found = call("checkout.sessions.update", lambda: client().v1.checkout.sessions.update(own, params, _on(account)))
        if found.payment_intent is not None:  # it has a copy of its own
            intent = _id(found.payment_intent)
            call("payment_intents.update", lambda: client().v1.payment_intents.update(intent, params, _on(account)))

    def fetch_refund(self, *, provider_id: str) -> RefundFact:
        account, own = words.split(provider_id)
        return words.refund(call("refunds.retrieve", lambda: client().v1.refunds.retrieve(own, {}, _on(account))), account)

    def fetch_dispute(self, *, provider_id: str) -> DisputeFact:
        account, own = words.split(provider_id)
        params: Any = {"expand": DISPUTED}
        return self._dispute(call("disputes.retrieve", lambda: client().v1.disputes.retrieve(own, params, _on(account))), account)

    def answer_dispute(self, *, provider_id: str, evidence: Mapping[str, str], idempotency_key: str) -> DisputeFact:
        account, own = words.split(provider_id)
        params: Any = {"evidence": dict(evidence), "submit": True, "expand": DISPUTED}
        options: Any = _on(account) | {"idempotency_key": idempotency_key}
        return self._dispute(call("disputes.update", lambda: client().v1.disputes.update(own, params, options)), account)

    def _dispute(self, found: Any, account: str) -> DisputeFact:
        sessions = _pages("checkout.sessions.list", {"payment_intent": _id(found.payment_intent)}, account, "checkout", "sessions")
        first = next(sessions, None)
        return words.dispute(found, account, words.join(account, first.id) if first else "")

    def read_notice(self, *, body: bytes, headers: Mapping[str, str], now: datetime) -> NoticeFact:
        _check_signature(body, headers.get("Stripe-Signature", ""), now)
        try:
            told = json.loads(body)
            account, kind, livemode = str(told.get("account") or ""), str(told["type"]), bool(told["livemode"])
            notice_id, thing = str(told["id"]), str(told["data"]["object"].get("id") or "")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadNotice("The notice can't be read.") from error
        if livemode != is_live():
            raise BadNotice("The notice is of the other mode, live or test.")
        if account and not PayoutAccount.objects.filter(gateway=self.name, provider_id=account).exists():
            raise BadNotice("The notice is of another account.")
        return NoticeFact(
            notice_id=notice_id, kind=kind[:60], provider_id=words.join(account, thing), body={"type": kind}, about=words.about(kind)
        )

    # For reconciliation. Each goes through the platform's account and then the organisers'.

    def balance_of(self, *, provider_id: str) -> Balance | None:
        account, own = words.split(provider_id)
        return words.balance(_session(account, own, expand=SETTLED))

    def balances(self, *, provider_ids: Collection[str], since: datetime, until: datetime) -> Iterator[tuple[str, Balance]]:
        created = {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
        params = {"created": created, "status": "complete", "expand": [f"data.{path}" for path in SETTLED]}
        for account in sorted({words.split(provider_id)[0] for provider_id in provider_ids}):
            for found in _pages("checkout.sessions.list", params, account, "checkout", "sessions"):
                if (balance := words.balance(found)) is not None:
                    yield words.join(account, found.id), balance

    def sessions(self, *, since: datetime) -> Iterator[Session]:
        expand = [f"data.{path}" for path in DECIDED]
        for account, found in _everywhere("checkout.sessions.list", since, {"expand": expand}, "checkout", "sessions"):
            yield words.session(found, account)

    def notices(self, *, since: datetime) -> Iterator[NoticeFact]:
        for account, told in _everywhere("events.list", since, {}, "events"):
            thing = words.join(account, str(getattr(told.data.object, "id", None) or ""))
            yield NoticeFact(notice_id=told.id, kind=told.type, provider_id=thing, body={"type": told.type}, about=words.about(told.type))

    def payouts(self, *, since: datetime) -> Iterator[PayoutFact]:
        for account, found in _everywhere("payouts.list", since, {"status": "paid"}, "payouts"):
            yield PayoutFact(
                provider_id=words.join(account, found.id),
                currency=found.currency.upper(),
                amount_minor=words.ours(found.amount, found.currency),
                paid_at=words.moment(found.arrival_date),
            )

    def payout_parts(self, *, payout_id: str) -> Iterator[PayoutPart]:
        account, own = words.split(payout_id)
        for line in _pages("balance_transactions.list", {"payout": own, "expand": ["data.source"]}, account, "balance_transactions"):
            if line.reporting_category == "payout":
                continue
            kind = PARTS.get(line.reporting_category, PartKind.OTHER)
            gross, fee = words.ours(line.amount, line.currency), words.ours(line.fee, line.currency)
            yield PayoutPart(kind=kind, provider_id=_part_of(line, account), gross_minor=gross, fee_minor=fee)

    # Organisers' own accounts.

    def open_account(self, *, name: str, email: str, idempotency_key: str) -> AccountFact:
        controller = {"stripe_dashboard": {"type": "full"}, "fees": {"payer": "account"}, "losses": {"payments": "stripe"}}
        params: Any = {"controller": controller, "email": email, "business_profile": {"name": name[:100]}}
        options: Any = {"idempotency_key": idempotency_key}
        return _account(call("accounts.create", lambda: client().v1.accounts.create(params, options)))

    def fetch_account(self, *, account: str) -> AccountFact:
        return _account(call("accounts.retrieve", lambda: client().v1.accounts.retrieve(account)))

    def onboarding_url(self, *, account: str, return_url: str, refresh_url: str) -> str:
        params: Any = {"account": account, "return_url": return_url, "refresh_url": refresh_url, "type": "account_onboarding"}
        return str(call("account_links.create", lambda: client().v1.account_links.create(params)).url)


def is_live() -> bool:
    """Whether the secret key moves real money."""
    return "_live_" in settings.STRIPE_SECRET_KEY[:9]


def _check_signature(body: bytes, header: str, now: datetime) -> None:
    """By the raw body, with either of the two secrets, and by our clock: 300 s to either side."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    stamp = parts.get("t", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12) or abs(now.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
        raise BadNotice("The notice has no time, or one too far from now.")
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        try:
            stripe.WebhookSignature.verify_header(body, header, secret)
            return
        except (stripe.SignatureVerificationError, UnicodeError):
            continue
    raise BadNotice("The signature does not fit.")


def _on(account: str) -> Any:
    return {"stripe_account": account} if account else {}


def _id(thing: Any) -> str:
    return thing if isinstance(thing, str) else thing.id


def _session(account: str, own: str, expand: Sequence[str] = ()) -> Any:
    """Without more than is needed: what is expanded is found, sent and read in each call."""
    params: Any = {"expand": [*expand]} if expand else {}
    return call("checkout.sessions.retrieve", lambda: client().v1.checkout.sessions.retrieve(own, params, _on(account)))


def _pages(endpoint: str, params: Mapping[str, Any], account: str, *path: str) -> Iterator[Any]:
    """Page after page, each within the budget."""
    where: Any = client().v1
    for name in path:
        where = getattr(where, name)
    after: dict[str, str] = {}
    while True:
        page = call(endpoint, lambda asked=dict(params) | {"limit": PAGE} | after: where.list(asked, _on(account)))  # type: ignore[misc]
        yield from page.data
        if not page.has_more:
            return
        after = {"starting_after": page.data[-1].id}


def _everywhere(endpoint: str, since: datetime, params: Mapping[str, Any], *path: str) -> Iterator[tuple[str, Any]]:
    accounts = ["", *PayoutAccount.objects.filter(gateway=StripeGateway.name).order_by("id").values_list("provider_id", flat=True)]
    for account in accounts:
        if account is None:
            continue  # not opened yet
        for found in _pages(endpoint, dict(params) | {"created": {"gte": int(since.timestamp())}}, account, *path):
            yield account, found


PARTS = {
    "charge": PartKind.PAYMENT,
    "refund": PartKind.REFUND,
    "refund_failure": PartKind.RETURNED,
    "dispute": PartKind.DISPUTE,
    "dispute_reversal": PartKind.DISPUTE_WON,
}


def _part_of(line: Any, account: str) -> str:
    """The session of a payment, the id of anything else."""
    source = line.source
    if line.reporting_category == "charge" and not isinstance(source, str) and source.payment_intent:
        asked = {"payment_intent": _id(source.payment_intent)}
        found = next(_pages("checkout.sessions.list", asked, account, "checkout", "sessions"), None)
        return words.join(account, found.id) if found else ""
    return words.join(account, _id(source)) if source else line.id


def _account(found: Any) -> AccountFact:
    asked_for = tuple(found.requirements.currently_due or ()) if found.requirements else ()
    return AccountFact(provider_id=found.id, may_charge=found.charges_enabled, may_pay_out=found.payouts_enabled, asked_for=asked_for)
