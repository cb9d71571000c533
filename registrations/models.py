"""Who bought: holds, orders, tickets, and the keys that sign them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts.models import Organiser
from events.models import Approval, Discount, Event, PriceTier, Promotion, TicketType
from registrations.waiting_rows import WaitingEntry as WaitingEntry  # a table of this app, in a module of its own
from ticketing.lib.language_field import language_field


class Priced(models.Model):
    """What is added to the lines, as events.price worked it out when the hold was made: the order costs what was shown."""

    tax_on_top = models.BooleanField(default=False, db_default=False)
    fee_minor = models.PositiveBigIntegerField(default=0, db_default=0, help_text="Processing fee borne by the buyer, without its tax.")
    fee_tax_rate = models.DecimalField(max_digits=6, decimal_places=3, default=0, db_default=0, help_text="Per cent.")
    fee_tax_minor = models.PositiveBigIntegerField(default=0, db_default=0)
    billing = models.JSONField(null=True, help_text="{company, address, vat_id}, for buyers who need them on the invoice.")
    promotion = models.ForeignKey(
        Promotion, models.PROTECT, null=True, related_name="+", db_index=False, help_text="The code that was used."
    )
    reserved = models.PositiveIntegerField(default=0, db_default=0, help_text="Places that were taken from the code's own.")
    discount = models.ForeignKey(
        Discount,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="Taken off by itself, as it is more than the code's.",
    )

    class Meta:
        abstract = True


class PricedLine(models.Model):
    """Tickets of one type at one price, with the tax of all of them."""

    quantity = models.PositiveIntegerField()
    price_minor = models.PositiveBigIntegerField()
    discount_minor = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text="Taken off each ticket; price_minor is what is left."
    )
    tier = models.ForeignKey(PriceTier, models.PROTECT, null=True, related_name="+", db_index=False, help_text="The step of its price.")
    is_addon = models.BooleanField(default=False, db_default=False, help_text="Not counted as tickets of its buyer.")
    tax_rate = models.DecimalField(max_digits=6, decimal_places=3, default=0, db_default=0, help_text="Per cent.")
    tax_minor = models.PositiveBigIntegerField(default=0, db_default=0, help_text="Of the whole line: in it, or on top of it.")

    class Meta:
        abstract = True

    @property
    def total_minor(self) -> int:
        """Quantity × price: with tax, or without when it comes on top."""
        return self.quantity * self.price_minor


class Hold(Priced):
    """Quota set aside for one buyer until a time. Changed only by holding.py."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="+")
    token = models.CharField(max_length=32, unique=True)
    attempt = models.CharField(max_length=40, null=True, help_text="The page's own key, so that a double click is one hold.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    extensions = models.PositiveSmallIntegerField(default=0)
    buyer_name = models.CharField(max_length=150, blank=True)
    buyer_email = models.EmailField(blank=True)
    attendees = models.JSONField(default=list, help_text="[{ticket_type, name, email}], as typed so far.")
    answers = models.JSONField(
        null=True, help_text="{question id: answer} of the order, where the event asks; those of tickets stand in attendees."
    )
    payment_open_since = models.DateTimeField(null=True, help_text="A payment may still succeed: not released before it is decided.")
    converted_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    replaced_by = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    approval = models.CharField(
        max_length=4, choices=Approval, blank=True, default="", db_default="", help_text="Its order has to be approved: as the types said."
    )
    source = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="Where the buyer came from: ?src= of the page."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "attempt"], name="one_hold_per_attempt"),
            models.CheckConstraint(condition=models.Q(converted_at=None) | models.Q(released_at=None), name="hold_converted_or_released"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="hold_due", condition=models.Q(released_at=None, converted_at=None)),
            models.Index(fields=["event"], name="hold_active", condition=models.Q(released_at=None, converted_at=None)),
        ]

    @property
    def trace_key(self) -> str:
        """The buyer's way that this begins: its requests, notices and tasks are one trace."""
        return f"hold:{self.pk}"

    def __str__(self) -> str:
        return f"hold {self.pk}"

    @property
    def is_long(self) -> bool:
        """It lasts for hours, as an offer does: its end needs a date."""
        return self.expires_at - self.created_at > timedelta(hours=3)

    def is_active(self, *, now: datetime) -> bool:
        return self.released_at is None and self.converted_at is None and (self.expires_at > now or self.payment_open_since is not None)


class HoldLine(PricedLine):
    """Tickets of one type in a hold, at the price that was shown."""

    hold = models.ForeignKey(Hold, models.CASCADE, related_name="lines")
    ticket_type = models.ForeignKey(TicketType, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]


class OrderQuerySet(models.QuerySet["Order"]):
    def confirmed(self) -> OrderQuerySet:
        return self.filter(confirmed_at__isnull=False)

    def unfulfilled(self) -> OrderQuerySet:
        """Confirmed orders whose documents were not made yet: the queue of fulfil."""
        return self.filter(confirmed_at__isnull=False, fulfilled_at=None, cancelled_at=None)


ORDER_SEARCHED = ("buyer_name", "buyer_email", "code")


class Order(Priced):
    """The buyer's contract and its short public reference. Written only by ordering.py, expiry.py, cancellation.py and staff_orders.py."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="+")
    hold = models.OneToOneField(Hold, models.PROTECT, null=True, related_name="order", help_text="None: made by staff.")
    code = models.CharField(max_length=8, unique=True)
    secret = models.CharField(max_length=32)
    buyer_name = models.CharField(max_length=150)
    buyer_email = models.EmailField()
    currency = models.CharField(max_length=3)
    total_minor = models.PositiveBigIntegerField()
    language = language_field("That it was bought in: of its mails and papers; empty: the event's.")
    revision = models.PositiveIntegerField(default=1, db_default=1, help_text="Of what its PDF says; a changed name raises it.")
    placed_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    fulfilled_at = models.DateTimeField(null=True, help_text="Documents made and mail queued.")
    requested_at = models.DateTimeField(null=True, help_text="It is a request: the organiser decides before anything is paid or issued.")
    approved_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True, help_text="Who bought is not known here any more (erasure.py).")

    objects = OrderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(expired_at=None) | models.Q(confirmed_at=None), name="order_expired_or_confirmed"),
            models.CheckConstraint(
                condition=models.Q(confirmed_at=None) | models.Q(requested_at=None) | models.Q(approved_at__isnull=False),
                name="order_confirmed_after_approval",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_at=None, declined_at=None)
                | models.Q(requested_at__isnull=False, approved_at=None, cancelled_at__isnull=False)
                | models.Q(requested_at__isnull=False, declined_at=None),
                name="order_request_decided_once",
            ),
        ]
        indexes = [
            models.Index(fields=["event", "-placed_at", "-id"], name="order_of_event"),
            # The few that are not running: waiting, expired or cancelled. The list's filters ask for them.
            models.Index(
                fields=["event", "-placed_at", "-id"],
                name="order_not_running",
                condition=models.Q(confirmed_at=None) | models.Q(cancelled_at__isnull=False),
            ),
            models.Index(
                fields=["event", "requested_at"],
                name="order_to_decide",
                condition=models.Q(requested_at__isnull=False, approved_at=None, cancelled_at=None, expired_at=None),
            ),
            models.Index(
                fields=["confirmed_at"],
                name="order_unfulfilled",
                condition=models.Q(confirmed_at__isnull=False, fulfilled_at=None, cancelled_at=None),
            ),
            models.Index(models.functions.Lower("buyer_email"), name="order_by_email"),
            GinIndex(SearchVector(*ORDER_SEARCHED, config="simple"), name="order_search"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def trace_key(self) -> str:
        """The buyer's way that it ends; staff's orders begin with themselves."""
        return f"hold:{self.hold_id}" if self.hold_id else f"order:{self.pk}"

    def get_absolute_url(self) -> str:
        """The unguessable link: whoever holds it is the buyer."""
        return reverse("registrations:order", kwargs={"code": self.code, "secret": self.secret})

    @property
    def spoken(self) -> str:
        """The language of its mails and papers; "" is English."""
        return self.language or self.event.language

    @property
    def state(self) -> str:
        """declined, cancelled, confirmed, expired, asked (for approval) or waiting (for payment)."""
        if self.cancelled_at:
            return "declined" if self.declined_at else "cancelled"
        if self.confirmed_at:
            return "confirmed"
        if self.expired_at:
            return "expired"
        return "asked" if self.requested_at and not self.approved_at else "waiting"


class OrderLine(PricedLine):
    """What was sold: tickets of one type at one price, and for whom."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    ticket_type = models.ForeignKey(TicketType, models.PROTECT, related_name="+")
    attendees = models.JSONField(default=list, help_text="[{name, email}], one for each ticket.")

    class Meta:
        ordering = ["id"]


TICKET_SEARCHED = ("attendee_name", "attendee_email")


class Ticket(models.Model):
    """One issued right of entry, with its own signed code (codes.py). The code is derived, not stored."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="tickets")
    event = models.ForeignKey(Event, models.PROTECT, related_name="+")
    ticket_type = models.ForeignKey(TicketType, models.PROTECT, related_name="+")
    serial = models.BigIntegerField(unique=True)
    key_id = models.PositiveSmallIntegerField()
    position = models.PositiveIntegerField(help_text="1, 2, … in its order.")
    attendee_name = models.CharField(max_length=150)
    attendee_email = models.EmailField(blank=True)
    price_minor = models.PositiveBigIntegerField()
    issued_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=20, blank=True)
    transferred_at = models.DateTimeField(null=True, help_text="Its holder has a link of their own; the buyer sees its code no more.")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["order", "position"], name="ticket_position_once")]
        indexes = [
            models.Index(fields=["event", "-id"], name="ticket_of_event"),
            GinIndex(SearchVector(*TICKET_SEARCHED, config="simple"), name="ticket_search"),
        ]

    def __str__(self) -> str:
        return f"{self.attendee_name} ({self.position})"


class Transfer(models.Model):
    """A ticket handed on: the code it had is good no more, its holder opens it by a link of their own.

    The ticket stays the same row, so what was sold, paid and counted stays as it is. Written only by transfer.py."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    event = models.ForeignKey(Event, models.PROTECT, related_name="+")
    secret = models.CharField(max_length=32, unique=True, help_text="Of the holder's link.")
    from_name = models.CharField(max_length=150)
    to_name = models.CharField(max_length=150)
    to_email = models.EmailField()
    old_serial = models.BigIntegerField(unique=True, help_text="Of the code that ended.")
    old_key_id = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="Handed on again: this link shows no code.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket"], name="one_holder", condition=models.Q(ended_at=None))]
        indexes = [models.Index(fields=["event"], name="transfer_of_event")]

    def __str__(self) -> str:
        return f"transfer {self.pk}"

    def get_absolute_url(self) -> str:
        """The unguessable link: whoever holds it holds the ticket."""
        return reverse("registrations:held-ticket", kwargs={"secret": self.secret})


class Answers(models.Model):
    """What was answered to the event's questions, as one document. Written only by answers.py."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="+", db_index=False)
    position = models.PositiveIntegerField(help_text="Of the ticket in its order; 0: of the order itself.")
    given = models.JSONField(help_text="{question id: answer}: a text, a list of texts, or {token, name} of a file.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "position"], name="answers_once")]
        indexes = [GinIndex(fields=["given"], name="answers_given", opclasses=["jsonb_path_ops"])]


class AnswerFile(models.Model):
    """A file that answers a question, in the private store. Without an order for a day, it is deleted."""

    token = models.CharField(max_length=32, unique=True)
    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    order = models.ForeignKey(Order, models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=120, help_text="As the buyer's computer called it.")
    path = models.CharField(max_length=200)
    content_type = models.CharField(max_length=40)
    uploaded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["uploaded_at"], name="answer_file_unused", condition=models.Q(order=None))]


class PassOnPhone(models.Model):
    """A phone that carries a ticket in its wallet and is told when it changes. Written only by wallets/updates.py."""

    phone = models.CharField(max_length=64, help_text="The phone's own id, for this service alone.")
    push_token = models.CharField(max_length=200)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    number = models.CharField(max_length=60, help_text="Of the pass: the ticket with the code it had then.")
    says = models.CharField(max_length=32, help_text="A fingerprint of what the pass says.")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["phone", "number"], name="pass_once_on_a_phone")]


class Erasure(models.Model):
    """The proof that somebody was forgotten, and the job that does it. Plain ids and times, nothing about the person;
    a copy lies in the file store, so that a restored database learns of it. Written only by erasure.py."""

    class Subject(models.TextChoices):
        ORDER = "order"
        TICKET = "ticket", "a ticket that was handed on"
        EVENT = "event"

    subject = models.CharField(max_length=6, choices=Subject)
    subject_id = models.BigIntegerField()
    event_id = models.BigIntegerField()
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0, help_text="How many rows were changed.")
    kept_outside_at = models.DateTimeField(null=True, help_text="Stored files deleted, the copy of this row in the store.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "subject_id"], name="erased_once")]
        indexes = [models.Index(fields=["due_at"], name="erasure_due", condition=models.Q(kept_outside_at=None))]


class InvoiceCounter(models.Model):
    """The number of an organiser's newest invoice or credit note. Its row lock makes the numbers gapless."""

    organiser = models.OneToOneField(Organiser, models.PROTECT, related_name="+")
    last = models.PositiveIntegerField(default=0)


class InvoiceKind(models.TextChoices):
    INVOICE = "invoice", gettext_lazy("Invoice")
    CREDIT_NOTE = "credit_note", gettext_lazy("Credit note")


class Invoice(models.Model):
    """A tax document of an order, never changed: another answers it. Written only by invoices.py; a trigger
    refuses UPDATE and DELETE. `facts` is all it says, as it was on that day."""

    organiser = models.ForeignKey(Organiser, models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=InvoiceKind)
    key = models.CharField(max_length=60, unique=True, help_text="What it is for, once: order:12, refund:3.")
    number = models.PositiveIntegerField(help_text="1, 2, … of the organiser, without gaps.")
    label = models.CharField(max_length=32, help_text="The number as printed.")
    answers = models.ForeignKey("self", models.PROTECT, null=True, related_name="credit_notes")
    currency = models.CharField(max_length=3)
    net_minor = models.PositiveBigIntegerField()
    tax_minor = models.PositiveBigIntegerField()
    facts = models.JSONField()
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organiser", "number"], name="invoice_number_once"),
            models.CheckConstraint(
                condition=models.Q(kind="invoice", answers=None) | models.Q(kind="credit_note", answers__isnull=False),
                name="credit_note_answers_an_invoice",
            ),
        ]
        indexes = [models.Index(fields=["order"], name="invoice_of_order")]

    def __str__(self) -> str:
        return self.label

    @property
    def total_minor(self) -> int:
        return self.net_minor + self.tax_minor


class StaffOrderKind(models.TextChoices):
    COMP = "comp", "Comp: free of charge"
    DOOR = "door", "Door sale: paid here and now"
    IMPORTED = "import", "Imported from another system"


class PaidBy(models.TextChoices):
    NOTHING = "", "Nothing to pay"
    CASH = "cash", "Cash"
    CARD = "card", "Card, on our own terminal"


class StaffOrder(models.Model):
    """Why an order has no hold: staff made it. Its money, if any, was taken outside of this system."""

    order = models.OneToOneField(Order, models.CASCADE, primary_key=True, related_name="staff")
    kind = models.CharField(max_length=8, choices=StaffOrderKind)
    paid_by = models.CharField(max_length=8, choices=PaidBy, blank=True)
    note = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")


class SigningKey(models.Model):
    """An event's Ed25519 key. Several per event for rotation; the newest that is not retired signs."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    key_id = models.PositiveSmallIntegerField()
    public_key = models.BinaryField(max_length=32)
    sealed_private_key = models.BinaryField(help_text="Encrypted with a key derived from SECRET_KEY.")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "key_id"], name="key_id_once_per_event")]


class RotatingCodes(models.Model):
    """The event's codes change every 30 seconds (rotating.py). No row: they do not."""

    event = models.OneToOneField(Event, models.CASCADE, related_name="+")
    sealed_key = models.BinaryField(help_text="Tickets' secrets are derived from it; encrypted as signing keys are.")
    static_codes = models.BooleanField(default=False, help_text="Printed tickets enter too.")
    started_at = models.DateTimeField()


class BuyerAllowance(models.Model):
    """How many tickets of an event one e-mail address has claimed, where the event limits it."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    email = models.EmailField()
    claimed = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "email"], name="allowance_once")]
