"""The choice of tickets, once more: after a refusal as it was typed, or with a code and its prices."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from events import addons, offer, promotions, reserving, tiers
from events.categories import sections
from events.models import Event, PriceTier, Promotion, TicketType
from registrations import checkout, guessing, sold_out
from registrations.find import address_of
from registrations.forms import Choice
from ticketing.lib import clock, languages, meters
from ticketing.lib.languages import say, say_many
from ticketing.lib.money import format_money

OF_CODES = frozenset({"bad_code", "code_used_up", "code_for_others", "code_missing"})  # refusals that lead to the code's field


@never_cache
@require_safe
def code(request: HttpRequest, slug: str) -> HttpResponse:
    """The tickets at the code's prices, with the types that it unlocks. Its link may be passed on."""
    event = Event.objects.defer("description").filter(slug=slug, published_at__isnull=False).first()
    if event is None:
        raise Http404
    meters.about(event=event.pk)
    choice, now = Choice.from_post(request.GET), clock.now()
    if refused := too_many_guesses(request, event, choice, now):
        return refused
    return choices(request, event, choice, "", 200, now, wrong=None)


def too_many_guesses(request: HttpRequest, event: Event, choice: Choice, now: datetime) -> HttpResponse | None:
    """429 and the choice without a code, for an address that tried too many."""
    if not choice.code:
        return None
    try:
        guessing.check(address=address_of(request), event_id=event.pk)
    except guessing.TooManyGuesses as refusal:
        response = choices(request, event, replace(choice, code=""), str(refusal), 429, now, wrong=None, wrong_code=True)
        response.headers["Retry-After"] = str(refusal.retry_after)
        return response
    return None


def choices(
    request: HttpRequest,
    event: Event,
    choice: Choice,
    message: str,
    status: int,
    now: datetime,
    wrong: int | None,
    wrong_code: bool = False,
) -> HttpResponse:
    """The choice as typed, with what is left and what it costs with the typed code."""
    languages.prefer(event.language)
    promotion = None
    if choice.code:
        try:
            promotion = promotions.usable(event=event, code=choice.code, now=now)
        except promotions.BadCode as refusal:
            guessing.missed(address=address_of(request), event_id=event.pk)
            message, status, wrong_code = message or str(refusal), max(status, 422), True
    kinds = _kinds(event, choice, promotion, now)
    context = {
        "event": event,
        "sections": sections(entries=kinds, kind_of=lambda kind: kind),
        "reductions": offer.reductions(event=event, now=now),
        "kinds": kinds,
        "message": message,
        "wrong": wrong,
        "attempt": choice.attempt,
        "code": choice.code,
        "takes_code": wrong_code,
        "wrong_code": wrong_code,
        "promotion": None if wrong_code else promotion,
        "promotion_effect": _effect(promotion, event) if promotion else "",
    }
    return render(request, "registrations/choices.html", context, status=status)


def _kinds(event: Event, choice: Choice, promotion: Promotion | None, now: datetime) -> list[TicketType]:
    shown = Q() if promotion and promotion.unlocks_hidden else Q(hidden=False)
    kinds = [
        kind
        for kind in TicketType.objects.filter(shown, event=event, archived_at=None).select_related("category")
        if checkout.is_on_sale(ticket_type=kind, now=now) and (not kind.hidden or promotions.unlocks(promotion=promotion, kind=kind))
    ]
    left = sold_out.what_is_left(ticket_types=kinds)
    free = reserving.on_the_page(free=dict(left.free), promotion=promotion)
    ladders, extras = tiers.ladders(kinds=kinds), [kind for kind in kinds if kind.is_addon]
    of = addons.bases(addons=extras)
    for kind in kinds:
        steps = tiers.open_steps(ladder=ladders.get(kind.pk, []), now=now)
        asked = steps[0].price_minor if steps else kind.price_minor
        off = promotions.discount_minor(promotion=promotion, kind=kind, price_minor=asked) if promotion else 0
        kind.offer = Row(  # type: ignore[attr-defined]
            typed=choice.quantities.get(kind.pk, "") or "0",
            typed_amount=choice.amounts.get(kind.pk, ""),
            free=free.get(kind.pk, 0),
            only_held=kind.pk in left.held,
            before_minor=asked,
            asked_minor=asked - off,
            step=steps[0] if steps else None,
            step_left=tiers.left_of(tier=steps[0]) if steps else None,
            then_minor=steps[1].price_minor if len(steps) > 1 else kind.price_minor,
            goes_with=addons.words(names=of.get(kind.pk)) if kind.is_addon else "",
        )
    return kinds


@dataclass(frozen=True, kw_only=True)
class Row:
    """What the page says of one type. `before_minor`: without the code; `then_minor`: after the step."""

    typed: str
    typed_amount: str
    free: int
    only_held: bool
    before_minor: int
    asked_minor: int
    step: PriceTier | None
    step_left: int | None
    then_minor: int
    goes_with: str


def _effect(promotion: Promotion, event: Event) -> str:
    """What the code does, in words."""
    effects = []
    if promotion.percent:
        effects.append(say("{percent} % off", percent=promotion.percent))
    if promotion.amount_minor:
        effects.append(say("{amount} off each ticket", amount=format_money(promotion.amount_minor, event.currency)))
    if promotion.reserved_free:
        effects.append(say_many("{n} place set aside for you", "{n} places set aside for you", promotion.reserved_free))
    if promotion.unlocks_hidden:
        effects.append(say("tickets that are not on the public page"))
    return say(", and ").join(effects)
