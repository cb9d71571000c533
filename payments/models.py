"""Money: payments, refunds, and the provider's notices."""

from __future__ import annotations

from django.db import models

from accounts.models import Organiser
from registrations.models import Order


class Payment(models.Model):
    """One attempt to pay an order at the provider. Changed only by settlement.py."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="+")
    gateway = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=120, null=True, help_text="The provider's id of its session.")
    idempotency_key = models.CharField(max_length=64, unique=True)
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    asked = models.JSONField(null=True, help_text="What the provider was told beside the amount, for every repetition of the key.")
    payment_url = models.URLField(max_length=500, blank=True)
    opened_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, help_text="The provider was last asked.")
    pending_at = models.DateTimeField(null=True, help_text="The buyer has paid; the provider has not decided.")
    succeeded_at = models.DateTimeField(null=True)
    fee_minor = models.BigIntegerField(null=True, help_text="What the provider kept, from its balance transaction. Empty: not known yet.")
    failed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)
    mismatch_at = models.DateTimeField(null=True, help_text="Amount or currency differs from the order: staff decide.")
    forgotten_at = models.DateTimeField(null=True, help_text="Who the buyer was is erased at the provider too (forgetting.py).")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "provider_id"], name="provider_id_once"),
            models.UniqueConstraint(
                fields=["order"], condition=models.Q(succeeded_at=None, failed_at=None), name="one_open_payment_per_order"
            ),
            models.CheckConstraint(condition=models.Q(succeeded_at=None) | models.Q(failed_at=None), name="payment_decided_once"),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="payment_of_something"),
        ]
        indexes = [
            models.Index(fields=["opened_at"], name="payment_open", condition=models.Q(succeeded_at=None, failed_at=None)),
            models.Index(fields=["order"], name="payment_of_order"),
            # Erased here, which leaves nothing of what was asked, and not yet at the provider.
            models.Index(fields=["asked_at"], name="payment_to_forget", condition=models.Q(asked={}, forgotten_at=None)),
            models.Index(
                fields=["succeeded_at"], name="payment_fee_unknown", condition=models.Q(succeeded_at__isnull=False, fee_minor=None)
            ),
        ]

    def __str__(self) -> str:
        return f"payment {self.pk} of {self.order_id}"

    @property
    def is_open(self) -> bool:
        return self.succeeded_at is None and self.failed_at is None

    @property
    def state_words(self) -> str:
        """As the list and its export say it."""
        if self.mismatch_at:
            return "Amount differs"
        if any(dispute.taken_at and not dispute.won_at for dispute in self.disputes.all()):
            return "Disputed"
        if self.succeeded_at:
            return "Paid"
        if self.failed_at:
            return "Expired" if self.failure == "expired" else "Failed"
        return "Being checked" if self.pending_at else "Open"


class RefundReason(models.TextChoices):
    LATE = "late", "Paid too late, the places were gone"
    SURPLUS = "surplus", "Paid twice"
    CANCELLED = "cancelled", "Order cancelled"
    REQUESTED = "requested", "Given back by the organiser"


class Refund(models.Model):
    """Money to be given back. The row is the job; the key makes a repeated call harmless."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount_minor = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=12, choices=RefundReason)
    shares = models.JSONField(null=True, help_text="How much of each line of the invoice. Empty: in proportion.")
    idempotency_key = models.CharField(max_length=64, unique=True)
    provider_id = models.CharField(max_length=120, null=True)
    due_at = models.DateTimeField()
    staff_asked_at = models.DateTimeField(null=True, help_text="Above the cap of automatic refunds: it waits for staff …")
    approved_at = models.DateTimeField(null=True, help_text="… who let it go out.")
    tries = models.PositiveSmallIntegerField(default=0)
    completed_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="refund_of_something")]
        indexes = [models.Index(fields=["due_at"], name="refund_due", condition=models.Q(completed_at=None, failed_at=None))]


class PayoutAccount(models.Model):
    """An organiser's own account at the provider, where its sales are paid to. Changed only by connecting.py."""

    organiser = models.OneToOneField(Organiser, models.PROTECT, related_name="+")
    gateway = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=60, null=True)
    idempotency_key = models.CharField(max_length=64, unique=True)
    opened_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, help_text="The provider was last asked.")
    may_charge_since = models.DateTimeField(null=True)
    may_pay_out_since = models.DateTimeField(null=True)
    asked_for = models.JSONField(default=list, help_text="What the provider still wants to know.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gateway", "provider_id"], name="payout_account_once")]

    def __str__(self) -> str:
        return self.provider_id or "not opened yet"


DISPUTE_REASONS = {
    "fraudulent": "they say that they did not pay this themselves",
    "duplicate": "they say that they paid twice",
    "product_not_received": "they say that they did not get the tickets",
    "product_unacceptable": "they say that it was not what was promised",
    "credit_not_processed": "they say that money was promised back and did not come",
    "subscription_canceled": "they say that they had cancelled",
    "unrecognized": "they do not recognise the payment",
    "general": "no reason given",
}


class Dispute(models.Model):
    """A buyer's bank takes a payment back until it decides. Changed only by disputes.py."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes")
    provider_id = models.CharField(max_length=120)
    amount_minor = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=60, blank=True)
    opened_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    evidence_due_at = models.DateTimeField(null=True)
    evidence_key = models.CharField(max_length=64, unique=True, help_text="The idempotency key of handing in the evidence.")
    evidence_sent_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True, help_text="The money was taken. Empty: only an inquiry so far.")
    won_at = models.DateTimeField(null=True)
    lost_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "provider_id"], name="dispute_once"),
            models.CheckConstraint(condition=models.Q(won_at=None) | models.Q(lost_at=None), name="dispute_decided_once"),
            models.CheckConstraint(condition=models.Q(lost_at=None) | models.Q(taken_at__isnull=False), name="dispute_lost_was_taken"),
        ]

    def __str__(self) -> str:
        return self.provider_id

    @property
    def reason_words(self) -> str:
        """What the buyer told the bank; Stripe's words for it."""
        return DISPUTE_REASONS.get(self.reason, self.reason.replace("_", " "))


class Notice(models.Model):
    """A message from the payment provider, stored before it is acted on."""

    gateway = models.CharField(max_length=20)
    provider_notice_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=60)
    provider_id = models.CharField(max_length=120, blank=True, help_text="The session, refund, dispute or account it speaks of.")
    about = models.CharField(max_length=10, blank=True, default="session", db_default="session")
    body = models.JSONField()
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gateway", "provider_notice_id"], name="notice_once")]
        indexes = [models.Index(fields=["received_at"], name="notice_unhandled", condition=models.Q(handled_at=None))]


class PracticeSession(models.Model):
    """The practice provider's own book: what a real provider would keep on its side.

    Only payments/practice/ reads or writes it; the rest speaks to it through the Gateway protocol.
    """

    token = models.CharField(max_length=32, unique=True)
    idempotency_key = models.CharField(max_length=64, unique=True)
    reference = models.CharField(max_length=60)
    description = models.CharField(max_length=200)
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    return_url = models.URLField(max_length=500)
    cancel_url = models.URLField(max_length=500)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    status = models.CharField(max_length=12, default="open", help_text="open, pending, succeeded, failed, expired")
    decides_at = models.DateTimeField(null=True, help_text="A delayed payment is decided then …")
    decides_to = models.CharField(max_length=12, blank=True, help_text="… to this.")
    refunded_minor = models.PositiveBigIntegerField(default=0)
    metadata = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    payout = models.ForeignKey("PracticePayout", models.SET_NULL, null=True, related_name="sessions")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(refunded_minor__lte=models.F("amount_minor")), name="practice_refunds_within_payment")
        ]


class PracticePayout(models.Model):
    """What the practice provider would have sent to the bank: once a day, all that is not paid out yet."""

    token = models.CharField(max_length=32, unique=True)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    paid_at = models.DateTimeField()


class PracticeRefund(models.Model):
    session = models.ForeignKey(PracticeSession, models.CASCADE, related_name="refunds")
    payout = models.ForeignKey(PracticePayout, models.SET_NULL, null=True, related_name="refunds")
    idempotency_key = models.CharField(max_length=64, unique=True)
    amount_minor = models.PositiveBigIntegerField()
    created_at = models.DateTimeField()


class PracticeNotice(models.Model):
    """A notice the practice provider has to send: rows are its queue, delivered over HTTP."""

    session = models.ForeignKey(PracticeSession, models.CASCADE, related_name="notices")
    notice_id = models.CharField(max_length=40)
    kind = models.CharField(max_length=60)
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="practice_notice_due", condition=models.Q(delivered_at=None))]


from payments.journal import AccountSum, Difference, EventRefund, EventSum, LedgerEntry, Payout, PayoutLine, Posting, SummedTo  # noqa: E402, F401  (found by Django through this module)
