"""What buyers may do by themselves: hand tickets on, change names, cancel; until when and for how much."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from events.fee_schedule import half_up
from events.models import BuyerTerms, Event
from events.pages import changed
from trail import record


@dataclass(frozen=True, kw_only=True)
class Terms:
    """An event's terms with their moments worked out. `cancel_until`: None, they may not."""

    transfers: bool
    changes_until: datetime
    cancel_until: datetime | None
    cancel_fee_minor: int
    cancel_fee_percent: Decimal
    gives_booking_fee_back: bool

    @property
    def percent_text(self) -> str:
        """What is kept of each ticket's price, as it is written: "7.5"."""
        return f"{self.cancel_fee_percent.normalize():f}"

    def fee_minor(self, *, prices: list[int]) -> int:
        """What is kept of tickets at these prices, each rounded half up and never more than the ticket."""
        return sum(min(price, self.cancel_fee_minor + half_up(price * int(self.cancel_fee_percent * 100), 10_000)) for price in prices)


# With another query of rows that have an event: what is stored, or null. `told` makes the terms of it.
FIELDS = ("transfers", "changes_until_hours", "cancel_until_hours", "cancel_fee_minor", "cancel_fee_percent", "gives_booking_fee_back")
STORED = Subquery(BuyerTerms.objects.filter(event=OuterRef("event_id")).values(stored=JSONObject(**{name: name for name in FIELDS}))[:1])


def row_of(*, event: Event) -> BuyerTerms:
    """The stored terms, or the defaults, not saved."""
    return BuyerTerms.objects.filter(event=event).first() or BuyerTerms(event=event)


def terms_of(*, event: Event) -> Terms:
    """One query."""
    return _worked_out(event, row_of(event=event))


def told(*, event: Event, stored: Mapping[str, Any] | None) -> Terms:
    """Of what `STORED` gave."""
    return _worked_out(event, BuyerTerms(event=event, **(stored or {})))


def _worked_out(event: Event, row: BuyerTerms) -> Terms:
    return Terms(
        transfers=row.transfers,
        changes_until=event.ends_at if row.changes_until_hours is None else _before(event, row.changes_until_hours),
        cancel_until=None if row.cancel_until_hours is None else _before(event, row.cancel_until_hours),
        cancel_fee_minor=row.cancel_fee_minor,
        cancel_fee_percent=Decimal(str(row.cancel_fee_percent)),
        gives_booking_fee_back=row.gives_booking_fee_back,
    )


def _before(event: Event, hours: int) -> datetime:
    return event.starts_at - timedelta(hours=hours)


def save(*, event: Event, fields: dict[str, Any]) -> None:
    """Keep what the organiser chose. Orders are cancelled by the terms of the moment, not of the sale."""
    with transaction.atomic():
        row = row_of(event=event)
        before = {name: getattr(row, name) for name in fields}
        BuyerTerms.objects.update_or_create(event=event, defaults=fields)
        differs = {name: (before[name], value) for name, value in fields.items()}
        record.note(
            act="terms_changed", about="event", about_id=event.pk, event_id=event.pk, organiser_id=event.organiser_id, changed=differs
        )
        changed(event)


def copy(*, source: Event, target: Event) -> None:
    """The same terms for a copy of the event."""
    row = BuyerTerms.objects.filter(event=source).first()
    if row is not None:
        row.pk, row.event = None, target
        row._state.adding = True
        row.save()
