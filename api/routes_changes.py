"""What becomes of an order: changed, answered, handed on, approved, cancelled, its tickets void."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router
from pydantic import Field

from api import answering, order_shapes, repeats, words
from api.access import order_for
from api.answers import done
from api.models import Scope
from api.problem import Problem, invalid
from api.reference import changing
from api.routes_events import Slug
from api.routes_orders import Attendee, Code, Position, whole
from registrations import amend, answers, approval, cancellation, fulfilment, reassign, transfer
from registrations.models import Order, Ticket
from ticketing.lib import clock

router = Router(tags=["Orders"])


class Person(words.Sent):
    name: words.Name
    email: words.Email


class TicketAnswers(words.Sent):
    position: words.Id
    answers: answering.Sent


class AnswersChange(words.Sent):
    """What is not named stays as it was answered."""

    answers: answering.Sent = []
    tickets: list[TicketAnswers] = Field([], max_length=1000)


@router.post("/{slug}/orders/{code}/cancellation", **changing("Cancel an order", Scope.ORDERS_WRITE, order_shapes.OrderPage))
@repeats.once(together=True)
def order_cancel(request: Any, slug: Slug, code: Code) -> HttpResponse:
    """Its tickets admit nobody, its places are free again. Money is given back by a call of its own."""
    order = order_for(request, slug, code)
    cancellation.cancel_order(order=order, now=clock.now())
    return done(whole(order))


@router.put(
    "/{slug}/orders/{code}/tickets/{position}/attendee", **changing("Name another attendee", Scope.ORDERS_WRITE, order_shapes.TicketShape)
)
@repeats.once(together=True)
def ticket_attendee(request: Any, slug: Slug, code: Code, position: Position, sent: Attendee) -> HttpResponse:
    """Another name on a ticket; its code stays."""
    order = order_for(request, slug, code)
    ticket = _ticket(order, position)
    reassign.reassign_ticket(order=order, position=position, name=sent.name, email=sent.email or "", now=clock.now())
    ticket.refresh_from_db()
    return done(order_shapes.ticket(ticket, order_code=code))


@router.post("/{slug}/orders/{code}/tickets/{position}/void", **changing("Void a ticket", Scope.ORDERS_WRITE, order_shapes.TicketShape))
@repeats.once(together=True)
def ticket_void(request: Any, slug: Slug, code: Code, position: Position) -> HttpResponse:
    """It admits nobody any more; its place stays taken."""
    ticket = _ticket(order_for(request, slug, code), position)
    cancellation.void_ticket(ticket=ticket, reason="api", now=clock.now())
    ticket.refresh_from_db()
    return done(order_shapes.ticket(ticket, order_code=code))


def _ticket(order: Order, position: int) -> Ticket:
    return get_object_or_404(order.tickets, position=position)


@router.put("/{slug}/orders/{code}/buyer", **changing("Name another buyer", Scope.ORDERS_WRITE, order_shapes.OrderPage))
@repeats.once(together=True)
def order_buyer(request: Any, slug: Slug, code: Code, sent: Person) -> HttpResponse:
    """Mail goes to the new address from now on; the buyer's link stays."""
    order = order_for(request, slug, code)
    amend.change_buyer(order=order, name=sent.name, email=sent.email, now=clock.now())
    return done(whole(order))


@router.put("/{slug}/orders/{code}/answers", **changing("Change answers", Scope.ORDERS_WRITE, order_shapes.OrderPage))
@repeats.once(together=True)
def order_answers(request: Any, slug: Slug, code: Code, sent: AnswersChange) -> HttpResponse:
    """Answers of the order and of its tickets, checked as on the buyer's page."""
    order = order_for(request, slug, code)
    of_order, *of_tickets = answers.places_of(order=order)
    here = [answering.Here(path="answers", sent=sent.answers, given=dict(of_order.given))]
    here += [answering.Here(path="tickets", sent=[], type_id=place.type_id, given=dict(place.given)) for place in of_tickets]
    for n, each in enumerate(sent.tickets):
        if each.position > len(of_tickets):
            raise invalid(f"tickets.{n}.position", "This order has no such ticket.")
        here[each.position].path, here[each.position].sent = f"tickets.{n}.answers", each.answers
    places = answering.checked(asked=answering.asked(event_id=order.event_id), here=here, only_sent=True)
    answers.change(order=order, places=places, now=clock.now())
    return done(whole(order))


@router.post("/{slug}/orders/{code}/confirmation", **changing("Send the tickets again", Scope.ORDERS_WRITE, order_shapes.OrderPage))
@repeats.once(together=True)
def order_confirmation(request: Any, slug: Slug, code: Code) -> HttpResponse:
    """The confirmation once more to the buyer's address, at most once a minute."""
    order = order_for(request, slug, code)
    if order.confirmed_at is None or order.cancelled_at or not order.buyer_email:
        raise Problem(409, "nothing_to_send", "Only a confirmed order with an address has tickets to send.")
    fulfilment.send_again(order=order, now=clock.now())
    return done(whole(order))


@router.post("/{slug}/orders/{code}/approval", **changing("Approve a request", Scope.ORDERS_WRITE, order_shapes.OrderPage))
@repeats.once(together=True)
def order_approve(request: Any, slug: Slug, code: Code) -> HttpResponse:
    """Nothing to pay: its tickets are issued. Otherwise the buyer gets a mail and has the event's hours to pay."""
    approval.approve(order=order_for(request, slug, code), now=clock.now())
    return done(whole(order_for(request, slug, code)))


@router.post("/{slug}/orders/{code}/refusal", **changing("Decline a request", Scope.ORDERS_WRITE, order_shapes.OrderPage))
@repeats.once(together=True)
def order_decline(request: Any, slug: Slug, code: Code) -> HttpResponse:
    """The buyer is told; nothing was paid."""
    approval.decline(order=order_for(request, slug, code), now=clock.now())
    return done(whole(order_for(request, slug, code)))


@router.post(
    "/{slug}/orders/{code}/tickets/{position}/transfer", **changing("Hand a ticket on", Scope.ORDERS_WRITE, order_shapes.TicketShape)
)
@repeats.once(together=True)
def ticket_transfer(request: Any, slug: Slug, code: Code, position: Position, sent: Person) -> HttpResponse:
    """To somebody else, by the event's terms: the code it had ends at every gate, and both are told by mail."""
    order = order_for(request, slug, code)
    ticket = _ticket(order, position)
    ticket.order = order
    transfer.transfer_ticket(ticket=ticket, name=sent.name, email=sent.email, now=clock.now())
    ticket.refresh_from_db()
    return done(order_shapes.ticket(ticket, order_code=code))
