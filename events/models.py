"""What is sold: events, ticket types with their prices, quotas, and what makes tickets cheaper."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.urls import reverse

from accounts.models import Organiser
from events.series_rows import EventSeries as EventSeries  # tables of this app, in a module of their own
from events.series_rows import SeriesWork as SeriesWork
from ticketing.lib.language_field import language_field
from ticketing.lib.money import CURRENCIES

SEARCHED = ("name", "summary", "venue_name", "city")


class EventQuerySet(models.QuerySet["Event"]):
    def public(self) -> EventQuerySet:
        """Published and not cancelled."""
        return self.filter(published_at__isnull=False, cancelled_at=None)

    def upcoming(self, *, now: datetime) -> EventQuerySet:
        return self.filter(ends_at__gte=now)


class Event(models.Model):
    """One thing that is sold, at a time and a venue, in a time zone and a currency."""

    organiser = models.ForeignKey(Organiser, models.PROTECT, related_name="+")
    series = models.ForeignKey(EventSeries, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    planned_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Of a series: when its rule put this date, also after it was moved."
    )
    name = models.CharField(max_length=160)
    slug = models.SlugField(max_length=80, unique=True)
    summary = models.CharField(max_length=240, blank=True)
    description = models.TextField(blank=True, help_text="Markdown.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    time_zone = models.CharField(max_length=64)
    currency = models.CharField(max_length=3, choices=[(code, code) for code in CURRENCIES])
    venue_name = models.CharField(max_length=160, blank=True)
    venue_address = models.CharField(max_length=240, blank=True)
    city = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166, such as DE.")
    online_url = models.URLField(blank=True, help_text="Shown to ticket holders only.")
    cover = models.ImageField(upload_to="covers/", blank=True, width_field="cover_width", height_field="cover_height")
    cover_width = models.PositiveIntegerField(null=True, editable=False)
    cover_height = models.PositiveIntegerField(null=True, editable=False)
    accent = models.CharField(max_length=7, default="#285cc2", help_text="From the cover, for the ticket.")
    tax_name = models.CharField(
        max_length=20, default="VAT", db_default="VAT", blank=True, help_text="As buyers know it: VAT, GST, Sales tax."
    )
    tax_on_top = models.BooleanField(default=False, db_default=False, help_text="Prices are without tax; it is added at the end.")
    fee_country = models.CharField(
        max_length=2,
        default="",
        db_default="",
        blank=True,
        help_text="Buyers bear the fee of this country's price list; empty: the organiser.",
    )
    max_per_buyer = models.PositiveIntegerField(null=True, blank=True, help_text="Tickets per e-mail address; empty for no limit.")
    discounted = models.BooleanField(default=False, db_default=False, editable=False, help_text="There is a Discount to look for.")
    offer_hours = models.PositiveSmallIntegerField(
        default=24, db_default=24, help_text="How long an offer of the waiting list, or an approved request, waits for its buyer."
    )
    waiting_closed_at = models.DateTimeField(null=True, blank=True, help_text="The waiting list takes no more entries.")
    waiting_paused_at = models.DateTimeField(null=True, blank=True, help_text="The waiting list makes no offers by itself.")
    language = language_field("For visitors whose browser asks for none of ours, and where the buyer's is not known; empty: English.")
    design_version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gte=models.F("starts_at")), name="event_ends_after_start"),
            models.UniqueConstraint(fields=["series", "planned_at"], name="date_of_series_once", condition=models.Q(series__isnull=False)),
        ]
        indexes = [
            models.Index(
                fields=["starts_at", "id"], name="event_public_by_time", condition=models.Q(published_at__isnull=False, cancelled_at=None)
            ),
            models.Index(fields=["organiser", "-starts_at"], name="event_of_organiser"),
            models.Index(fields=["series", "starts_at", "id"], name="event_of_series", condition=models.Q(series__isnull=False)),
            models.Index(fields=["organiser", "starts_at"], name="event_single", condition=models.Q(series=None)),
            GinIndex(SearchVector(*SEARCHED, config="simple"), name="event_search"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("events:event", kwargs={"slug": self.slug})

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def is_online(self) -> bool:
        return not self.venue_name

    @property
    def local_start(self) -> datetime:
        return self.starts_at.astimezone(self.zone)

    @property
    def local_end(self) -> datetime:
        return self.ends_at.astimezone(self.zone)

    @property
    def page_scope(self) -> str:
        """The scope of this event's cached pages."""
        return f"event:{self.slug}"


class Quota(models.Model):
    """A limit shared by one or more ticket types. `claimed` changes only in inventory.py."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="quotas")
    name = models.CharField(max_length=80)
    capacity = models.PositiveIntegerField()
    claimed = models.PositiveIntegerField(default=0, editable=False)
    queued = models.PositiveIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Entries of the waiting list that want places of it: while there is one, only offers take them.",
    )
    made_from = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
        help_text="Of a series' date: the one it copies.",
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(claimed__lte=models.F("capacity")), name="quota_never_oversold"),
            models.CheckConstraint(condition=models.Q(claimed__gte=0), name="quota_never_negative"),
            models.UniqueConstraint(fields=["event", "name"], name="quota_name_once"),
        ]
        indexes = [
            models.Index(fields=["event"], name="quota_queued", condition=models.Q(queued__gt=0)),
            models.Index(fields=["made_from"], name="quota_made_from", condition=models.Q(made_from__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def free(self) -> int:
        return self.capacity - self.claimed


class Category(models.Model):
    """A heading that groups types on the page, nothing more."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="categories")
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=240, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["event", "name"], name="category_name_once")]

    def __str__(self) -> str:
        return self.name


class Pricing(models.TextChoices):
    FIXED = "fixed", "Fixed price"
    FREE = "free", "Free"
    DONATION = "donation", "Donation: the buyer chooses"


class Approval(models.TextChoices):
    NONE = "", "No: buyers buy at once"
    PLACES_KEPT = "keep", "Yes, and places are kept while you decide"
    PLACES_FREE = "free", "Yes, and places are taken when you approve"


class TicketType(models.Model):
    """What can be bought: name, price, sale window, limits per order."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="ticket_types")
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=240, blank=True)
    pricing = models.CharField(max_length=10, choices=Pricing, default=Pricing.FIXED)
    price_minor = models.PositiveBigIntegerField(default=0, help_text="Minor units; of a donation, the least.")
    tax_rate = models.DecimalField(max_digits=6, decimal_places=3, default=0, db_default=0, help_text="Per cent.")
    sale_starts_at = models.DateTimeField(null=True, blank=True)
    sale_ends_at = models.DateTimeField(null=True, blank=True)
    min_per_order = models.PositiveIntegerField(default=1)
    max_per_order = models.PositiveIntegerField(default=10)
    hidden = models.BooleanField(default=False, help_text="Not on the public page.")
    approval = models.CharField(
        max_length=4, choices=Approval, blank=True, default="", db_default="", help_text="Buyers ask, and the organiser decides."
    )
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)
    quotas = models.ManyToManyField(Quota, related_name="ticket_types")
    category = models.ForeignKey(Category, models.SET_NULL, null=True, blank=True, related_name="ticket_types")
    # Facts that come with the row, so that a checkout asks for tiers and base types only where there are any.
    tiered = models.BooleanField(default=False, db_default=False, editable=False, help_text="There is a PriceTier to look for.")
    is_addon = models.BooleanField(default=False, db_default=False, help_text="Sold only with a ticket of a base type.")
    most_per_ticket = models.PositiveIntegerField(null=True, blank=True, help_text="Of an add-on: for each ticket it comes with.")
    base_types = models.ManyToManyField(
        "self", symmetrical=False, related_name="+", blank=True, help_text="Of an add-on: sold with these; none: with any ticket."
    )
    made_from = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
        help_text="Of a series' date: the one it copies.",
    )

    class Meta:
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["made_from"], name="type_made_from", condition=models.Q(made_from__isnull=False))]
        constraints = [
            models.CheckConstraint(condition=models.Q(is_addon=True) | models.Q(most_per_ticket=None), name="only_addons_count_by_ticket"),
            models.CheckConstraint(
                condition=models.Q(min_per_order__gte=1, max_per_order__gte=models.F("min_per_order")), name="type_limits_in_order"
            ),
            models.CheckConstraint(condition=~models.Q(pricing="free") | models.Q(price_minor=0), name="free_costs_nothing"),
        ]

    def __str__(self) -> str:
        return self.name


class PriceTier(models.Model):
    """A step of a type's price, until a time, for a number of tickets, or both; after the last step comes the
    type's own price. `claimed` changes only in tiers.py."""

    ticket_type = models.ForeignKey(TicketType, models.CASCADE, related_name="tiers")
    name = models.CharField(max_length=80)
    price_minor = models.PositiveBigIntegerField()
    ends_at = models.DateTimeField(null=True)
    quantity = models.PositiveIntegerField(null=True, help_text="Tickets at this price; empty: no limit.")
    claimed = models.PositiveIntegerField(default=0, editable=False)
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quantity=None) | models.Q(claimed__lte=models.F("quantity")), name="tier_never_oversold"
            ),
            models.CheckConstraint(condition=models.Q(ends_at__isnull=False) | models.Q(quantity__isnull=False), name="tier_has_an_end"),
        ]

    def __str__(self) -> str:
        return self.name


class Discount(models.Model):
    """Taken off without a code, from a number of tickets on. The best one of an order applies."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="discounts")
    name = models.CharField(max_length=80)
    from_tickets = models.PositiveIntegerField()
    percent = models.PositiveSmallIntegerField(default=0, help_text="Off the price of each ticket.")
    amount_minor = models.PositiveBigIntegerField(default=0, help_text="Off the price of each ticket.")
    ticket_types = models.ManyToManyField(TicketType, related_name="+", help_text="Counted and made cheaper; none: all types.")
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["from_tickets", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(percent=0, amount_minor__gt=0) | models.Q(percent__range=(1, 100), amount_minor=0),
                name="discount_percent_or_amount",
            ),
            models.CheckConstraint(condition=models.Q(from_tickets__gte=1), name="discount_from_one_ticket"),
        ]

    def __str__(self) -> str:
        return self.name


class Promotion(models.Model):
    """A code that makes tickets cheaper, unlocks hidden types, or both; a voucher is one with a single use.
    One use is one hold or order. `uses`, `given_minor` and what is reserved change only in promotions.py."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="promotions")
    code = models.CharField(max_length=40, help_text="In capitals; buyers may type it as they like.")
    percent = models.PositiveSmallIntegerField(default=0, help_text="Off the price of each ticket.")
    amount_minor = models.PositiveBigIntegerField(default=0, help_text="Off the price of each ticket.")
    unlocks_hidden = models.BooleanField(default=False)
    ticket_types = models.ManyToManyField(TicketType, related_name="+", help_text="Of none: for all types of the event.")
    max_uses = models.PositiveIntegerField(null=True)
    budget_minor = models.PositiveBigIntegerField(null=True, help_text="The most that is taken off in all.")
    uses = models.PositiveIntegerField(default=0, editable=False)
    given_minor = models.PositiveBigIntegerField(default=0, editable=False)
    reserves = models.ForeignKey(TicketType, models.PROTECT, null=True, related_name="+", help_text="A voucher that reserves places of it.")
    reserved = models.PositiveIntegerField(default=0, db_default=0, editable=False, help_text="Places set aside, used or not.")
    reserved_free = models.PositiveIntegerField(default=0, db_default=0, editable=False, help_text="Of them, in no hold or order.")
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["code"]
        indexes = [models.Index(fields=["ends_at"], name="promotion_reserving", condition=models.Q(reserved_free__gt=0))]
        constraints = [
            models.UniqueConstraint(fields=["event", "code"], name="promotion_code_once"),
            models.CheckConstraint(condition=models.Q(percent=0) | models.Q(amount_minor=0), name="promotion_percent_or_amount"),
            models.CheckConstraint(condition=models.Q(percent__lte=100), name="promotion_at_most_all"),
            models.CheckConstraint(
                condition=models.Q(max_uses=None) | models.Q(uses__lte=models.F("max_uses")), name="promotion_uses_limited"
            ),
            models.CheckConstraint(
                condition=models.Q(budget_minor=None) | models.Q(given_minor__lte=models.F("budget_minor")), name="promotion_budget_limited"
            ),
            models.CheckConstraint(condition=models.Q(reserved_free__lte=models.F("reserved")), name="promotion_reserve_limited"),
        ]

    def __str__(self) -> str:
        return self.code


class BuyerTerms(models.Model):
    """What buyers may do with their orders by themselves. No row: the defaults. Written by terms.py."""

    event = models.OneToOneField(Event, models.CASCADE, related_name="+")
    transfers = models.BooleanField(default=True, help_text="Tickets may be handed on to other people.")
    changes_until_hours = models.PositiveIntegerField(
        null=True, help_text="Names and holders can be changed until so many hours before the start; None: until the end."
    )
    cancel_until_hours = models.PositiveIntegerField(
        null=True, help_text="Buyers may cancel until so many hours before the start; None: they may not."
    )
    cancel_fee_minor = models.PositiveBigIntegerField(default=0, help_text="Kept of each cancelled ticket, minor units.")
    cancel_fee_percent = models.DecimalField(max_digits=5, decimal_places=2, default=0, help_text="Kept of each cancelled ticket's price.")
    gives_booking_fee_back = models.BooleanField(default=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(cancel_fee_percent__lte=100), name="cancel_fee_at_most_all")]


class QuestionKind(models.TextChoices):
    TEXT = "text", "One line of text"
    LONG_TEXT = "long_text", "Several lines of text"
    NUMBER = "number", "Number"
    DATE = "date", "Date"
    TIME = "time", "Time"
    YES_NO = "yes_no", "Yes or no"
    ONE_OF = "one_of", "One of several answers"
    SEVERAL_OF = "several_of", "Any of several answers"
    FILE = "file", "File: PDF or image"


class Question(models.Model):
    """What buyers are asked beside names and addresses: once, or for each ticket. Written only by questions.py."""

    class Form(models.TextChoices):
        """What a line of text must be."""

        ANY = "", "Anything"
        EMAIL = "email", "E-mail address"
        PHONE = "phone", "Phone number"

    event = models.ForeignKey(Event, models.CASCADE, related_name="questions")
    label = models.CharField(max_length=200)
    hint = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=10, choices=QuestionKind, default=QuestionKind.TEXT)
    form = models.CharField(max_length=5, choices=Form, blank=True, default="")
    per_ticket = models.BooleanField(default=True, help_text="Asked for each ticket; otherwise once for the order.")
    required = models.BooleanField(default=False)
    choices = models.JSONField(default=list, help_text="The answers to choose from, as they read.")
    ticket_types = models.ManyToManyField(TicketType, related_name="+", help_text="Of none: for all types of the event.")
    shown_if = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+", help_text="Asked only after one of …")
    shown_if_answers = models.JSONField(default=list, help_text="… these answers to that question.")
    on_badge = models.BooleanField(default=False, help_text="Its answer is printed on the badge.")
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["event", "position"], name="question_asked", condition=models.Q(archived_at=None))]

    def __str__(self) -> str:
        return self.label

    @property
    def key(self) -> str:
        """Its name in documents of answers."""
        return str(self.pk)

    @property
    def answers(self) -> list[str]:
        """What can be answered, where that is known beforehand."""
        return ["yes", "no"] if self.kind == QuestionKind.YES_NO else list(self.choices)
