"""The rows of the ledger: an entry for each thing that happened to money, and its postings.

Written only by ledger.py. A trigger refuses UPDATE and DELETE; another refuses to commit an entry whose
postings don't sum to zero, and a payment, refund or payout that says something the ledger doesn't."""

from __future__ import annotations

from django.db import models

from accounts.models import Organiser
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
