"""The waiting list of tickets that are sold out: joined, read, offered, left."""

from typing import Annotated, Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router
from pydantic import Field

from api import question_shapes, repeats, words
from api.access import event_for, types_for
from api.answers import done, page, shown
from api.models import Scope
from api.problem import invalid
from api.reference import changing, op
from api.routes_events import Slug
from api.routes_orders import number_of
from api.routes_public import After, Limit
from api.routes_types import Pk
from registrations import waiting, waiting_offers
from registrations.models import WaitingEntry
from ticketing.lib import clock

router = Router(tags=["Waiting list"])


class WaitingNew(words.Sent):
    ticket_type: words.Id
    email: words.Email
    quantity: Annotated[int, Field(ge=1, le=1000)] = 1
    takes_fewer: bool = Field(True, description="Also when not all of them are free.")


@router.get("/{slug}/waiting-list", **op("List who waits", Scope.ORDERS_READ, question_shapes.Waiting))
def waiting_list(
    request: Any,
    slug: Slug,
    waits: Annotated[bool, Query(description="Only those who wait still: neither offered anything nor gone.")] = False,
    limit: Limit = 50,
    after: After = "",
) -> HttpResponse:
    """In the order in which they joined."""
    event = event_for(request, slug)
    rows = WaitingEntry.objects.filter(event=event).select_related("hold").order_by("pk")
    if waits:
        rows = rows.filter(hold=None, ended_at=None)
    if after:
        rows = rows.filter(pk__gt=number_of(after))
    found, following = page(list(rows[: limit + 1]), limit=limit, place=lambda entry: (entry.joined_at, entry.pk))
    return shown(request, {"items": [question_shapes.waiting_entry(row) for row in found], "next": following})


@router.post("/{slug}/waiting-list", **changing("Join the waiting list", Scope.ORDERS_WRITE, question_shapes.WaitingShape, status=201))
@repeats.once(together=True)
def waiting_new(request: Any, slug: Slug, sent: WaitingNew) -> HttpResponse:
    """For tickets that are sold out; a mail goes to the address with its link. 409 when there are tickets
    (`not_sold_out`), when the list is closed, or when the address waits already."""
    kind = types_for(request, slug)[1].get(sent.ticket_type)
    if kind is None:
        raise invalid("ticket_type", "This event has no such ticket type.")
    entry = waiting.join(kind=kind, email=sent.email, quantity=sent.quantity, takes_fewer=sent.takes_fewer, now=clock.now())
    return done(question_shapes.waiting_entry(entry), status=201)


@router.post("/{slug}/waiting-list/{pk}/offer", **changing("Offer tickets to who waits", Scope.ORDERS_WRITE, question_shapes.WaitingShape))
@repeats.once(together=True)
def waiting_offer(request: Any, slug: Slug, pk: Pk) -> HttpResponse:
    """Whoever stands before. Their places are set aside for the event's hours, and a mail goes out."""
    waiting_offers.offer_now(entry=_entry(request, slug, pk), now=clock.now())
    return done(question_shapes.waiting_entry(_entry(request, slug, pk)))


@router.post("/{slug}/waiting-list/{pk}/removal", **changing("Take off the waiting list", Scope.ORDERS_WRITE, question_shapes.WaitingShape))
@repeats.once(together=True)
def waiting_removal(request: Any, slug: Slug, pk: Pk) -> HttpResponse:
    """One that was offered tickets, or has ended, stays as it is."""
    waiting.remove(entry=_entry(request, slug, pk), now=clock.now())
    return done(question_shapes.waiting_entry(_entry(request, slug, pk)))


def _entry(request: Any, slug: str, pk: int) -> WaitingEntry:
    rows = WaitingEntry.objects.select_related("hold", "event", "ticket_type__event")
    return get_object_or_404(rows, event=event_for(request, slug), pk=pk)
