"""Orders: placed from a hold, confirmed when paid, tickets issued. HOT.

The only writer of Order's state, with expiry.py and cancellation.py. Each verb is one short transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from events import inventory, promotions, tiers
from events.models import Event
from outbox import post
from registrations import allowance, answers, choosing, claims, codes, holding
from registrations.choosing import Pick
from registrations.models import Hold, HoldLine, Order, OrderLine, Ticket
from registrations.refusals import Refused
from ticketing.lib import tokens
from ticketing.lib.languages import say
from ticketing.lib.later import later
from ticketing.lib.prepared import Param, Prepared, PreparedInsert, PreparedUpdate

HOLD_LINES = Prepared(lambda: HoldLine.objects.filter(hold=Param("hold")))
ADD_ORDER, ADD_ORDER_LINES = PreparedInsert(lambda: Order), PreparedInsert(lambda: OrderLine)
ADD_TICKETS = PreparedInsert(lambda: Ticket)
LOCK_ORDER = Prepared(lambda: Order.objects.select_for_update(of=("self",), no_key=True).select_related("event").filter(pk=Param("order")))
CONFIRM = PreparedUpdate(lambda: Order.objects.filter(pk=Param("order")), confirmed_at=Param("now"), expired_at=None)
LINES = Prepared(lambda: OrderLine.objects.filter(order=Param("order")))


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An order with the rows that were written with it."""

    order: Order
    lines: list[OrderLine]
    tickets: list[Ticket]


def place_order(*, hold: Hold, now: datetime, language: str = "") -> Order:
    """Make the order of a hold, once: the same hold again gives the same order.

    Nothing to pay: confirmed at once, tickets included. Otherwise the hold keeps its places until
    the payment is decided. Types that need approval make it a request (approval.py).
    `language`: that the buyer was spoken to in; "": not known.
    HoldEnded, Refused (details missing, event cancelled), TooManyForBuyer."""
    try:
        with transaction.atomic():
            return _place(hold, now, language).order
    except IntegrityError:
        already = Order.objects.filter(hold=hold).first()
        if already is None:
            raise
        return already


def place(*, hold: Hold, now: datetime, language: str = "") -> Placed:
    """As place_order, for whoever shows at once what was made: nothing is read again."""
    try:
        with transaction.atomic():
            return _place(hold, now, language)
    except IntegrityError:
        order = place_order(hold=hold, now=now, language=language)
    return Placed(order=order, lines=list(order.lines.all()), tickets=list(order.tickets.all()))


def sell(
    *,
    event: Event,
    picks: Sequence[Pick],
    details: Mapping[str, Any],
    now: datetime,
    attempt: str | None,
    code: str,
    source: str,
    language: str = "",
) -> tuple[Hold, Placed]:
    """Hold and order at once, for whoever knows everything at once: one transaction, four statements fewer. HOT.

    `attempt`, `code`, `source`, `details`: as holding.hold has them; `language`: as place_order has it; the same attempt again gives the same order.
    SoldOut, Refused, TooManyForBuyer; then nothing is held."""
    asked: dict[str, Any] = {
        "event": event,
        "picks": picks,
        "now": now,
        "attempt": attempt,
        "code": code,
        "source": source,
        "details": details,
    }
    # A buyer's allowance is claimed after the places, as it is given back, and a request keeps its hold in its own way.
    if event.max_per_buyer is None and not choosing.approval_of(picks=picks):
        placed: list[Placed] = []
        try:
            hold = holding.hold_and_place(**asked, place=lambda new, lines: placed.append(_write(new, lines, now, language, kept=True)))
            if placed:
                return hold, placed[-1]
        except IntegrityError:  # one of its random codes was taken: two steps, which try others
            pass
    hold = holding.hold(**asked)
    try:
        return hold, place(hold=hold, now=now, language=language)
    except Exception:
        holding.release_hold(hold=hold, now=now)
        raise


def _place(hold: Hold, now: datetime, language: str) -> Placed:
    return _write(hold, HOLD_LINES.all(hold=hold.pk), now, language, kept=False)


def _write(hold: Hold, lines: Sequence[HoldLine], now: datetime, language: str, *, kept: bool) -> Placed:
    """`kept`: the hold was made with this order, as it is to be."""
    attendees = _attendees_by_line(hold, lines)
    total = choosing.total_minor(hold=hold, lines=lines)
    asked = hold.approval != ""
    free = total == 0 and not asked
    # The order's unique hold settles double submission; the hold's conditional UPDATE settles expiry.
    order = Order(
        event=hold.event,
        hold=hold,
        code=tokens.order_code(),
        secret=tokens.link_token(),
        buyer_name=hold.buyer_name,
        buyer_email=hold.buyer_email,
        currency=hold.event.currency,
        language=language,
        total_minor=total,
        tax_on_top=hold.tax_on_top,
        fee_minor=hold.fee_minor,
        fee_tax_rate=hold.fee_tax_rate,
        fee_tax_minor=hold.fee_tax_minor,
        billing=hold.billing,
        promotion_id=hold.promotion_id,
        reserved=hold.reserved,
        discount_id=hold.discount_id,
        placed_at=now,
        confirmed_at=now if free else None,
        requested_at=now if asked else None,
    )
    ADD_ORDER.run([order])
    if asked:
        holding.keep_request(hold=hold, now=now)
    elif not kept:
        holding.keep_hold(hold=hold, now=now, convert=free)
    if hold.event.max_per_buyer is not None:
        tickets = claims.tickets_of_buyer(lines=lines)
        allowance.claim(event_id=hold.event_id, email=hold.buyer_email, tickets=tickets, limit=hold.event.max_per_buyer)
    order_lines = [
        OrderLine(
            order=order,
            ticket_type_id=line.ticket_type_id,
            quantity=line.quantity,
            price_minor=line.price_minor,
            discount_minor=line.discount_minor,
            tier_id=line.tier_id,
            is_addon=line.is_addon,
            tax_rate=line.tax_rate,
            tax_minor=line.tax_minor,
            attendees=attendees[place],
        )
        for place, line in enumerate(lines)
    ]
    ADD_ORDER_LINES.run(order_lines)
    if hold.answers is not None:
        answers.keep(order=order, hold=hold, lines=order_lines)
    if asked:
        post.owe(kind="request_received", to=order.buyer_email, subject_id=order.pk, now=now, event_id=order.event_id)
    issued = issue_tickets(order, order_lines, now) if free else []
    return Placed(order=order, lines=order_lines, tickets=issued)


def _attendees_by_line(hold: Hold, lines: Sequence[HoldLine]) -> list[list[dict[str, str]]]:
    """Who comes, for each line in its order; a type may have several, one for each price."""
    if not hold.buyer_name or not hold.buyer_email:
        raise Refused(say("Enter your name and e-mail address first."), code="details_missing")
    typed: dict[int, list[dict[str, str]]] = {line.ticket_type_id: [] for line in lines}
    for each in hold.attendees:
        if each.get("ticket_type") in typed:
            typed[each["ticket_type"]].append({"name": each.get("name") or hold.buyer_name, "email": each.get("email") or ""})
    found = []
    for line in lines:
        given = typed[line.ticket_type_id]
        given += [{"name": hold.buyer_name, "email": ""}] * (line.quantity - len(given))
        found.append(given[: line.quantity])
        typed[line.ticket_type_id] = given[line.quantity :]
    return found


def confirm_order(*, order: Order, now: datetime) -> bool:
    """The order is paid: hold converted, tickets issued, in the caller's transaction or its own.

    True when the tickets are there (now or before). False when the places are gone: the money is to
    be given back. An expired hold's places are claimed again if they are free (F17)."""
    with transaction.atomic(savepoint=False):  # whatever is raised here, the caller's transaction is over too
        row = lock_order(order_id=order.pk)
        confirmed = confirm_locked(order=row, now=now)
    order.confirmed_at = row.confirmed_at
    return confirmed


def lock_order(*, order_id: int) -> Order:
    """The order as it is, with its event; nobody else changes it until the caller's transaction ends."""
    return LOCK_ORDER.all(order=order_id)[0]


def confirm_locked(*, order: Order, now: datetime) -> bool:
    """As confirm_order, of a row that lock_order gave."""
    if order.confirmed_at is not None:
        return order.cancelled_at is None
    if order.cancelled_at is not None or order.event.cancelled_at is not None or not _take_places(order, now):
        return False
    CONFIRM.run(order=order.pk, now=now)
    order.confirmed_at, order.expired_at = now, None
    issue_tickets(order, LINES.all(order=order.pk), now)
    return True


def _take_places(order: Order, now: datetime) -> bool:
    if holding.keep_for_good(hold_id=order.hold_id, now=now):
        return True
    if order.hold_id is None:
        return False
    lines = list(order.lines.all())
    try:
        with transaction.atomic():
            claims.take_again(order=order, lines=lines)
            if order.expired_at is not None:
                allowance.claim(
                    event_id=order.event_id,
                    email=order.buyer_email,
                    tickets=claims.tickets_of_buyer(lines=lines),
                    limit=order.event.max_per_buyer,
                )
    except (inventory.SoldOut, allowance.TooManyForBuyer, promotions.UsedUp, tiers.TierFull):
        return False
    return True


def issue_tickets(order: Order, lines: Sequence[OrderLine], now: datetime) -> list[Ticket]:
    """The tickets of an order that has just been confirmed, in the caller's transaction."""
    key_id = codes.signing_key_id(event_id=order.event_id, now=now)
    attendees = [(line, attendee) for line in lines for attendee in line.attendees]
    tickets = [
        Ticket(
            order=order,
            event_id=order.event_id,
            ticket_type_id=line.ticket_type_id,
            serial=tokens.serial(),
            key_id=key_id,
            position=position,
            attendee_name=attendee["name"],
            attendee_email=attendee["email"],
            price_minor=line.price_minor,
            issued_at=now,
        )
        for position, (line, attendee) in enumerate(attendees, start=1)
    ]
    ADD_TICKETS.run(tickets)
    later("registrations.fulfil", order_id=order.pk)
    return tickets
