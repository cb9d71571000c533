"""The ledger: double entry in minor units, per organiser and currency. The only writer of its rows.

Each verb writes one entry, once (its key is unique), in the caller's transaction, beside the change of
the payment or refund that it tells of. The database refuses to commit the one without the other.

    payment     clearing +          organiser_payable −   (unclaimed − when it pays for nothing)
    fee         processor_fee +     clearing −
    refund due  organiser_payable + refunds −             decided, not sent yet
    refund      refunds +           clearing −
    dispute     disputes +          clearing −            and back when it is won; lost: organiser_payable +, disputes −
    payout      organiser_payable + clearing −

So `clearing` is what lies at the provider, and −(organiser_payable + processor_fee + platform_fee) is what
the organiser still has to get.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Sum

from accounts.models import Organiser
from payments import sums
from payments.journal import Account, Kind, Posting
from payments.models import Payment, Refund

# One round trip for an entry with its postings; a key that is there already adds nothing.
POST = """
WITH entry AS (
  INSERT INTO payments_ledgerentry (key, kind, organiser_id, payment_id, note, posted_at)
  VALUES (%(key)s, %(kind)s, coalesce(%(organiser)s, (
    SELECT e.organiser_id FROM payments_payment p JOIN registrations_order o ON o.id = p.order_id
    JOIN events_event e ON e.id = o.event_id WHERE p.id = %(payment)s)), %(payment)s, %(note)s, %(now)s)
  ON CONFLICT (key) DO NOTHING RETURNING id)
INSERT INTO payments_posting (entry_id, account, currency, amount_minor)
SELECT entry.id, line.account, line.currency, line.amount FROM entry,
  unnest(%(accounts)s::text[], %(currencies)s::text[], %(amounts)s::bigint[]) WITH ORDINALITY AS line(account, currency, amount, place)
ORDER BY line.place
"""
EARNED = (Account.ORGANISER_PAYABLE, Account.PROCESSOR_FEE, Account.PLATFORM_FEE)


class Unbalanced(ValueError):
    """The postings don't sum to zero: a bug in the caller, and nothing was written."""


def post(
    *,
    key: str,
    kind: Kind,
    postings: Iterable[tuple[Account, str, int]],
    now: datetime,
    payment_id: int | None = None,
    organiser: Organiser | None = None,
    note: str = "",
) -> bool:
    """Write one entry: (account, currency, minor units; debit positive). False when its key was posted before."""
    lines = [line for line in postings if line[2]]
    sums: dict[str, int] = {}
    for _, currency, amount in lines:
        sums[currency] = sums.get(currency, 0) + amount
    if not lines or any(sums.values()):
        raise Unbalanced(f"{key}: {lines}")
    with connection.cursor() as cursor:
        cursor.execute(
            POST,
            {
                "key": key,
                "kind": kind.value,
                "organiser": organiser.pk if organiser else None,
                "payment": payment_id,
                "note": note[:200],
                "now": now,
                "accounts": [account.value for account, _, _ in lines],
                "currencies": [currency for _, currency, _ in lines],
                "amounts": [amount for _, _, amount in lines],
            },
        )
        return bool(cursor.rowcount)


def _moved(debit: Account, credit: Account, currency: str, amount_minor: int) -> list[tuple[Account, str, int]]:
    return [(debit, currency, amount_minor), (credit, currency, -amount_minor)]


def payment_received(*, payment: Payment, amount_minor: int, currency: str, claimed: bool, now: datetime) -> bool:
    """The provider has the money. Not `claimed`: it isn't what was asked for, and staff decide (F21)."""
    credit = Account.ORGANISER_PAYABLE if claimed else Account.UNCLAIMED
    postings = _moved(Account.CLEARING, credit, currency, amount_minor)
    return post(key=f"payment:{payment.pk}", kind=Kind.PAYMENT, postings=postings, payment_id=payment.pk, now=now)


def fee_taken(*, payment: Payment, fee_minor: int, currency: str, now: datetime, platform_minor: int = 0) -> bool:
    """What the provider kept of a payment, from its balance transaction; of it `platform_minor` for the platform."""
    postings = [(Account.PROCESSOR_FEE, currency, fee_minor - platform_minor), (Account.PLATFORM_FEE, currency, platform_minor)]
    if not fee_minor:
        return False
    return post(
        key=f"fee:{payment.pk}",
        kind=Kind.FEE,
        postings=[*postings, (Account.CLEARING, currency, -fee_minor)],
        payment_id=payment.pk,
        now=now,
    )


def refund_owed(*, refund: Refund, now: datetime) -> bool:
    """Money is due back to the buyer."""
    return _refund(refund, "refund-due", Kind.REFUND_DUE, _whose(refund), Account.REFUNDS, now)


def refund_sent(*, refund: Refund, now: datetime) -> bool:
    """The provider gave it back."""
    return _refund(refund, "refund", Kind.REFUND, Account.REFUNDS, Account.CLEARING, now)


def refund_refused(*, refund: Refund, now: datetime) -> bool:
    """The provider will not give it back: the money is the organiser's again."""
    return _refund(refund, "refund-failed", Kind.REFUND_FAILED, Account.REFUNDS, _whose(refund), now)


def refund_returned(*, refund: Refund, now: datetime) -> bool:
    """The buyer's bank sent a refund back: it lies at the provider again."""
    return _refund(refund, "refund-returned", Kind.CORRECTION, Account.CLEARING, Account.REFUNDS, now)


def _whose(refund: Refund) -> Account:
    return Account.UNCLAIMED if refund.payment.mismatch_at else Account.ORGANISER_PAYABLE


def _refund(refund: Refund, name: str, kind: Kind, debit: Account, credit: Account, now: datetime) -> bool:
    postings = _moved(debit, credit, refund.payment.currency, refund.amount_minor)
    return post(key=f"{name}:{refund.pk}", kind=kind, postings=postings, payment_id=refund.payment_id, now=now)


def dispute_opened(*, payment: Payment, dispute_id: str, amount_minor: int, fee_minor: int, currency: str, now: datetime) -> bool:
    """The bank took the money back until it decides; `fee_minor` is what the provider takes for the work."""
    postings = [
        (Account.DISPUTES, currency, amount_minor),
        (Account.PROCESSOR_FEE, currency, fee_minor),
        (Account.CLEARING, currency, -amount_minor - fee_minor),
    ]
    return post(key=f"dispute-opened:{dispute_id}", kind=Kind.DISPUTE_OPENED, postings=postings, payment_id=payment.pk, now=now)


def dispute_won(*, payment: Payment, dispute_id: str, amount_minor: int, currency: str, now: datetime, fee_back_minor: int = 0) -> bool:
    postings = [
        (Account.CLEARING, currency, amount_minor + fee_back_minor),
        (Account.PROCESSOR_FEE, currency, -fee_back_minor),
        (Account.DISPUTES, currency, -amount_minor),
    ]
    return post(key=f"dispute-won:{dispute_id}", kind=Kind.DISPUTE_WON, postings=postings, payment_id=payment.pk, now=now)


def dispute_lost(*, payment: Payment, dispute_id: str, amount_minor: int, currency: str, now: datetime) -> bool:
    """The buyer keeps the money: the organiser bears it."""
    postings = _moved(Account.ORGANISER_PAYABLE, Account.DISPUTES, currency, amount_minor)
    return post(key=f"dispute-lost:{dispute_id}", kind=Kind.DISPUTE_LOST, postings=postings, payment_id=payment.pk, now=now)


def paid_out(*, payout_id: str, organiser: Organiser, amount_minor: int, currency: str, now: datetime) -> bool:
    """The provider sent it to the bank; `amount_minor` is this organiser's part, after fees."""
    postings = _moved(Account.ORGANISER_PAYABLE, Account.CLEARING, currency, amount_minor)
    if not amount_minor:
        return False
    return post(key=f"payout:{payout_id}:{organiser.pk}", kind=Kind.PAYOUT, postings=postings, organiser=organiser, now=now)


def on_account(*, payment: Payment, account: Account, currency: str, keys: Sequence[str]) -> int:
    """What the entries of these keys moved on an account for one payment, minor units."""
    rows = Posting.objects.filter(entry__payment=payment, account=account, currency=currency, entry__key__in=keys)
    return int(rows.aggregate(sum=Sum("amount_minor"))["sum"] or 0)


def balances(*, organiser: Organiser) -> dict[tuple[str, str], int]:
    """{(account, currency): minor units} of the organiser, of all time. Kept, and counted for what is newer (sums.py)."""
    return sums.balances(organiser=organiser)


def due_to_organiser(*, organiser: Organiser) -> dict[str, int]:
    """{currency: minor units} that the organiser still has to get: taken, less fees, refunds and payouts."""
    return due(balances(organiser=organiser))


def due(balances: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """The same of balances that are known already."""
    due: dict[str, int] = {}
    for (account, currency), amount in balances.items():
        if account in EARNED:
            due[currency] = due.get(currency, 0) - amount
    return due
