"""The buyer's way: hold → details → place_order → confirm_order. HOT.

The only writer of Hold and Order state, with expiry.py and cancellation.py. Each verb is one short
transaction; capacity is claimed with the hold and stays claimed when the order takes it over.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from psycopg.types.json import Jsonb

from events import inventory, price, promotions
from events.models import Event, Pricing, Promotion, TicketType
from registrations import allowance, codes
from registrations.models import Hold, HoldLine, Order, OrderLine, PricedLine, Ticket
from ticketing.lib import tokens
from ticketing.lib.later import later
from ticketing.lib.prepared import Param, Prepared, PreparedInsert, PreparedUpdate

TIME_TO_PAY = timedelta(minutes=10)  # at least this much is left to whoever placed an order in the last second

HOLD_LINES = Prepared(lambda: HoldLine.objects.filter(hold=Param("hold")))
ADD_HOLD, ADD_HOLD_LINES = PreparedInsert(lambda: Hold), PreparedInsert(lambda: HoldLine)
ADD_ORDER, ADD_ORDER_LINES = PreparedInsert(lambda: Order), PreparedInsert(lambda: OrderLine)
ADD_TICKETS = PreparedInsert(lambda: Ticket)
SAVE_DETAILS = PreparedUpdate(
    lambda: Hold.objects.filter(pk=Param("hold")),
    buyer_name=Param("name"),
    buyer_email=Param("email"),
    attendees=Param("attendees"),
    billing=Param("billing"),
)
# By hand: the ORM would put the conditions into a sub-select, which is not checked again when the row
# was changed by another transaction meanwhile, and a hold just released would be kept all the same.
KEEP = """
UPDATE registrations_hold AS h SET {change} FROM events_event AS e
WHERE h.id = %s AND h.released_at IS NULL AND h.converted_at IS NULL AND h.expires_at > %s AND e.id = h.event_id AND e.cancelled_at IS NULL
"""
CONVERT = KEEP.format(change="converted_at = %s")
KEEP_TO_PAY = KEEP.format(change="expires_at = greatest(h.expires_at, %s)")
KEEP_FOR_PAYMENT = KEEP.format(change="payment_open_since = %s")


class Refused(Exception):
    """The buyer can't do this now. `code` is for programs, the message is for people."""

    code = "refused"

    def __init__(self, message: str, *, code: str | None = None, ticket_type_id: int | None = None) -> None:
        super().__init__(message)
        self.code = code or self.code
        self.ticket_type_id = ticket_type_id


class HoldEnded(Refused):
    """The hold expired, was given back or was replaced."""

    code = "hold_ended"

    def __init__(self, message: str = "The time for these tickets ran out, and they went back on sale. Nothing was charged.") -> None:
        super().__init__(message)


@dataclass(frozen=True, kw_only=True)
class Pick:
    """What the buyer picked of one type. `price_minor` only for donations: what the buyer gives."""

    ticket_type: TicketType
    quantity: int
    price_minor: int | None = None


def hold(
    *,
    event: Event,
    picks: Sequence[Pick],
    now: datetime,
    attempt: str | None = None,
    replacing: str | None = None,
    code: str = "",
    source: str = "",
) -> Hold:
    """Set the picked tickets aside for HOLD_MINUTES. SoldOut or Refused otherwise.

    `attempt`: the page's own key; the same key again gives the same hold (double click).
    `replacing`: token of the buyer's earlier hold of this event, which is given back in exchange;
    what was typed there moves to the new one. `code`: a promo code, of which one use is claimed with the places.
    `source`: where the buyer came from, for the organiser's counts."""
    return _hold(event, picks, now, attempt, replacing, code, source)


def _hold(event: Event, picks: Sequence[Pick], now: datetime, attempt: str | None, replacing: str | None, code: str, source: str) -> Hold:
    promotion = _promotion(event, code, now) if code else None
    lines = _checked(event, picks, now, promotion)
    needs = inventory.quota_needs(quantities={line.ticket_type_id: line.quantity for line in lines})
    new = Hold(
        event=event,
        token=tokens.link_token(),
        attempt=attempt or None,
        created_at=now,
        expires_at=now + timedelta(minutes=settings.HOLD_MINUTES),
        promotion=promotion,
        source=source,
    )
    _set_price(new, lines, now)
    try:
        with transaction.atomic():
            earlier = _give_back_earlier(event, replacing, now, promotion)
            if earlier:
                new.buyer_name, new.buyer_email, new.attendees = earlier.buyer_name, earlier.buyer_email, earlier.attendees
                new.billing = earlier.billing
                new.source = source or earlier.source
            ADD_HOLD.run([new])
            for line in lines:
                line.hold = new
            ADD_HOLD_LINES.run(lines)
            if earlier:
                Hold.objects.filter(pk=earlier.pk).update(replaced_by=new)
            if promotion:
                promotions.claim(promotion_id=promotion.pk, given_minor=given_minor(lines=lines))
            inventory.claim(needs=needs)  # last, so that the hot row is locked for the shortest time
    except promotions.UsedUp as refusal:
        raise Refused(str(refusal), code=refusal.code) from refusal
    except IntegrityError:
        again = Hold.objects.filter(event=event, attempt=attempt).first() if attempt else None
        if again is None:
            raise
        # A choice that was tried, replaced, and is made once more: that attempt is over, this is another.
        return again if again.released_at is None else _hold(event, picks, now, None, replacing, code, source)
    return new


def _promotion(event: Event, code: str, now: datetime) -> Promotion:
    try:
        return promotions.usable(event=event, code=code, now=now)
    except promotions.BadCode as refusal:
        raise Refused(str(refusal), code=refusal.code) from refusal


def given_minor(*, lines: Iterable[PricedLine]) -> int:
    """What a code takes off these lines in all."""
    return sum(line.quantity * line.discount_minor for line in lines)


def _set_price(new: Hold, lines: Sequence[HoldLine], now: datetime) -> None:
    """Taxes and the buyer's part of the fee, worked out once: the order costs what was shown from here on."""
    if not any(line.price_minor for line in lines):
        return
    asked = [price.Line(quantity=line.quantity, price_minor=line.price_minor, tax_rate=line.tax_rate) for line in lines]
    worked_out = price.price_of(event=new.event, lines=asked, on=now.date())
    new.tax_on_top = new.event.tax_on_top
    new.fee_minor, new.fee_tax_minor, new.fee_tax_rate = worked_out.fee_minor, worked_out.fee_tax_minor, worked_out.fee_tax_rate
    for line, tax in zip(lines, worked_out.taxes, strict=True):
        line.tax_minor = tax


def _checked(event: Event, picks: Sequence[Pick], now: datetime, promotion: Promotion | None) -> list[HoldLine]:
    if event.published_at is None or event.cancelled_at is not None or event.ends_at <= now:
        raise Refused("This event is not on sale.", code="not_on_sale")
    if not picks:
        raise Refused("Choose at least one ticket.", code="nothing_picked")
    if event.max_per_buyer is not None and sum(pick.quantity for pick in picks) > event.max_per_buyer:
        raise Refused(
            str(allowance.TooManyForBuyer(event.max_per_buyer)), code="too_many_for_buyer", ticket_type_id=picks[0].ticket_type.pk
        )
    if promotion and not any(promotions.is_for(promotion=promotion, kind=pick.ticket_type) for pick in picks):
        raise Refused(
            "The code is not for these tickets. Choose others, or leave the code away.",
            code="code_for_others",
            ticket_type_id=picks[0].ticket_type.pk,
        )
    return [_checked_line(event, pick, now, promotion) for pick in picks]


def _checked_line(event: Event, pick: Pick, now: datetime, promotion: Promotion | None) -> HoldLine:
    kind = pick.ticket_type
    if kind.hidden and not promotions.unlocks(promotion=promotion, kind=kind):
        raise Refused("These tickets need a code.", code="code_missing")
    if kind.event_id != event.pk or kind.archived_at or not is_on_sale(ticket_type=kind, now=now):
        raise Refused(f"{kind.name} is not on sale now.", code="not_on_sale", ticket_type_id=kind.pk)
    if pick.quantity < kind.min_per_order:
        raise Refused(f"{kind.name}: choose at least {kind.min_per_order}.", code="too_few", ticket_type_id=kind.pk)
    if pick.quantity > kind.max_per_order:
        raise Refused(f"{kind.name}: choose at most {kind.max_per_order}.", code="too_many", ticket_type_id=kind.pk)
    cost = kind.price_minor
    if kind.pricing == Pricing.DONATION:
        cost = pick.price_minor if pick.price_minor is not None else kind.price_minor
        if cost < kind.price_minor:
            raise Refused(f"{kind.name}: the amount is too small.", code="donation_too_small", ticket_type_id=kind.pk)
    off = promotions.discount_minor(promotion=promotion, kind=kind) if promotion else 0
    return HoldLine(ticket_type=kind, quantity=pick.quantity, price_minor=cost - off, discount_minor=off, tax_rate=kind.tax_rate)


def is_on_sale(*, ticket_type: TicketType, now: datetime) -> bool:
    """Within the type's sale window."""
    started = ticket_type.sale_starts_at is None or ticket_type.sale_starts_at <= now
    ended = ticket_type.sale_ends_at is not None and ticket_type.sale_ends_at <= now
    return started and not ended


def _give_back_earlier(event: Event, token: str | None, now: datetime, promotion: Promotion | None) -> Hold | None:
    if not token:
        return None
    without_order = Q(order=None) | Q(order__expired_at__isnull=False)
    earlier = Hold.objects.filter(without_order, event=event, token=token).first()
    if earlier is not None:
        _release(earlier, now, False, promotion)  # one that ended before gives nothing back, but what was typed moves on
    return earlier


def hold_again(*, hold: Hold, now: datetime) -> Hold:
    """The same tickets as a hold that ended, at today's prices, with what was typed. SoldOut or Refused.

    Pressed twice, it gives the same new hold."""
    lines = hold.lines.select_related("ticket_type", "ticket_type__event")
    picks = [Pick(ticket_type=line.ticket_type, quantity=line.quantity, price_minor=line.price_minor) for line in lines]
    code = hold.promotion.code if hold.promotion else ""
    return _hold(hold.event, picks, now, f"again-{hold.token}", hold.token, code, hold.source)


def release_hold(*, hold: Hold, now: datetime, only_expired: bool = False) -> bool:
    """Give a hold's places back, once: the conditional UPDATE decides between the sweeper, the buyer
    and an order. A hold with a payment that may still succeed is never released (M3).

    `only_expired`: for the sweeper, which may have read the hold just before its buyer extended it."""
    return _release(hold, now, only_expired, None)


def _release(hold: Hold, now: datetime, only_expired: bool, wanted: Promotion | None) -> bool:
    """`wanted`: the promotion that the caller claims next; its row is taken here, before the quotas'."""
    running = Hold.objects.filter(pk=hold.pk, released_at=None, converted_at=None, payment_open_since=None)
    with transaction.atomic():
        if not (running.filter(expires_at__lte=now) if only_expired else running).update(released_at=now):
            return False
        if ids := {each for each in (hold.promotion_id, wanted and wanted.pk) if each}:
            promotions.lock(promotion_ids=ids)
        if hold.promotion_id:
            promotions.release(promotion_id=hold.promotion_id, given_minor=given_minor(lines=hold.lines.all()))
        inventory.release(needs=needs_of(hold=hold))
    return True


def needs_of(*, hold: Hold) -> dict[int, int]:
    """{quota id: places} of the hold's lines."""
    return inventory.quota_needs(quantities=dict(hold.lines.values_list("ticket_type_id", "quantity")))


def extend_hold(*, hold: Hold, now: datetime) -> bool:
    """Another HOLD_MINUTES from now, at most HOLD_EXTENSIONS times. False when used up or ended."""
    return bool(
        Hold.objects.filter(
            pk=hold.pk,
            released_at=None,
            converted_at=None,
            expires_at__gt=now,
            extensions=hold.extensions,
            extensions__lt=settings.HOLD_EXTENSIONS,
        ).update(expires_at=now + timedelta(minutes=settings.HOLD_MINUTES), extensions=hold.extensions + 1)
    )


def save_details(
    *,
    hold: Hold,
    buyer_name: str,
    buyer_email: str,
    attendees: Sequence[Mapping[str, Any]],
    billing: Mapping[str, str] | None = None,
) -> None:
    """Keep what the buyer typed. `attendees`: [{ticket_type, name, email}], one for each ticket;
    `billing`: {company, address, vat_id} for the invoice."""
    hold.buyer_name, hold.buyer_email, hold.attendees = buyer_name, buyer_email, [dict(each) for each in attendees]
    hold.billing = dict(billing) if billing else None
    kept = Jsonb(hold.billing) if hold.billing else None
    SAVE_DETAILS.run(hold=hold.pk, name=buyer_name, email=buyer_email, attendees=Jsonb(hold.attendees), billing=kept)


def place_order(*, hold: Hold, now: datetime) -> Order:
    """Make the order of a hold, once: the same hold again gives the same order.

    Nothing to pay: confirmed at once, tickets included. Otherwise the hold keeps its places until
    the payment is decided. HoldEnded, Refused (details missing, event cancelled), TooManyForBuyer."""
    try:
        with transaction.atomic():
            return _place(hold, now)
    except IntegrityError:
        already = Order.objects.filter(hold=hold).first()
        if already is None:
            raise
        return already


def _place(hold: Hold, now: datetime) -> Order:
    lines = HOLD_LINES.all(hold=hold.pk)
    attendees = _attendees_by_type(hold, lines)
    total = total_minor(hold=hold, lines=lines)
    tickets = sum(line.quantity for line in lines)
    # The order's unique hold settles double submission; the hold's conditional UPDATE settles expiry.
    order = Order(
        event=hold.event,
        hold=hold,
        code=tokens.order_code(),
        secret=tokens.link_token(),
        buyer_name=hold.buyer_name,
        buyer_email=hold.buyer_email,
        currency=hold.event.currency,
        total_minor=total,
        tax_on_top=hold.tax_on_top,
        fee_minor=hold.fee_minor,
        fee_tax_rate=hold.fee_tax_rate,
        fee_tax_minor=hold.fee_tax_minor,
        billing=hold.billing,
        promotion_id=hold.promotion_id,
        placed_at=now,
        confirmed_at=now if total == 0 else None,
    )
    ADD_ORDER.run([order])
    _keep_hold(hold, now, convert=total == 0)
    allowance.claim(event_id=hold.event_id, email=hold.buyer_email, tickets=tickets, limit=hold.event.max_per_buyer)
    order_lines = [
        OrderLine(
            order=order,
            ticket_type_id=line.ticket_type_id,
            quantity=line.quantity,
            price_minor=line.price_minor,
            discount_minor=line.discount_minor,
            tax_rate=line.tax_rate,
            tax_minor=line.tax_minor,
            attendees=attendees[line.ticket_type_id],
        )
        for line in lines
    ]
    ADD_ORDER_LINES.run(order_lines)
    if total == 0:
        issue_tickets(order, order_lines, now)
    return order


def total_minor(*, hold: Hold, lines: Sequence[HoldLine]) -> int:
    """What the hold costs: tickets, taxes that come on top, and the fee where the buyer bears it."""
    tickets = sum(line.quantity * line.price_minor + (line.tax_minor if hold.tax_on_top else 0) for line in lines)
    return tickets + hold.fee_minor + hold.fee_tax_minor


def _attendees_by_type(hold: Hold, lines: Sequence[HoldLine]) -> dict[int, list[dict[str, str]]]:
    if not hold.buyer_name or not hold.buyer_email:
        raise Refused("Enter your name and e-mail address first.", code="details_missing")
    typed: dict[int, list[dict[str, str]]] = {line.ticket_type_id: [] for line in lines}
    for each in hold.attendees:
        if each.get("ticket_type") in typed:
            typed[each["ticket_type"]].append({"name": each.get("name") or hold.buyer_name, "email": each.get("email") or ""})
    for line in lines:
        given = typed[line.ticket_type_id]
        given += [{"name": hold.buyer_name, "email": ""}] * (line.quantity - len(given))
        del given[line.quantity :]
    return typed


def _keep_hold(hold: Hold, now: datetime, *, convert: bool) -> None:
    """The hold is ours for good (free), or for long enough to open a payment. HoldEnded when it is gone.

    A payment that is opened keeps the hold by itself (keep_for_payment), in the transaction that writes
    the payment's row: an order whose buyer left before that still runs out."""
    statement, value = (CONVERT, now) if convert else (KEEP_TO_PAY, now + TIME_TO_PAY)
    if not _kept(statement, value, hold.pk, now):
        raise HoldEnded()


def _kept(statement: str, value: datetime, hold_id: int | None, now: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, [value, hold_id, now])
        return bool(cursor.rowcount == 1)


def confirm_order(*, order: Order, now: datetime) -> bool:
    """The order is paid: hold converted, tickets issued, in the caller's transaction or its own.

    True when the tickets are there (now or before). False when the places are gone: the money is to
    be given back. An expired hold's places are claimed again if they are free (F17)."""
    with transaction.atomic():
        row = Order.objects.select_for_update(of=("self",), no_key=True).select_related("event", "hold").get(pk=order.pk)
        if row.confirmed_at is not None:
            return row.cancelled_at is None
        if row.cancelled_at is not None or row.event.cancelled_at is not None or not _take_places(row, now):
            return False
        Order.objects.filter(pk=row.pk).update(confirmed_at=now, expired_at=None)
        row.confirmed_at = order.confirmed_at = now
        issue_tickets(row, list(row.lines.all()), now)
    return True


def _take_places(order: Order, now: datetime) -> bool:
    converted = Hold.objects.filter(pk=order.hold_id, released_at=None, converted_at=None).update(converted_at=now, payment_open_since=None)
    if converted:
        return True
    if order.hold_id is None:
        return False
    lines = list(order.lines.all())
    try:
        with transaction.atomic():
            if order.promotion_id:
                promotions.claim(promotion_id=order.promotion_id, given_minor=given_minor(lines=lines))
            inventory.claim(needs=inventory.quota_needs(quantities={line.ticket_type_id: line.quantity for line in lines}), durable=True)
            if order.expired_at is not None:
                allowance.claim(
                    event_id=order.event_id,
                    email=order.buyer_email,
                    tickets=sum(line.quantity for line in lines),
                    limit=order.event.max_per_buyer,
                )
    except (inventory.SoldOut, allowance.TooManyForBuyer, promotions.UsedUp):
        return False
    return True


def issue_tickets(order: Order, lines: Sequence[OrderLine], now: datetime) -> None:
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


def decide_unpaid(*, order: Order, now: datetime) -> None:
    """No payment of this order can succeed any more. The hold may be released again: at its expiry, or,
    when that is past, by the next sweep; until then the buyer may try another payment."""
    Hold.objects.filter(pk=order.hold_id, converted_at=None).update(payment_open_since=None)


def keep_for_payment(*, order: Order, now: datetime) -> None:
    """A payment is about to be opened: the hold is kept until it is decided. HoldEnded when it is gone."""
    if not _kept(KEEP_FOR_PAYMENT, now, order.hold_id, now):
        raise HoldEnded()
