"""What a payment provider must be able to do. The practice provider and Stripe both fit this.

Every call may time out after the provider acted; so every call that changes something carries an
idempotency key that was written down before, and is safe to repeat. No call is made inside a
database transaction.
"""

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from ticketing.lib import meters, traces, waiting
from ticketing.lib.running import note

# What goes over the network, one call each.
CALLS = frozenset(
    "open_session fetch expire refund forget fetch_refund fetch_dispute answer_dispute balance_of open_account fetch_account".split()
)
ABOUT_THE_BUYER = ("buyer_name", "buyer_email")  # of the metadata: what is a person's
GATEWAYS = {"practice": "payments.practice.gateway.PracticeGateway", "stripe": "payments.stripe.gateway.StripeGateway"}


class Status(StrEnum):
    """Where a session stands at the provider. The last three are final."""

    OPEN = "open"  # the buyer may still pay
    PENDING = "pending"  # the buyer has paid, the provider has not decided (a delayed method)
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"


class RefundStatus(StrEnum):
    PENDING = "pending"  # on its way; the bank may still send it back
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DisputeStatus(StrEnum):
    OPEN = "open"  # an answer with evidence is due
    REVIEWED = "reviewed"  # evidence is in, the bank decides
    WON = "won"
    LOST = "lost"


class About(StrEnum):
    """What a notice points to; unknown kinds point to nothing and are harmless."""

    SESSION = "session"
    REFUND = "refund"
    DISPUTE = "dispute"
    ACCOUNT = "account"
    PAYOUT = "payout"
    NOTHING = ""


@dataclass(frozen=True, kw_only=True)
class Session:
    """A payment at the provider. Amounts in minor units."""

    provider_id: str
    status: Status
    payment_url: str
    amount_minor: int
    currency: str
    failure: str = ""
    refunded_minor: int = 0  # only `sessions` looks it up
    reference: str = ""  # the order's code, as we gave it
    metadata: Mapping[str, str] = field(default_factory=dict)  # as we gave it: enough to rebuild the order


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What a payment really brought, from its balance transaction. `fee_minor` is all that was kept,
    of it `platform_minor` for the platform; in the currency that the payment was settled in."""

    gross_minor: int
    fee_minor: int
    currency: str
    platform_minor: int = 0


class PartKind(StrEnum):
    """What a line of a payout is about."""

    PAYMENT = "payment"
    REFUND = "refund"
    RETURNED = "returned"  # a refund that the buyer's bank sent back
    DISPUTE = "dispute"  # with the provider's fee for the work
    DISPUTE_WON = "dispute_won"
    OTHER = "other"  # such as a fee of the provider's for the account


@dataclass(frozen=True, kw_only=True)
class PayoutPart:
    """A line of a payout, and the id of its session, refund or dispute. What went out is negative."""

    kind: PartKind
    provider_id: str
    gross_minor: int
    fee_minor: int


@dataclass(frozen=True, kw_only=True)
class PayoutFact:
    """What was sent to a bank account."""

    provider_id: str
    currency: str
    amount_minor: int
    paid_at: datetime


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What we ask the provider to collect."""

    idempotency_key: str
    reference: str
    description: str
    amount_minor: int
    currency: str
    buyer_email: str
    return_url: str
    cancel_url: str
    expires_at: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)
    account: str = ""  # the organiser's own account at the provider; "" is the platform's
    application_fee_minor: int = 0  # what the platform keeps of a payment to that account


@dataclass(frozen=True, kw_only=True)
class NoticeFact:
    """What a genuine notice says: which session to look at. Its content is never trusted further."""

    notice_id: str
    kind: str
    provider_id: str
    body: dict[str, object]
    about: About = About.SESSION


@dataclass(frozen=True, kw_only=True)
class RefundFact:
    """A refund at the provider."""

    provider_id: str
    status: RefundStatus
    amount_minor: int
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class DisputeFact:
    """A dispute at the provider. `inquiry`: a question of the bank before any money is taken."""

    provider_id: str
    session_id: str
    status: DisputeStatus
    amount_minor: int
    currency: str
    fee_minor: int = 0
    reason: str = ""
    inquiry: bool = False
    evidence_due_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class AccountFact:
    """An organiser's own account. `asked_for`: what the provider still wants to know before it pays out."""

    provider_id: str
    may_charge: bool
    may_pay_out: bool
    asked_for: tuple[str, ...] = ()


class GatewayTrouble(Exception):
    """The provider did not answer, or not usefully. Nothing is known; ask again later."""


class GatewayBusy(GatewayTrouble):
    """Not asked: the budget of calls is used up for the moment (F12). `retry_after` in seconds."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PaymentRefused(Exception):
    """The provider will not do this, now or later; the message says why."""


class BadNotice(Exception):
    """The signature, the age or the shape is wrong: answered 400, nothing trusted (F20)."""


class Gateway(Protocol):
    name: str

    def open_session(self, *, asked: Asked) -> Session:
        """Open a payment page. The same idempotency key again gives the same session."""

    def fetch(self, *, provider_id: str) -> Session:
        """The session as it stands now."""

    def expire(self, *, provider_id: str) -> Session:
        """Close an open session, so that it can't succeed any more; the answer says how it stands.
        One that is pending or decided is returned as it is."""

    def refund(self, *, provider_id: str, amount_minor: int, idempotency_key: str) -> str:
        """Give money back; returns the provider's id of the refund."""

    def forget(self, *, provider_id: str) -> None:
        """Take out of the session's metadata who the buyer is (ABOUT_THE_BUYER). Again, it changes nothing."""

    def balance_of(self, *, provider_id: str) -> Balance | None:
        """What a succeeded session brought and cost. None while the provider doesn't know yet."""

    def balances(self, *, provider_ids: Collection[str], since: datetime, until: datetime) -> Iterator[tuple[str, Balance]]:
        """(session, what it brought) of these and maybe of others, opened from `since` until `until`: many in one call.
        Those that are not known yet are left out."""

    def sessions(self, *, since: datetime) -> Iterator[Session]:
        """Every session opened since then, as it stands now."""

    def notices(self, *, since: datetime) -> Iterator[NoticeFact]:
        """What the provider told, or meant to tell, since then."""

    def payouts(self, *, since: datetime) -> Iterator[PayoutFact]:
        """What was paid out since then."""

    def payout_parts(self, *, payout_id: str) -> Iterator[PayoutPart]:
        """What a payout is made of."""

    def read_notice(self, *, body: bytes, headers: Mapping[str, str], now: datetime) -> NoticeFact:
        """Check and parse a notice. BadNotice otherwise."""


class Disputing(Protocol):
    """A gateway whose payments can be disputed, and whose refunds may come back."""

    def fetch_refund(self, *, provider_id: str) -> RefundFact: ...

    def fetch_dispute(self, *, provider_id: str) -> DisputeFact: ...

    def answer_dispute(self, *, provider_id: str, evidence: Mapping[str, str], idempotency_key: str) -> DisputeFact:
        """Hand in the evidence, for good."""


class Connecting(Protocol):
    """A gateway where organisers have accounts of their own."""

    def open_account(self, *, name: str, email: str, idempotency_key: str) -> AccountFact: ...

    def fetch_account(self, *, account: str) -> AccountFact: ...

    def onboarding_url(self, *, account: str, return_url: str, refresh_url: str) -> str:
        """Where the organiser tells the provider about itself; good once, for minutes."""


def gateway(name: str | None = None) -> Gateway:
    """The gateway of that name, or the configured one."""
    made: Gateway = import_string(GATEWAYS[name or settings.PAYMENT_GATEWAY])()
    return cast(Gateway, _Metered(made))


class _Metered:
    """A gateway whose calls are made outside transactions, and counted, also those that the provider did not answer."""

    def __init__(self, made: Gateway) -> None:
        self._made = made

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._made, name)
        if name not in CALLS:
            return found

        def counted(**arguments: Any) -> Any:
            waiting.without_database()
            meters.add("provider_calls")
            began, wrong = time.perf_counter_ns(), {}
            try:
                return found(**arguments)
            except PaymentRefused as error:  # an answer, though not the one hoped for
                wrong["error.type"] = type(error).__name__
                raise
            except GatewayTrouble as error:
                meters.add("provider_failed")
                traces.trouble()
                wrong["error.type"] = type(error).__name__
                raise
            finally:
                note("provider", name, began, time.perf_counter_ns(), wrong)

        return counted
