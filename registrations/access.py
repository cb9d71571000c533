"""Loading a hold or an order by its unguessable link: whoever holds the link is the buyer. HOT."""

import secrets

from django.db.models import Exists, OuterRef, Subquery
from django.http import Http404

from events import terms
from events.models import Question
from registrations.models import Hold, HoldLine, Order, OrderLine, RotatingCodes, Ticket, Transfer
from ticketing.lib import languages, meters
from ticketing.lib.prepared import Param, Prepared

EVENT = ("name", "slug", "starts_at", "ends_at", "time_zone", "currency", "venue_name", "city", "cancelled_at", "published_at", "language")
PRICING = ("tax_name", "tax_on_top", "fee_country")
TYPE = ("ticket_type__name", "ticket_type__event_id")
ROTATING_KEY = Subquery(RotatingCodes.objects.filter(event=OuterRef("event_id")).values("sealed_key")[:1])
ASKS = Exists(Question.objects.filter(event=OuterRef("event"), archived_at=None))

HOLD = Prepared(
    lambda: (
        Hold.objects.select_related("event", "order", "replaced_by")
        .only(
            *(field.name for field in Hold._meta.concrete_fields),
            *(f"event__{name}" for name in (*EVENT, *PRICING, "max_per_buyer")),
            *(f"order__{name}" for name in ("code", "secret", "hold_id")),
            *(f"replaced_by__{name}" for name in ("token", "replaced_by_id")),
        )
        .annotate(asks=ASKS, terms=terms.STORED)
        .filter(token=Param("token"))
    )
)
HOLD_LINES = Prepared(
    lambda: (
        HoldLine.objects.select_related("ticket_type")
        .only(
            "hold_id", "ticket_type_id", "quantity", "price_minor", "discount_minor", "tier_id", "is_addon", "tax_rate", "tax_minor", *TYPE
        )
        .filter(hold=Param("hold"))
    )
)
ORDER = Prepared(
    lambda: (
        Order.objects.select_related("event__organiser", "hold")
        .defer("event__description", "event__summary", "hold__attendees", "hold__answers")
        .annotate(asks=ASKS, rotating_key=ROTATING_KEY)
        .filter(code=Param("code"))
    )
)
ORDER_LINES = Prepared(
    lambda: (
        OrderLine.objects.select_related("ticket_type")
        .only(
            "order_id", "ticket_type_id", "quantity", "price_minor", "discount_minor", "tier_id", "is_addon", "tax_rate", "tax_minor", *TYPE
        )
        .filter(order=Param("order"))
    )
)
TICKETS = Prepared(
    lambda: (
        Ticket.objects.select_related("ticket_type")
        .only(*(field.name for field in Ticket._meta.concrete_fields), *TYPE)
        .filter(order=Param("order"))
    )
)


def hold_for_link(*, token: str) -> tuple[Hold, list[HoldLine]]:
    """The hold with event and order, and its lines with their types' names; `hold.asks`: the event has questions,
    `hold.terms`: what its buyers may do later (terms.told). Two queries. Http404."""
    hold = HOLD.first(token=token)
    if hold is None:
        raise Http404
    languages.prefer(hold.event.language)
    meters.about(event=hold.event_id, checkout=hold.trace_key)
    return hold, HOLD_LINES.all(hold=hold.pk)


def order_for_link(*, code: str, secret: str) -> Order:
    """The order with its event and organiser; `asks`: the event has questions; `rotating_key`: its codes change. Http404 when the code or the secret is wrong, alike."""
    order = ORDER.first(code=code)
    expected = order.secret if order else "-" * len(secret)
    if not secrets.compare_digest(expected.encode(), secret.encode()) or order is None:
        raise Http404
    languages.prefer(order.spoken)
    meters.about(event=order.event_id, organiser=order.event.organiser_id, checkout=order.trace_key)
    return order


def transfer_for_link(*, secret: str) -> Transfer:
    """What was handed on, with its ticket, type, order, event and organiser. Http404."""
    found = Transfer.objects.select_related("ticket__ticket_type", "ticket__order__event__organiser").filter(secret=secret).first()
    if found is None:
        raise Http404
    languages.prefer(found.ticket.order.spoken)
    meters.about(event=found.event_id, organiser=found.ticket.order.event.organiser_id)
    return found


def lines_of(*, order: Order) -> list[OrderLine]:
    """What was sold, with the types' names."""
    return ORDER_LINES.all(order=order.pk)


def tickets_of(*, order: Order) -> list[Ticket]:
    """The tickets in their order, with the types' names; void ones too."""
    return TICKETS.all(order=order.pk)
