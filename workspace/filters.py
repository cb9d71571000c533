"""What an organiser's list shows: the filters of its address, the same for the page, its export and its message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet

from events.models import Event
from registrations import search
from registrations.models import Order, OrderLine, StaffOrderKind, Ticket
from registrations.questionnaire import worded
from scanning.models import Entry
from ticketing.lib import tokens
from workspace import answered
from workspace.rare import if_few

LONGEST, LONGEST_ANSWER = 100, 120  # of an answer with its question's id
STATES = {
    "confirmed": Q(confirmed_at__isnull=False, cancelled_at=None),
    "waiting": Q(confirmed_at=None, expired_at=None, cancelled_at=None) & (Q(requested_at=None) | Q(approved_at__isnull=False)),
    "asked": Q(requested_at__isnull=False, approved_at=None, expired_at=None, cancelled_at=None),
    "expired": Q(confirmed_at=None, expired_at__isnull=False),
    "cancelled": Q(cancelled_at__isnull=False),
    "declined": Q(declined_at__isnull=False),
}
TICKET_STATES = {"valid": Q(voided_at=None), "void": Q(voided_at__isnull=False)}
MADE = {"online": "Bought online", **{kind.value: kind.label.split(":")[0] for kind in StaffOrderKind}}


@dataclass(frozen=True, kw_only=True)
class Filter:
    """`kind`: a ticket type's id. `made`: a key of MADE. `entered`: "yes" or "no"."""

    q: str = ""
    state: str = ""
    kind: str = ""
    made: str = ""
    entered: str = ""
    answer: str = ""  # "12:Vegan": a question's id and the answer
    codes: str = ""  # of ticked orders, with spaces between them: these, and no other filter

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Filter:
        """From an address, a form or a job's arguments; what is unknown there is left out."""
        longest = {"answer": LONGEST_ANSWER, "codes": None}
        return cls(**{field.name: str(given.get(field.name) or "")[: longest.get(field.name, LONGEST)].strip() for field in fields(cls)})

    def as_dict(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def address(self) -> str:
        return urlencode(self.as_dict())

    @property
    def answer_text(self) -> str:
        """The answer alone, as it reads."""
        return worded(self.answer.partition(":")[2])

    def orders(self, *, event: Event) -> QuerySet[Order]:
        """Newest first."""
        if self.codes:
            return Order.objects.filter(event=event, code__in=self.codes.split()).order_by("-placed_at", "-id")
        rows = search.search_orders(Order.objects.filter(event=event), text=self.q)
        if self.state in STATES:
            rows = rows.filter(STATES[self.state])
        if self._kind_id:
            lines = OrderLine.objects.filter(ticket_type=self._kind_id)
            few = if_few(lines, "order_id")
            rows = rows.filter(Exists(lines.filter(order=OuterRef("pk"))) if few is None else Q(pk__in=few))
        if self.made == "online":
            rows = rows.filter(hold__isnull=False)
        elif self.made in MADE:
            rows = rows.filter(staff__kind=self.made)
        rows = answered.orders_answering(rows, wanted=self.answer) if self.answer else rows
        return rows.order_by("-placed_at", "-id")

    def tickets(self, *, event: Event) -> QuerySet[Ticket]:
        """Newest first. A whole order code or serial finds by that alone."""
        rows = Ticket.objects.filter(event=event)
        serial, code = tokens.serial_from_text(self.q), tokens.normalise(self.q)
        order = Order.objects.filter(event=event, code=code).first() if len(code) == 8 else None
        if serial is not None:
            rows = rows.filter(serial=serial)
        elif order is not None:
            rows = rows.filter(order=order)
        else:
            rows = search.search_tickets(rows, text=self.q)
        if self.state in TICKET_STATES:
            rows = rows.filter(TICKET_STATES[self.state])
        if self._kind_id:
            few = if_few(Ticket.objects.filter(ticket_type=self._kind_id), "pk")
            rows = rows.filter(ticket_type=self._kind_id) if few is None else rows.filter(pk__in=few)
        if self.entered in ("yes", "no"):
            inside = Exists(Entry.objects.filter(ticket=OuterRef("pk")))
            rows = rows.filter(inside if self.entered == "yes" else ~inside)
        rows = answered.tickets_answering(rows, wanted=self.answer) if self.answer else rows
        return rows.order_by("-id")

    @property
    def _kind_id(self) -> int | None:
        return int(self.kind) if self.kind.isascii() and self.kind.isdigit() and len(self.kind) < 19 else None
