"""Orders that staff make: comps and door sales."""

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from api import order_shapes, repeats, words
from api.access import order_for, types_for
from api.answers import done
from api.models import Scope
from api.problem import invalid
from api.reference import changing
from api.routes_events import Slug
from api.routes_orders import MOST_LINES, MOST_TICKETS, Attendee, whole
from registrations.models import StaffOrderKind
from registrations.staff_orders import StaffLine, place_staff_order
from ticketing.lib import clock

router = Router(tags=["Orders"])


class StaffLineNew(words.Sent):
    ticket_type: words.Id
    quantity: Annotated[int, Field(ge=1, le=MOST_TICKETS)]
    price_minor: words.Minor | None = Field(None, description="Of a door sale; by itself what it costs now.")
    attendees: list[Attendee] = Field([], max_length=MOST_TICKETS, description="Who comes; the buyer where one is missing.")


class StaffOrderNew(words.Sent):
    kind: Literal["comp", "door"]
    paid_by: Literal["", "cash", "card"] = Field("", description="Of a door sale that costs something.")
    buyer: Attendee
    lines: list[StaffLineNew] = Field(min_length=1, max_length=MOST_LINES)
    note: words.text(200) = Field("", description="For the team.")  # type: ignore[valid-type]
    mail: bool = Field(True, description="Send the tickets to the buyer's address, where there is one.")


@router.post("/{slug}/staff-orders", **changing("Give or sell at the door", Scope.ORDERS_WRITE, order_shapes.OrderPage, status=201))
@repeats.once(together=True)
def staff_order_new(request: Any, slug: Slug, sent: StaffOrderNew) -> HttpResponse:
    """Confirmed at once: a comp for nothing, or a door sale whose money is taken by you. Limits per order and the
    sale's times don't count; capacity does."""
    event, kinds = types_for(request, slug)
    lines = []
    for place, line in enumerate(sent.lines):
        if line.ticket_type not in kinds:
            raise invalid(f"lines.{place}.ticket_type", "This event has no such ticket type.")
        if len(line.attendees) > line.quantity:
            raise invalid(f"lines.{place}.attendees", "These are more attendees than tickets.")
        coming = [{"name": each.name, "email": each.email or ""} for each in line.attendees]
        coming += [{"name": sent.buyer.name, "email": ""}] * (line.quantity - len(coming))
        cost = line.price_minor if sent.kind == StaffOrderKind.DOOR else 0
        lines.append(StaffLine(ticket_type=kinds[line.ticket_type], price_minor=cost, attendees=coming))
    order = place_staff_order(
        event=event,
        lines=lines,
        buyer_name=sent.buyer.name,
        buyer_email=sent.buyer.email or "",
        kind=sent.kind,
        made_by=None,
        now=clock.now(),
        paid_by=sent.paid_by,
        note=sent.note,
        mail=sent.mail,
    )
    return done(whole(order_for(request, slug, order.code)), status=201)
