"""Registering, and reading orders, tickets and attendees."""

import hashlib
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from ninja import Path, Query, Router
from pydantic import Field, StringConstraints

from api import answering, order_shapes, repeats, words
from api.access import event_for, order_for, types_for
from api.answers import done, page, place_of, shown
from api.models import Scope
from api.problem import invalid
from api.reference import changing, op
from api.routes_events import Slug
from api.routes_public import After, Limit
from events.models import Event, TicketType
from registrations import checkout
from registrations.access import lines_of, tickets_of
from registrations.models import Order
from ticketing.lib import clock, languages, tax_ids
from workspace.filters import Filter

router = Router(tags=["Orders"])
Code = Annotated[str, StringConstraints(max_length=8)]
Position = Annotated[int, Path(ge=1, lt=2**31)]
MOST_LINES, MOST_TICKETS = 50, 1000


class Attendee(words.Sent):
    name: words.Name
    email: words.Email | None = None


class AttendeeNew(Attendee):
    answers: answering.Sent = Field([], description="To the questions that are asked for each ticket.")


class Line(words.Sent):
    ticket_type: words.Id
    quantity: Annotated[int, Field(ge=1, le=MOST_TICKETS)]
    price_minor: words.Minor | None = Field(None, description="Only for donations: what the buyer gives.")
    attendees: list[AttendeeNew] = Field([], max_length=MOST_TICKETS, description="Who comes; the buyer where one is missing.")


class BuyerFacts(words.Sent):
    name: words.Name
    email: words.Email
    company: words.text(160) = ""  # type: ignore[valid-type]
    address: words.text(300) = ""  # type: ignore[valid-type]
    vat_id: words.text(30) = ""  # type: ignore[valid-type]


class OrderNew(words.Sent):
    buyer: BuyerFacts
    lines: list[Line] = Field(min_length=1, max_length=MOST_LINES)
    promo_code: words.text(40) = Field("", description="A promo code, an access code or a voucher.")  # type: ignore[valid-type]
    language: Literal["", *languages.NAMES] = Field("", description="In which the buyer gets mail and papers; by itself the event's.")  # type: ignore[valid-type]
    answers: answering.Sent = Field([], description="To the questions that are asked once for the order.")
    source: Annotated[str, StringConstraints(pattern="^[a-z0-9._-]*$", max_length=40)] = Field(
        "api", description="Where the buyer came from, for the organiser's counts."
    )


@router.post("/{slug}/orders", **changing("Register", Scope.ORDERS_WRITE, order_shapes.OrderPage, status=201))
@repeats.once(together=False)
def order_new(request: Any, slug: Slug, sent: OrderNew) -> HttpResponse:
    """Place an order. Nothing to pay: it is confirmed at once, with its tickets. Otherwise open its payment and
    send the buyer to `payment_url` before `pay_until`. Of types that need approval it is a request (`asked`).
    What the event asks is answered in `answers`, for the order and for each attendee."""
    now = clock.now()
    event, kinds = types_for(request, slug)
    picks = [_pick(line, place, kinds) for place, line in enumerate(sent.lines)]
    if len({line.ticket_type for line in sent.lines}) < len(sent.lines):
        raise invalid("lines", "Name each ticket type once.")
    billing = _billing(sent.buyer)
    attendees = [
        {"ticket_type": line.ticket_type, "name": each.name, "email": each.email or ""} for line in sent.lines for each in line.attendees
    ]
    details: dict[str, Any] = {"buyer_name": sent.buyer.name, "buyer_email": sent.buyer.email, "attendees": attendees, "billing": billing}
    if kinds and next(iter(kinds.values())).asks:  # type: ignore[attr-defined]
        details |= _answered(event, sent)
    hold, placed = checkout.sell(
        event=event,
        picks=picks,
        now=now,
        attempt=_attempt(request),
        code=sent.promo_code,
        source=sent.source,
        details=details,
        language=sent.language,
    )
    answers = answering.of_order(order=placed.order) if hold.answers is not None else []
    said = order_shapes.order_page(placed.order, lines=placed.lines, tickets=placed.tickets, pay_until=hold.expires_at, answers=answers)
    return done(said, status=201)


def _answered(event: Event, sent: OrderNew) -> dict[str, Any]:
    """What was answered, as the checkout keeps it: once for the order, and with each ticket's attendee."""
    of_order = answering.Here(path="answers", sent=sent.answers)
    coming: list[tuple[int, AttendeeNew | None]] = []
    here = [of_order]
    for place, line in enumerate(sent.lines):
        for n in range(line.quantity):
            attendee = line.attendees[n] if n < len(line.attendees) else None
            path = f"lines.{place}.attendees.{n}.answers"
            here.append(answering.Here(path=path, sent=attendee.answers if attendee else [], type_id=line.ticket_type))
            coming.append((line.ticket_type, attendee))
    first, *places = answering.checked(asked=answering.asked(event_id=event.pk), here=here)
    attendees = [
        {"ticket_type": kind, "name": each.name if each else "", "email": (each and each.email) or "", "answers": place.answers()}
        for (kind, each), place in zip(coming, places, strict=True)
    ]
    return {"attendees": attendees, "answers": first.answers()}


def _pick(line: Line, place: int, kinds: dict[int, TicketType]) -> checkout.Pick:
    kind = kinds.get(line.ticket_type)
    if kind is None:
        raise invalid(f"lines.{place}.ticket_type", "This event has no such ticket type.")
    if len(line.attendees) > line.quantity:
        raise invalid(f"lines.{place}.attendees", "These are more attendees than tickets.")
    if line.price_minor is not None and kind.pricing != "donation":
        raise invalid(f"lines.{place}.price_minor", "Only a donation has a price of the buyer's choice. Leave it away.")
    quota_ids = kind.quota_ids  # type: ignore[attr-defined]
    return checkout.Pick(ticket_type=kind, quantity=line.quantity, price_minor=line.price_minor, quota_ids=quota_ids)


def _billing(buyer: BuyerFacts) -> dict[str, str] | None:
    try:
        billing = {"company": buyer.company, "address": buyer.address, "vat_id": tax_ids.tidy(buyer.vat_id)}
    except tax_ids.BadTaxId as error:
        raise invalid("buyer.vat_id", str(error)) from error
    return billing if any(billing.values()) else None


def _attempt(request: Any) -> str | None:
    """The same key is the same hold, and so the same order, also when the first try died between the two."""
    key = request.headers.get(repeats.HEADER)
    return hashlib.sha256(f"api:{request.auth.pk}:{key}".encode()).hexdigest()[:40] if key else None


@router.get("/{slug}/orders", **op("List orders", Scope.ORDERS_READ, order_shapes.Orders))
def order_list(
    request: Any,
    slug: Slug,
    q: Annotated[str, Query(max_length=100, description="Words of name, address or code.")] = "",
    state: Annotated[str, Query(pattern="^(confirmed|waiting|asked|expired|cancelled|declined)?$")] = "",
    limit: Limit = 50,
    after: After = "",
) -> HttpResponse:
    """Newest first."""
    event = event_for(request, slug)
    rows = Filter(q=q, state=state).orders(event=event)
    if after:
        at, number = _place(after)
        rows = rows.filter(placed_at__lte=at).exclude(placed_at=at, pk__gte=number)
    found, following = page(list(rows[: limit + 1]), limit=limit, place=lambda order: (order.placed_at, order.pk))
    return shown(request, {"items": [order_shapes.order(order, event_slug=slug) for order in found], "next": following})


def _place(after: str) -> tuple[datetime, int]:
    place = place_of(after)
    if place is None:
        raise invalid("after", "This is no cursor. Take `next` of the page before, or leave it away.")
    return place


def number_of(after: str) -> int:
    """The id that a cursor stands at, where a list is ordered by it. Problem."""
    return _place(after)[1]


@router.get("/{slug}/orders/{code}", **op("Read an order", Scope.ORDERS_READ, order_shapes.OrderPage))
def order_page(request: Any, slug: Slug, code: Code) -> HttpResponse:
    """With its lines, tickets and answers."""
    return shown(request, whole(order_for(request, slug, code)))


def whole(order: Order) -> dict[str, Any]:
    hold = order.hold
    return order_shapes.order_page(
        order,
        lines=lines_of(order=order),
        tickets=tickets_of(order=order),
        pay_until=hold.expires_at if hold else None,
        answers=answering.of_order(order=order),
    )


@router.get("/{slug}/orders/{code}/tickets", **op("Read an order's tickets", Scope.ORDERS_READ, order_shapes.Tickets))
def ticket_list(request: Any, slug: Slug, code: Code) -> HttpResponse:
    """With the codes that gates read. Whoever has a code has the ticket."""
    order = order_for(request, slug, code)
    return shown(request, {"items": [order_shapes.ticket_with_code(row, order_code=code) for row in tickets_of(order=order)]})


@router.get("/{slug}/attendees", **op("List attendees", Scope.ORDERS_READ, order_shapes.Attendees))
def attendee_list(
    request: Any,
    slug: Slug,
    q: Annotated[str, Query(max_length=100, description="A name, an address, a serial or an order code.")] = "",
    state: Annotated[str, Query(pattern="^(valid|void)?$")] = "",
    entered: Annotated[str, Query(pattern="^(yes|no)?$")] = "",
    limit: Limit = 50,
    after: After = "",
) -> HttpResponse:
    """Newest tickets first."""
    event = event_for(request, slug)
    rows = Filter(q=q, state=state, entered=entered).tickets(event=event).select_related("order")
    if after:
        rows = rows.filter(pk__lt=number_of(after))
    found, following = page(list(rows[: limit + 1]), limit=limit, place=lambda ticket: (ticket.issued_at, ticket.pk))
    return shown(request, {"items": [order_shapes.ticket(row, order_code=row.order.code) for row in found], "next": following})
