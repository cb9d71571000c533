"""What is kept about buyers and attendees (ticketing/lib/personal.py)."""

from typing import Any

from ticketing.lib.personal import DELETE, NAMELESS, UNIQUE, Kept, Until, declare

ABANDONED: dict[str, Any] = {"days": 30, "since": "released_at"}  # a hold that became no order
BILLING = "Company, address and VAT number for the invoice."
declare(
    "registrations.Hold",
    rest="token attempt source",
    order="order",
    event="event",
    buyer_name=Kept(whose="buyer", why="Typed in the checkout.", **ABANDONED),
    buyer_email=Kept(whose="buyer", why="Typed in the checkout.", **ABANDONED),
    attendees=Kept(whose="attendee", why="Typed in the checkout.", blank=NAMELESS, **ABANDONED),
    billing=Kept(whose="buyer", why=BILLING, blank=None, **ABANDONED),
    answers=Kept(whose="buyer", why="Answers to the organiser's questions, typed in the checkout.", blank=None, **ABANDONED),
)
declare(
    "registrations.Answers",
    order="order",
    event="order__event",
    given=Kept(whose="attendee", why="Answers to the organiser's questions.", blank={}),
)
declare(
    "registrations.AnswerFile",
    rest="token path content_type",
    order="order",
    event="event",
    name=Kept(whose="attendee", why="A file that answers a question; the file itself goes with it."),
)
declare(
    "registrations.Order",
    rest="code secret currency",
    order="pk",
    event="event",
    buyer_name=Kept(whose="buyer", why="Who bought: on tickets, and for the organiser's questions."),
    buyer_email=Kept(whose="buyer", why="Where tickets and news about the event go."),
    billing=Kept(whose="buyer", why=BILLING, blank=None),
)
declare(
    "registrations.OrderLine",
    order="order",
    event="order__event",
    attendees=Kept(whose="attendee", why="For whom tickets were bought.", blank=NAMELESS),
)
declare(
    "registrations.Ticket",
    order="order",
    event="event",
    attendee_name=Kept(whose="attendee", why="Who comes: on the ticket and at the gate."),
    attendee_email=Kept(whose="attendee", why="Where news about the event go."),
    void_reason=Kept(whose="attendee", why="Why staff made it void, in their own words."),
)
declare(
    "registrations.Transfer",
    rest="secret",
    order="ticket__order",
    event="event",
    from_name=Kept(whose="holder", why="From whom the ticket came."),
    to_name=Kept(whose="holder", why="To whom the ticket was handed on."),
    to_email=Kept(whose="holder", why="Where the ticket went."),
)
declare(
    "registrations.Invoice",
    rest="key label currency",
    order="order",
    facts=Kept(whose="buyer", why="Tax documents can't be changed, and are kept as long as tax law asks.", until=Until.LAW),
)
declare(
    "registrations.StaffOrder",
    order="order",
    event="order__event",
    note=Kept(whose="buyer", why="What staff wrote about an order."),
)
declare("registrations.SigningKey", rest="public_key sealed_private_key")
declare("registrations.RotatingCodes", rest="sealed_key")
declare(
    "registrations.BuyerAllowance",
    event="event",
    email=Kept(whose="buyer", why="How many tickets an address bought, where the event limits it.", blank=UNIQUE),
)
declare(
    "registrations.PassOnPhone",
    rest="number says",
    order="ticket__order",
    event="ticket__event",
    phone=Kept(whose="holder", why="Which phone carries the ticket, to tell it of changes.", blank=DELETE),
    push_token=Kept(whose="holder", why="Where the phone is told.", blank=DELETE),
)
declare(
    "registrations.WaitingEntry",
    rest="token",
    order="hold__order",
    event="event",
    email=Kept(whose="buyer", why="Where an offer of the waiting list goes.", blank=UNIQUE, days=90, since="ended_at"),
)
declare("registrations.Erasure")
