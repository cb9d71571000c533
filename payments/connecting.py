"""Organisers' own accounts at the provider. The only writer of payout accounts.

As with payments the row with its idempotency key is written first, then the provider is asked: a crash
in between leaves a row that the same key completes."""

from datetime import datetime
from typing import cast

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import Organiser
from payments.gateway import AccountFact, Connecting, gateway
from payments.models import PayoutAccount
from ticketing.lib import tokens
from ticketing.lib.prepared import Param, Prepared

CONNECTABLE = frozenset({"stripe"})
MAY_CHARGE = Prepared(
    lambda: PayoutAccount.objects.filter(organiser=Param("organiser"), gateway=Param("gateway"), may_charge_since__isnull=False)
)

# What Stripe names by its fields, as a person would ask for it.
ASKED_FOR = {
    "external_account": "A bank account to pay out to",
    "business_profile.url": "Your website",
    "business_profile.mcc": "What you sell",
    "business_profile.product_description": "What you sell",
    "tos_acceptance.date": "Your agreement to Stripe's terms",
    "individual.verification.document": "An identity document",
    "individual.dob.day": "Your date of birth",
    "individual.address.line1": "Your address",
    "company.tax_id": "The company's tax number",
    "representative.verification.document": "An identity document of who represents the company",
}


def asked_for(*, row: PayoutAccount) -> list[str]:
    """What the provider still wants to know, in words, each once."""
    words = [ASKED_FOR.get(name) or name.replace(".", ": ").replace("_", " ").capitalize() for name in row.asked_for]
    return list(dict.fromkeys(words))


def is_possible() -> bool:
    """Whether the configured provider has accounts for organisers."""
    return settings.PAYMENT_GATEWAY in CONNECTABLE


def account_of(*, organiser: Organiser) -> PayoutAccount | None:
    return PayoutAccount.objects.filter(organiser=organiser, gateway=settings.PAYMENT_GATEWAY).first()


def charged_account(*, organiser_id: int) -> str:
    """The account that this organiser's sales are charged on; "" is the platform's."""
    if not is_possible():
        return ""
    found = MAY_CHARGE.first(organiser=organiser_id, gateway=settings.PAYMENT_GATEWAY)
    return found.provider_id or "" if found else ""


def application_fee_minor(*, amount_minor: int) -> int:
    """What the platform keeps of a payment to an organiser's account, minor units, rounded down."""
    return int(amount_minor * settings.APPLICATION_FEE_PERCENT / 100)


def connect(*, organiser: Organiser, return_url: str, now: datetime) -> str:
    """Open the organiser's account if there is none; where the organiser goes on at the provider.

    GatewayTrouble when it does not answer: the next try takes up the same account."""
    row = account_of(organiser=organiser)
    if row is None:
        try:
            with transaction.atomic():
                row = PayoutAccount.objects.create(
                    organiser=organiser, gateway=settings.PAYMENT_GATEWAY, idempotency_key=tokens.link_token(), opened_at=now
                )
        except IntegrityError:  # two owners at once
            row = PayoutAccount.objects.get(organiser=organiser, gateway=settings.PAYMENT_GATEWAY)
    bank = cast(Connecting, gateway(row.gateway))
    if row.provider_id is None:
        fact = bank.open_account(name=organiser.name, email=organiser.email, idempotency_key=row.idempotency_key)
        PayoutAccount.objects.filter(pk=row.pk).update(provider_id=fact.provider_id)
        row.provider_id = fact.provider_id
        keep(row=row, fact=fact, now=now)
    return bank.onboarding_url(account=row.provider_id, return_url=return_url, refresh_url=return_url)


def look(*, row: PayoutAccount, now: datetime) -> PayoutAccount:
    """Ask how the account stands, and keep it. GatewayTrouble when the provider does not answer."""
    if row.provider_id:
        keep(row=row, fact=cast(Connecting, gateway(row.gateway)).fetch_account(account=row.provider_id), now=now)
    return row


def keep(*, row: PayoutAccount, fact: AccountFact, now: datetime) -> None:
    """What the provider allows may also be taken away again: this is no one-way state."""
    row.may_charge_since = (row.may_charge_since or now) if fact.may_charge else None
    row.may_pay_out_since = (row.may_pay_out_since or now) if fact.may_pay_out else None
    row.asked_for, row.asked_at = list(fact.asked_for), now
    PayoutAccount.objects.filter(pk=row.pk).update(
        may_charge_since=row.may_charge_since, may_pay_out_since=row.may_pay_out_since, asked_for=row.asked_for, asked_at=now
    )
