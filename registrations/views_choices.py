"""The choice of tickets, once more: after a refusal as it was typed, or with a code and its prices."""

from datetime import datetime

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from events import promotions
from events.models import Event, Promotion, TicketType
from registrations import checkout, sold_out
from registrations.forms import Choice
from ticketing.lib import clock, meters
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
    return choices(request, event, Choice.from_post(request.GET), "", 200, clock.now(), wrong=None)


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
    promotion = None
    if choice.code:
        try:
            promotion = promotions.usable(event=event, code=choice.code, now=now)
        except promotions.BadCode as refusal:
            message, status, wrong_code = message or str(refusal), max(status, 422), True
    context = {
        "event": event,
        "kinds": _kinds(event, choice, promotion, now),
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
        for kind in TicketType.objects.filter(shown, event=event, archived_at=None)
        if checkout.is_on_sale(ticket_type=kind, now=now) and (not kind.hidden or promotions.unlocks(promotion=promotion, kind=kind))
    ]
    left = sold_out.what_is_left(ticket_types=kinds)
    for kind in kinds:
        kind.typed = choice.quantities.get(kind.pk, "") or "0"  # type: ignore[attr-defined]
        kind.typed_amount = choice.amounts.get(kind.pk, "")  # type: ignore[attr-defined]
        kind.free = left.free.get(kind.pk, 0)  # type: ignore[attr-defined]
        kind.only_held = kind.pk in left.held  # type: ignore[attr-defined]
        off = promotions.discount_minor(promotion=promotion, kind=kind) if promotion else 0
        kind.off_minor, kind.asked_minor = off, kind.price_minor - off  # type: ignore[attr-defined]
    return kinds


def _effect(promotion: Promotion, event: Event) -> str:
    """What the code does, in words."""
    effects = []
    if promotion.percent:
        effects.append(f"{promotion.percent} % off")
    if promotion.amount_minor:
        effects.append(f"{format_money(promotion.amount_minor, event.currency)} off each ticket")
    if promotion.unlocks_hidden:
        effects.append("tickets that are not on the public page")
    return ", and ".join(effects)
