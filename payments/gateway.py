"""What a payment provider must be able to do. The practice provider and Stripe both fit this.

Every call may time out after the provider acted; so every call that changes something carries an
idempotency key that was written down before, and is safe to repeat. No call is made inside a
database transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from ticketing.lib import meters

CALLS = ("open_session", "fetch", "expire", "refund")  # what goes over the network
GATEWAYS = {"practice": "payments.practice.gateway.PracticeGateway"}


class Status(StrEnum):
    """Where a session stands at the provider. The last three are final."""

    OPEN = "open"  # the buyer may still pay
    PENDING = "pending"  # the buyer has paid, the provider has not decided (a delayed method)
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class Session:
    """A payment at the provider. Amounts in minor units."""

    provider_id: str
    status: Status
    payment_url: str
    amount_minor: int
    currency: str
    failure: str = ""


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


@dataclass(frozen=True, kw_only=True)
class NoticeFact:
    """What a genuine notice says: which session to look at. Its content is never trusted further."""

    notice_id: str
    kind: str
    provider_id: str
    body: dict[str, object]


class GatewayTrouble(Exception):
    """The provider did not answer, or not usefully. Nothing is known; ask again later."""


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

    def read_notice(self, *, body: bytes, headers: Mapping[str, str], now: datetime) -> NoticeFact:
        """Check and parse a notice. BadNotice otherwise."""


def gateway(name: str | None = None) -> Gateway:
    """The gateway of that name, or the configured one."""
    made: Gateway = import_string(GATEWAYS[name or settings.PAYMENT_GATEWAY])()
    return cast(Gateway, _Metered(made))


class _Metered:
    """A gateway whose calls are counted, and those that the provider did not answer."""

    def __init__(self, made: Gateway) -> None:
        self._made = made

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._made, name)
        if name not in CALLS:
            return found

        def counted(**arguments: Any) -> Any:
            meters.add("provider_calls")
            try:
                return found(**arguments)
            except GatewayTrouble:
                meters.add("provider_failed")
                raise

        return counted
