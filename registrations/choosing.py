"""What was picked: may it be bought now, and what does it cost? HOT.

Nothing is written here: the lines it gives are those of the hold, which is made in holding.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from events import addons, discounts, inventory, price, promotions, tiers
from events.models import Event, Pricing, Promotion, TicketType
from registrations import allowance, claims
from registrations.models import Hold, HoldLine
from registrations.refusals import Refused
from ticketing.lib.languages import say


@dataclass(frozen=True, kw_only=True)
class Pick:
    """What the buyer picked of one type. `price_minor` only for donations: what the buyer gives. `quota_ids`: what the
    type counts against, where they were read with it."""

    ticket_type: TicketType
    quantity: int
    price_minor: int | None = None
    quota_ids: Sequence[int] | None = None


def needs_of(*, picks: Sequence[Pick], lines: Sequence[HoldLine]) -> dict[int, int]:
    """{quota id: places}. One query; none where the picks know their quotas."""
    known = {pick.ticket_type.pk: pick.quota_ids for pick in picks if pick.quota_ids is not None}
    return inventory.quota_needs(quantities=claims.by_type(lines=lines), known=known if len(known) == len(picks) else None)


def promotion_of(*, event: Event, code: str, now: datetime) -> Promotion:
    """The code's promotion. Refused when it can't be used."""
    try:
        return promotions.usable(event=event, code=code, now=now)
    except promotions.BadCode as refusal:
        raise Refused(str(refusal), code=refusal.code) from refusal


def chosen_lines(*, event: Event, picks: Sequence[Pick], promotion: Promotion | None, now: datetime) -> list[HoldLine]:
    """The lines of a hold at the types' own prices, not yet written. Refused when these tickets can't be bought like this."""
    if event.published_at is None or event.cancelled_at is not None or event.ends_at <= now:
        raise Refused(say("This event is not on sale."), code="not_on_sale")
    if not picks:
        raise Refused(say("Choose at least one ticket."), code="nothing_picked")
    lines = [_checked_line(event, pick, now, promotion) for pick in picks]
    if event.max_per_buyer is not None and claims.tickets_of_buyer(lines=lines) > event.max_per_buyer:
        raise Refused(
            str(allowance.TooManyForBuyer(event.max_per_buyer)), code="too_many_for_buyer", ticket_type_id=picks[0].ticket_type.pk
        )
    if promotion and not any(promotions.is_for(promotion=promotion, kind=pick.ticket_type) for pick in picks):
        raise Refused(
            say("The code is not for these tickets. Choose others, or leave the code away."),
            code="code_for_others",
            ticket_type_id=picks[0].ticket_type.pk,
        )
    if any(line.is_addon for line in lines):
        _check_addons(picks)
    return lines


def approval_of(*, picks: Sequence[Pick]) -> str:
    """Whether the order has to be approved (events.models.Approval): one type that asks for it is enough, and
    places are kept if one type wants that."""
    return max(pick.ticket_type.approval for pick in picks)  # "" < "free" < "keep"


def _checked_line(event: Event, pick: Pick, now: datetime, promotion: Promotion | None) -> HoldLine:
    kind = pick.ticket_type
    if kind.hidden and not promotions.unlocks(promotion=promotion, kind=kind):
        raise Refused(say("These tickets need a code."), code="code_missing")
    if kind.event_id != event.pk or kind.archived_at or not is_on_sale(ticket_type=kind, now=now):
        raise Refused(say("{name} is not on sale now.", name=kind.name), code="not_on_sale", ticket_type_id=kind.pk)
    if pick.quantity < kind.min_per_order:
        raise Refused(
            say("{name}: choose at least {least}.", name=kind.name, least=kind.min_per_order), code="too_few", ticket_type_id=kind.pk
        )
    if pick.quantity > kind.max_per_order:
        raise Refused(
            say("{name}: choose at most {most}.", name=kind.name, most=kind.max_per_order), code="too_many", ticket_type_id=kind.pk
        )
    cost = kind.price_minor
    if kind.pricing == Pricing.DONATION:
        cost = pick.price_minor if pick.price_minor is not None else kind.price_minor
        if cost < kind.price_minor:
            raise Refused(say("{name}: the amount is too small.", name=kind.name), code="donation_too_small", ticket_type_id=kind.pk)
    return HoldLine(ticket_type=kind, quantity=pick.quantity, price_minor=cost, tax_rate=kind.tax_rate, is_addon=kind.is_addon)


def _check_addons(picks: Sequence[Pick]) -> None:
    try:
        addons.check(quantities={pick.ticket_type: pick.quantity for pick in picks})
    except addons.NotWithThese as refusal:
        raise Refused(str(refusal), code=refusal.code, ticket_type_id=refusal.kind.pk) from refusal


def is_on_sale(*, ticket_type: TicketType, now: datetime) -> bool:
    """Within the type's sale window."""
    started = ticket_type.sale_starts_at is None or ticket_type.sale_starts_at <= now
    ended = ticket_type.sale_ends_at is not None and ticket_type.sale_ends_at <= now
    return started and not ended


def stepped(*, lines: Sequence[HoldLine]) -> dict[int, int]:
    """{ticket type id: tickets} of the types whose price has steps."""
    return {line.ticket_type_id: line.quantity for line in lines if tiers.has_steps(kind=line.ticket_type)}


def on_their_steps(*, lines: Sequence[HoldLine], now: datetime) -> list[HoldLine]:
    """The same tickets at the prices of this moment, claimed; those across a boundary are a line of their own."""
    taken = tiers.take(wanted=stepped(lines=lines), now=now)
    found = []
    for line in lines:
        if line.ticket_type_id not in taken:
            found.append(line)
            continue
        for portion in taken[line.ticket_type_id]:
            cost = portion.tier.price_minor if portion.tier else line.price_minor
            found.append(
                HoldLine(
                    ticket_type=line.ticket_type,
                    tier=portion.tier,
                    quantity=portion.quantity,
                    price_minor=cost,
                    tax_rate=line.tax_rate,
                    is_addon=line.is_addon,
                )
            )
    return found


def set_price(*, new: Hold, lines: Sequence[HoldLine], promotion: Promotion | None, now: datetime, paid_online: bool = True) -> None:
    """Reductions, taxes and, where it is paid online, the buyer's part of the fee. Worked out once: the order
    costs what was shown from here on."""
    new.promotion = promotion
    if promotion or new.event.discounted:
        _reduce(new, lines, promotion, now)
    if not any(line.price_minor for line in lines):
        return
    asked = [price.Line(quantity=line.quantity, price_minor=line.price_minor, tax_rate=line.tax_rate) for line in lines]
    fee = price.fee_rule(event=new.event, on=now.date()) if paid_online else None
    worked_out = price.compose(lines=asked, tax_on_top=new.event.tax_on_top, fee=fee)
    new.tax_on_top = new.event.tax_on_top
    new.fee_minor, new.fee_tax_minor, new.fee_tax_rate = worked_out.fee_minor, worked_out.fee_tax_minor, worked_out.fee_tax_rate
    for line, tax in zip(lines, worked_out.taxes, strict=True):
        line.tax_minor = tax


def _reduce(new: Hold, lines: Sequence[HoldLine], promotion: Promotion | None, now: datetime) -> None:
    """The code's reduction or the best discount, whichever takes off more; never both. A code that does nothing
    then is not used up."""
    asked = [discounts.Asked(kind=line.ticket_type, quantity=line.quantity, price_minor=line.price_minor) for line in lines]
    by_code = [
        promotions.discount_minor(promotion=promotion, kind=line.kind, price_minor=line.price_minor) if promotion else 0 for line in asked
    ]
    discount, off = discounts.best(discounts=discounts.running(event=new.event, now=now), lines=asked)
    if discount and discounts.total_off(lines=asked, off=off) > discounts.total_off(lines=asked, off=by_code):
        new.discount = discount
        if promotion and not promotions.opens_or_reserves(promotion=promotion, kinds=[line.kind for line in asked]):
            new.promotion = None
    for line, each in zip(lines, off if new.discount_id else by_code, strict=True):
        line.price_minor -= each
        line.discount_minor = each


def total_minor(*, hold: Hold, lines: Sequence[HoldLine]) -> int:
    """What the hold costs: tickets, taxes that come on top, and the fee where the buyer bears it."""
    tickets = sum(line.quantity * line.price_minor + (line.tax_minor if hold.tax_on_top else 0) for line in lines)
    return tickets + hold.fee_minor + hold.fee_tax_minor
