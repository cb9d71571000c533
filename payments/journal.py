"""The rows of the ledger: an entry for each thing that happened to money, and its postings.

Written only by ledger.py. A trigger refuses UPDATE and DELETE; another refuses to commit an entry whose
postings don't sum to zero, and a payment, refund or payout that says something the ledger doesn't."""

from __future__ import annotations

from django.db import models

from accounts.models import Organiser, User
from events.models import Event
from payments.models import Payment


class Account(models.TextChoices):
    """Where money stands. A positive balance is an asset or a cost, a negative one is owed."""

    CLEARING = "clearing", "At the provider"
    ORGANISER_PAYABLE = "organiser_payable", "Owed to the organiser"
    PROCESSOR_FEE = "processor_fee", "Processing fees"
    PLATFORM_FEE = "platform_fee", "Platform's fee"
    REFUNDS = "refunds", "Refunds on the way"
    DISPUTES = "disputes", "Held back for disputes"
    UNCLAIMED = "unclaimed", "Received for no order"
    CONVERSION = "conversion", "Exchanged"


class Kind(models.TextChoices):
    PAYMENT = "payment", "Payment"
    FEE = "fee", "Processing fee"
    REFUND_DUE = "refund-due", "Refund decided"
    REFUND = "refund", "Refund"
    REFUND_FAILED = "refund-failed", "Refund refused by the provider"
    DISPUTE_OPENED = "dispute-opened", "Dispute opened"
    DISPUTE_WON = "dispute-won", "Dispute won"
    DISPUTE_LOST = "dispute-lost", "Dispute lost"
    PAYOUT = "payout", "Payout"
    PAYOUT_FAILED = "payout-failed", "Payout returned"
    CORRECTION = "correction", "Correction by staff"


class LedgerEntry(models.Model):
    """One thing that happened to money. `key` says which, once: "payment:12", "refund-due:3"."""

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20, choices=Kind)
    organiser = models.ForeignKey(Organiser, models.PROTECT, related_name="+")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    posted_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["organiser", "-posted_at"], name="entry_of_organiser"),
            models.Index(fields=["payment"], name="entry_of_payment", condition=models.Q(payment__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.key


class Posting(models.Model):
    """So much on one account: positive is debit, negative credit. Those of an entry sum to zero per currency."""

    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="postings")
    account = models.CharField(max_length=20, choices=Account)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(amount_minor=0), name="posting_of_something")]
        indexes = [models.Index(fields=["account", "currency"], name="posting_on_account")]


class SummedTo(models.Model):
    """One row: up to which entry the sums below are (sums.py). `pending_*` is the end that the last sweep saw: it is
    summed once every transaction that ran then has ended."""

    entry_id = models.BigIntegerField(default=0)
    pending_entry_id = models.BigIntegerField(default=0)
    pending_xid = models.BigIntegerField(default=0)
    summed_at = models.DateTimeField(null=True)


class EventSum(models.Model):
    """What an event's entries sum to in one currency, up to `SummedTo`. Written only by sums.py."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    currency = models.CharField(max_length=3)
    paid_minor = models.BigIntegerField()
    fees_minor = models.BigIntegerField()
    returned_minor = models.BigIntegerField()
    disputed_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "currency"], name="event_sum_once")]


class AccountSum(models.Model):
    """What an organiser's postings on an account sum to, up to `SummedTo`. Written only by sums.py."""

    organiser = models.ForeignKey(Organiser, models.CASCADE, related_name="+")
    account = models.CharField(max_length=20, choices=Account)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organiser", "account", "currency"], name="account_sum_once")]


class EventRefund(models.Model):
    """Everybody gets their money back for an event. The row is the job; written only by event_refunds.py."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="+")
    started_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event"], name="one_refund_of_an_event", condition=models.Q(finished_at=None)),
        ]


class Payout(models.Model):
    """What the provider sent to a bank account, and how it is made up. Written only by reconciliation.py."""

    gateway = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=120)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    paid_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, help_text="Every line was compared with the ledger.")
    posted_at = models.DateTimeField(null=True, help_text="It agreed, and is in the ledger.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gateway", "provider_id"], name="payout_once")]
        ordering = ["-paid_at", "-id"]

    def __str__(self) -> str:
        return self.provider_id


class PayoutLine(models.Model):
    """One thing in a payout, as the provider tells it; `kind` is gateway.PartKind: also disputes, and what came back."""

    payout = models.ForeignKey(Payout, models.CASCADE, related_name="lines")
    kind = models.CharField(max_length=12, help_text="payment or refund")
    provider_id = models.CharField(max_length=120, help_text="The session, or the refund, at the provider.")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="+")
    gross_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["payout", "kind", "provider_id"], name="payout_line_once")]

    @property
    def net_minor(self) -> int:
        return self.gross_minor - self.fee_minor


class Problem(models.TextChoices):
    """What does not agree, and with it the one decision that mends it."""

    UNKNOWN_PAYMENT = "unknown_payment", "The provider has a payment that no order knows"
    MISSING_PAYMENT = "missing_payment", "A payment is here, and not at the provider"
    AMOUNT = "amount", "Another amount or currency was paid than asked for"
    UNKNOWN_REFUND = "unknown_refund", "More was given back at the provider than is known here"
    MISSING_REFUND = "missing_refund", "A refund is here, and not at the provider"
    REFUSED_REFUND = "refused_refund", "The provider refused a refund"
    PAYOUT = "payout", "A payout does not sum to its lines"
    PAYOUT_LINE = "payout_line", "A line of a payout is not in the ledger with that amount"


class Difference(models.Model):
    """Something that does not agree with the provider, until somebody decides. Written only by reconciliation.py."""

    key = models.CharField(max_length=160, unique=True)
    problem = models.CharField(max_length=20, choices=Problem)
    gateway = models.CharField(max_length=20)
    organiser = models.ForeignKey(Organiser, models.PROTECT, null=True, related_name="+")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="+")
    payout = models.ForeignKey(Payout, models.PROTECT, null=True, related_name="+")
    provider_id = models.CharField(max_length=120, blank=True)
    ours_minor = models.BigIntegerField()
    theirs_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    found_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    decision = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-found_at"], name="difference_open", condition=models.Q(settled_at=None))]
