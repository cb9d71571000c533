"""What is kept about people with their money (ticketing/lib/personal.py)."""

from ticketing.lib.personal import Kept, Until, declare

declare(
    "payments.Payment",
    rest="gateway provider_id idempotency_key currency payment_url failure",
    order="order",
    event="order__event",
    asked=Kept(whose="buyer", why="What the payment provider was told: name and address of the buyer.", blank={}),
)
declare("payments.Refund", rest="shares idempotency_key provider_id failure")
declare(
    "payments.PayoutAccount",
    rest="gateway provider_id idempotency_key",
    asked_for=Kept(whose="organiser", why="What the provider asks of the organiser.", until=Until.ACCOUNT),
)
declare("payments.Dispute", rest="provider_id reason evidence_key")
declare(
    "payments.Notice",
    rest="gateway provider_notice_id kind provider_id about last_error",
    body=Kept(
        whose="buyer", why="The provider's own words, to find out what went wrong.", until=Until.DAYS, blank={}, days=90, since="handled_at"
    ),
)
declare(
    "payments.PracticeSession",
    rest="token idempotency_key reference description currency return_url cancel_url status decides_to",
    metadata=Kept(whose="buyer", why="The practice provider's copy.", until=Until.DAYS, blank={}, days=90, since="created_at"),
)
declare("payments.PracticePayout", rest="token currency")
declare("payments.PracticeRefund", rest="idempotency_key")
declare("payments.PracticeNotice", rest="notice_id kind")
declare("payments.LedgerEntry", rest="key note")
declare("payments.Posting", rest="currency")
declare("payments.Payout", rest="gateway provider_id currency")
declare("payments.PayoutLine", rest="kind provider_id")
declare("payments.Difference", rest="key gateway provider_id currency decision")
declare("payments.EventSum", rest="currency")
declare("payments.AccountSum", rest="account currency")
