"""Holds: places set aside for one buyer, extended, kept for a payment, given back. HOT.

The only writer of Hold's state. Each verb is one short transaction; capacity is claimed with the hold and
stays claimed when an order takes it over."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from psycopg.types.json import Jsonb

from events import inventory, promotions, reserving
from events.models import Approval, Event, Promotion
from registrations import choosing, claims
from registrations.choosing import Pick
from registrations.models import Hold, HoldLine, Order, Priced, PricedLine
from registrations.refusals import HoldEnded, Refused
from ticketing.lib import tokens
from ticketing.lib.prepared import HastyUpdate, Param, PreparedInsert, PreparedUpdate, kept_cursor

TIME_TO_PAY = timedelta(minutes=10)  # at least this much is left to whoever placed an order in the last second

ADD_HOLD, ADD_HOLD_LINES = PreparedInsert(lambda: Hold), PreparedInsert(lambda: HoldLine)
SAVE_DETAILS = HastyUpdate(  # a hold is cheap to lose, and what was typed with it; an order takes both along
    lambda: Hold.objects.filter(pk=Param("hold")),
    buyer_name=Param("name"),
    buyer_email=Param("email"),
    attendees=Param("attendees"),
    billing=Param("billing"),
    answers=Param("answers"),
)
KEEP_FOR_GOOD = PreparedUpdate(
    lambda: Hold.objects.filter(pk=Param("hold"), released_at=None, converted_at=None), converted_at=Param("now"), payment_open_since=None
)
# By hand: the ORM would put the conditions into a sub-select, which is not checked again when the row
# was changed by another transaction meanwhile, and a hold just released would be kept all the same.
KEEP = """
UPDATE registrations_hold AS h SET {change} FROM events_event AS e
WHERE h.id = %s AND h.released_at IS NULL AND h.converted_at IS NULL AND h.expires_at > %s AND e.id = h.event_id AND e.cancelled_at IS NULL
"""
CONVERT = KEEP.format(change="converted_at = %s")
KEEP_TO_PAY = KEEP.format(change="expires_at = greatest(h.expires_at, %s)")
KEEP_UNTIL = KEEP.format(change="expires_at = %s")
# A request that was not approved opens no payment.
KEEP_FOR_PAYMENT = (
    KEEP.format(change="payment_open_since = %s")
    + "AND (h.approval = '' OR EXISTS (SELECT 1 FROM registrations_order o WHERE o.hold_id = h.id AND o.approved_at IS NOT NULL))"
)


def hold(
    *,
    event: Event,
    picks: Sequence[Pick],
    now: datetime,
    attempt: str | None = None,
    replacing: str | None = None,
    code: str = "",
    source: str = "",
    details: Mapping[str, Any] | None = None,
) -> Hold:
    """Set the picked tickets aside for HOLD_MINUTES. SoldOut or Refused otherwise.

    `attempt`: the page's own key; the same key again gives the same hold (double click).
    `replacing`: token of the buyer's earlier hold of this event, which is given back in exchange;
    what was typed there moves to the new one. `code`: a promo code, of which one use is claimed with the places.
    `source`: where the buyer came from, for the organiser's counts. `details`: what save_details would keep, by
    its names, for whoever knows it already."""
    return _hold(event, picks, now, attempt, replacing, code, source, details)


def hold_and_place(
    *,
    event: Event,
    picks: Sequence[Pick],
    now: datetime,
    attempt: str | None,
    code: str,
    source: str,
    details: Mapping[str, Any],
    place: Callable[[Hold, list[HoldLine]], None],
) -> Hold:
    """As `hold`, for an order that `place` makes of it in the same transaction, before the places are claimed: nothing
    waits in between, so the hold is what it will be. Where the attempt was made before, its hold, and nothing is placed."""
    return _hold(event, picks, now, attempt, None, code, source, details, place)


def _hold(
    event: Event,
    picks: Sequence[Pick],
    now: datetime,
    attempt: str | None,
    replacing: str | None,
    code: str,
    source: str,
    details: Mapping[str, Any] | None = None,
    place: Callable[[Hold, list[HoldLine]], None] | None = None,
) -> Hold:
    promotion = choosing.promotion_of(event=event, code=code, now=now) if code else None
    lines = choosing.chosen_lines(event=event, picks=picks, promotion=promotion, now=now)
    needs = choosing.needs_of(picks=picks, lines=lines)
    new = Hold(
        event=event,
        token=tokens.link_token(),
        attempt=attempt or None,
        created_at=now,
        expires_at=now + timedelta(minutes=settings.HOLD_MINUTES),
        source=source,
        approval=choosing.approval_of(picks=picks),
        **(details or {}),
    )
    stepped = choosing.stepped(lines=lines)
    if not stepped:
        choosing.set_price(new=new, lines=lines, promotion=promotion, now=now)
    try:
        with transaction.atomic():
            earlier = _give_back_earlier(event, replacing, now, promotion, list(stepped))
            if earlier:
                new.buyer_name, new.buyer_email, new.attendees = earlier.buyer_name, earlier.buyer_email, earlier.attendees
                new.billing, new.answers = earlier.billing, earlier.answers
                new.source = source or earlier.source
            if stepped:  # their prices are known only when their tickets are claimed
                lines = choosing.on_their_steps(lines=lines, now=now)
                choosing.set_price(new=new, lines=lines, promotion=promotion, now=now)
            if place:
                _as_it_will_be(new, lines, now)
            _add(new, lines)
            if earlier:
                Hold.objects.filter(pk=earlier.pk).update(replaced_by=new)
            if new.promotion:
                needs = _use_code(new, new.promotion, lines, needs)
            if place:
                place(new, lines)
            claim = inventory.claim_at_once if place else inventory.claim
            claim(needs=needs)  # last, so that the hot row is locked for the shortest time
    except promotions.UsedUp as refusal:
        raise Refused(str(refusal), code=refusal.code) from refusal
    except IntegrityError:
        again = Hold.objects.filter(event=event, attempt=attempt).first() if attempt else None
        if again is None:
            raise
        # A choice that was tried, replaced, and is made once more: that attempt is over, this is another.
        return again if again.released_at is None else _hold(event, picks, now, None, replacing, code, source, details, place)
    return new


def _as_it_will_be(new: Hold, lines: Sequence[HoldLine], now: datetime) -> None:
    """Of an order that is placed with it: kept for good when there is nothing to pay, else for long enough to pay."""
    if choosing.total_minor(hold=new, lines=lines):
        new.expires_at = max(new.expires_at, now + TIME_TO_PAY)
    else:
        new.converted_at = now


def draft(*, event: Event) -> Hold:
    """One that is never kept: it carries the price of tickets that are sold at once."""
    return Hold(event=event)


def _use_code(new: Hold, promotion: Promotion, lines: Sequence[HoldLine], needs: dict[int, int]) -> dict[int, int]:
    """One use of the code; and what is still needed of the quotas, where it has places of its own."""
    promotions.claim(promotion_id=promotion.pk, given_minor=claims.given_minor(priced=new, lines=lines))
    wanted = claims.by_type(lines=lines).get(promotion.reserves_id or 0, 0)
    new.reserved = reserving.take(promotion_id=promotion.pk, at_most=wanted) if wanted else 0
    if not new.reserved:
        return needs
    Hold.objects.filter(pk=new.pk).update(reserved=new.reserved)
    return claims.needs(priced=new, lines=lines)


def hold_for(*, event: Event, picks: Sequence[Pick], email: str, until: datetime, source: str, now: datetime) -> Hold:
    """Set tickets aside, until a time, for somebody who was promised them: they do not stand behind the
    waiting list, and there is no more time to ask for. In the caller's transaction. SoldOut, Refused."""
    lines = choosing.chosen_lines(event=event, picks=picks, promotion=None, now=now)
    new = Hold(
        event=event,
        token=tokens.link_token(),
        created_at=now,
        expires_at=until,
        extensions=settings.HOLD_EXTENSIONS,
        buyer_email=email,
        source=source,
        approval=choosing.approval_of(picks=picks),
    )
    if choosing.stepped(lines=lines):
        lines = choosing.on_their_steps(lines=lines, now=now)
    choosing.set_price(new=new, lines=lines, promotion=None, now=now)
    _add(new, lines)
    inventory.claim(needs=claims.needs(priced=new, lines=lines), durable=True)
    return new


def _add(new: Hold, lines: Sequence[HoldLine]) -> None:
    ADD_HOLD.run([new])
    for line in lines:
        line.hold = new
    ADD_HOLD_LINES.run(lines)


def _give_back_earlier(event: Event, token: str | None, now: datetime, promotion: Promotion | None, stepped: Sequence[int]) -> Hold | None:
    if not token:
        return None
    without_order = Q(order=None) | Q(order__expired_at__isnull=False)
    earlier = Hold.objects.filter(without_order, event=event, token=token).first()
    if earlier is not None:
        _release(earlier, now, False, promotion, stepped)  # one that ended before gives nothing back, but what was typed moves on
    return earlier


def hold_again(*, hold: Hold, now: datetime) -> Hold:
    """The same tickets as a hold that ended, at today's prices, with what was typed. SoldOut or Refused.

    Pressed twice, it gives the same new hold."""
    picks: dict[int, Pick] = {}
    for line in hold.lines.select_related("ticket_type", "ticket_type__event"):
        same = picks.get(line.ticket_type_id)  # the rest of its tickets, at another price
        quantity = line.quantity + (same.quantity if same else 0)
        picks[line.ticket_type_id] = Pick(ticket_type=line.ticket_type, quantity=quantity, price_minor=line.price_minor)
    code = hold.promotion.code if hold.promotion else ""
    return _hold(hold.event, list(picks.values()), now, f"again-{hold.token}", hold.token, code, hold.source)


def release_hold(*, hold: Hold, now: datetime, only_expired: bool = False) -> bool:
    """Give a hold's places back, once: the conditional UPDATE decides between the sweeper, the buyer
    and an order. A hold with a payment that may still succeed is never released (M3).

    `only_expired`: for the sweeper, which may have read the hold just before its buyer extended it."""
    return _release(hold, now, only_expired, None, ())


def _release(hold: Hold, now: datetime, only_expired: bool, wanted: Promotion | None, stepped: Sequence[int]) -> bool:
    """`wanted`, `stepped`: the code and the types with steps that the caller claims next; their rows are
    taken here, before the quotas'."""
    running = Hold.objects.filter(pk=hold.pk, released_at=None, converted_at=None, payment_open_since=None)
    with transaction.atomic():
        if not (running.filter(expires_at__lte=now) if only_expired else running).update(released_at=now):
            return False
        lines = list(hold.lines.all())
        claims.lock(hold=hold, lines=lines, promotion=wanted, type_ids=stepped)
        claims.give_back(priced=hold, lines=lines)
    return True


def needs_of(*, hold: Hold) -> dict[int, int]:
    """{quota id: places} of the hold's lines."""
    return claims.needs(priced=hold, lines=list(hold.lines.all()))


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
    answers: Mapping[str, Any] | None = None,
) -> None:
    """Keep what the buyer typed. `attendees`: [{ticket_type, name, email}], one for each ticket, with its `answers`
    where the event asks; `billing`: {company, address, vat_id} for the invoice; `answers`: {question id: answer} of the order."""
    hold.buyer_name, hold.buyer_email, hold.attendees = buyer_name, buyer_email, [dict(each) for each in attendees]
    hold.billing = dict(billing) if billing else None
    hold.answers = None if answers is None else dict(answers)
    kept = Jsonb(hold.billing) if hold.billing else None
    asked = None if hold.answers is None else Jsonb(hold.answers)
    SAVE_DETAILS.run(hold=hold.pk, name=buyer_name, email=buyer_email, attendees=Jsonb(hold.attendees), billing=kept, answers=asked)


def keep_hold(*, hold: Hold, now: datetime, convert: bool) -> None:
    """The hold is ours for good (free), or for long enough to open a payment. HoldEnded when it is gone.

    A payment that is opened keeps the hold by itself (keep_for_payment), in the transaction that writes
    the payment's row: an order whose buyer left before that still runs out."""
    statement, value = (CONVERT, now) if convert else (KEEP_TO_PAY, now + TIME_TO_PAY)
    if not _kept(statement, value, hold.pk, now):
        raise HoldEnded()


def keep_request(*, hold: Hold, now: datetime) -> None:
    """The order of this hold waits for the organiser: its places are kept as long as the event can be sold, or go
    back until it is approved, as its types say. HoldEnded when it is gone."""
    if not _kept(KEEP_UNTIL, hold.event.ends_at, hold.pk, now):
        raise HoldEnded()
    if hold.approval == Approval.PLACES_FREE:
        release_hold(hold=hold, now=now)


def keep_approved(*, order: Order, until: datetime, now: datetime) -> None:
    """The organiser said yes: the places are set aside until a time, and claimed again if they were not kept.
    SoldOut, UsedUp or TierFull when they are gone. In the caller's transaction."""
    if _kept(KEEP_UNTIL, until, order.hold_id, now):
        return
    old, lines = Hold.objects.get(pk=order.hold_id), list(order.lines.all())
    new = Hold(
        event_id=order.event_id,
        token=tokens.link_token(),
        created_at=now,
        expires_at=until,
        extensions=settings.HOLD_EXTENSIONS,
        buyer_name=order.buyer_name,
        buyer_email=order.buyer_email,
        attendees=old.attendees,
        answers=old.answers,
        source=old.source,
        approval=old.approval,
        **_copied(Priced, order),
    )
    again = [HoldLine(ticket_type_id=line.ticket_type_id, **_copied(PricedLine, line)) for line in lines]
    _add(new, again)
    claims.take_again(order=order, lines=lines)
    Hold.objects.filter(pk=old.pk).update(replaced_by=new)
    Order.objects.filter(pk=order.pk).update(hold=new)
    order.hold = new


def _copied(kind: type[Priced] | type[PricedLine], row: Priced | PricedLine) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in kind._meta.local_concrete_fields}


def keep_for_payment(*, order: Order, now: datetime) -> None:
    """A payment is about to be opened: the hold is kept until it is decided. HoldEnded when it is gone."""
    if not _kept(KEEP_FOR_PAYMENT, now, order.hold_id, now):
        raise HoldEnded()


def keep_for_good(*, hold_id: int | None, now: datetime) -> bool:
    """The money came: the hold's places are the order's. False when the hold had been released."""
    return bool(KEEP_FOR_GOOD.run(hold=hold_id, now=now))


def decide_unpaid(*, order: Order, now: datetime) -> None:
    """No payment of this order can succeed any more. The hold may be released again: at its expiry, or,
    when that is past, by the next sweep; until then the buyer may try another payment."""
    Hold.objects.filter(pk=order.hold_id, converted_at=None).update(payment_open_since=None)


def _kept(statement: str, value: datetime, hold_id: int | None, now: datetime) -> bool:
    cursor = kept_cursor()
    cursor.execute(statement, [value, hold_id, now])
    return bool(cursor.rowcount == 1)
