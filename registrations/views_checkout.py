"""The buyer's way: choice → hold → details → review → order. No session; the links are the state."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events import questions, terms
from events.inventory import SoldOut
from events.models import Event, TicketType
from registrations import answer_files, bill, checkout, sold_out
from registrations.access import EVENT, PRICING, hold_for_link
from registrations.allowance import TooManyForBuyer
from registrations.forms import Choice, DetailsForm, likely_address
from registrations.models import Hold, HoldLine, Order
from registrations.views_choices import OF_CODES, choices, too_many_guesses
from ticketing.lib import clock, languages, meters
from ticketing.lib.prepared import Param, Prepared
from ticketing.lib.views_tally import source_of_page

COOKIE_SECONDS = 2 * 60 * 60
TYPES = Prepared(
    lambda: (
        TicketType.objects.select_related("event")
        .only(
            *(field.name for field in TicketType._meta.concrete_fields),
            *(f"event__{name}" for name in (*EVENT, *PRICING, "max_per_buyer", "discounted")),
        )
        .filter(event__slug=Param("slug"))
    )
)


@csrf_exempt
@require_POST
def hold_new(request: HttpRequest, slug: str) -> HttpResponse:
    """The event page is the same bytes for everybody, so it has no CSRF token; other sites are refused by
    their own headers, and the most they could do is to set tickets aside for minutes."""
    _refuse_other_sites(request)
    choice, now = Choice.from_post(request.POST), clock.now()
    event, kinds = _load(slug, choice)
    earlier = request.COOKIES.get(f"hold-{event.pk}")
    if choice.code and (refused := too_many_guesses(request, event, choice, now)):
        return refused
    try:
        wanted = choice.wanted()
        left = sold_out.remembered(quantities=wanted) if wanted and not earlier and not choice.code else None
        if left:
            return _too_late(request, event, kinds, choice, left, now)
        picks = choice.picks(kinds=kinds, event=event)
        hold = checkout.hold(
            event=event,
            picks=picks,
            now=now,
            attempt=choice.key(),
            replacing=earlier,
            code=choice.code,
            source=source_of_page(request),
        )
    except SoldOut:
        left = sold_out.what_is_left(ticket_types=kinds)
        if not choice.code:  # which may have places of its own
            sold_out.remember(quantities=wanted, left=left)
        return _too_late(request, event, kinds, choice, left, now)
    except checkout.Refused as refusal:
        return choices(request, event, choice, str(refusal), 422, now, wrong=refusal.ticket_type_id, wrong_code=refusal.code in OF_CODES)
    return _to_details(hold)


def _refuse_other_sites(request: HttpRequest) -> None:
    origin = request.headers.get("Origin")
    elsewhere = origin is not None and urlsplit(origin).netloc != request.get_host()
    if request.headers.get("Sec-Fetch-Site") == "cross-site" or elsewhere:
        raise PermissionDenied


def _load(slug: str, choice: Choice) -> tuple[Event, list[TicketType]]:
    """The event and the types that were picked; types of other events are left out. One query as a rule."""
    ids = {type_id for type_id, text in choice.quantities.items() if text not in ("", "0")}
    kinds = [kind for kind in TYPES.all(slug=slug) if kind.pk in ids] if ids else []
    event = kinds[0].event if kinds else Event.objects.defer("description").filter(slug=slug).first()
    if event is None or event.published_at is None:
        raise Http404
    meters.about(event=event.pk)
    if len(kinds) < len(ids):
        choice.quantities.update(dict.fromkeys(ids - {kind.pk for kind in kinds}, ""))
    for kind in kinds:
        kind.event = event
    return event, kinds


def _to_details(hold: Hold) -> HttpResponse:
    meters.about(checkout=hold.trace_key)
    response = HttpResponseRedirect(reverse("registrations:details", args=[hold.token]), status=303)
    response.set_cookie(f"hold-{hold.event_id}", hold.token, max_age=COOKIE_SECONDS, httponly=True, samesite="Lax", secure=settings.HTTPS)
    return response


def _too_late(
    request: HttpRequest, event: Event, kinds: Sequence[TicketType], choice: Choice, left: sold_out.Left, now: datetime
) -> HttpResponse:
    return choices(request, event, choice, sold_out.sentence(wanted=kinds, left=left), 409, now, wrong=kinds[0].pk)


def _order_of(hold: Hold) -> Order | None:
    found: Order | None = getattr(hold, "order", None)
    return found


def _elsewhere(request: HttpRequest, hold: Hold, lines: list[HoldLine], now: datetime) -> HttpResponse | None:
    """Where the buyer should be instead: the order, or the page that says that the hold ended."""
    order = _order_of(hold)
    if order is not None:
        return HttpResponseRedirect(order.get_absolute_url(), status=303)
    if hold.released_at is None and hold.expires_at > now and hold.event.cancelled_at is None:
        return None
    return _ended(request, hold, lines, now)


def _ended(request: HttpRequest, hold: Hold, lines: list[HoldLine], now: datetime, *, message: str = "", status: int = 410) -> HttpResponse:
    current = hold.replaced_by
    while current is not None and current.replaced_by_id:
        current = current.replaced_by
    context = {"current": current, "expired": hold.expires_at <= now, "message": message}
    return render(request, "registrations/hold_ended.html", context | _summary(hold, lines, now), status=status)


def _summary(hold: Hold, lines: list[HoldLine], now: datetime) -> dict[str, object]:
    total = checkout.total_minor(hold=hold, lines=lines)
    tickets = sum(line.quantity for line in lines)
    extensible = hold.extensions < settings.HOLD_EXTENSIONS
    return {
        "hold": hold,
        "event": hold.event,
        "lines": lines,
        "total_minor": total,
        "bill": bill.bill_of(priced=hold, lines=lines),
        "tickets": tickets,
        "now": now,
        "extensible": extensible,
    }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest, token: str) -> HttpResponse:
    """Who buys and who comes. What was typed is kept, valid or not, also when the hold has just ended."""
    now = clock.now()
    hold, lines = hold_for_link(token=token)
    form = _form(hold, lines, request.POST if request.method == "POST" else None, request.FILES)
    if form.is_bound and _order_of(hold) is None:
        answer_files.keep_uploads(event_id=hold.event_id, places=form.places, now=now)
        checkout.save_details(hold=hold, **form.typed())
    if elsewhere := _elsewhere(request, hold, lines, now):
        return elsewhere
    if form.is_bound and form.is_valid():
        return HttpResponseRedirect(reverse("registrations:review", args=[token]), status=303)
    return _details_page(request, hold, lines, form, now, status=422 if form.is_bound else 200)


def _form(hold: Hold, lines: list[HoldLine], typed: Any = None, files: Any = None) -> DetailsForm:
    asked = questions.asked(event_id=hold.event_id) if hold.asks else []  # type: ignore[attr-defined]
    return DetailsForm(hold=hold, lines=lines, data=typed, files=files, questions=asked)


def _details_page(
    request: HttpRequest, hold: Hold, lines: list[HoldLine], form: DetailsForm, now: datetime, *, status: int
) -> HttpResponse:
    context = {"form": form, "errors": form.summary() if form.is_bound else []} | _summary(hold, lines, now)
    return render(request, "registrations/details.html", context, status=status)


@never_cache
@require_safe
def review(request: HttpRequest, token: str) -> HttpResponse:
    now = clock.now()
    hold, lines = hold_for_link(token=token)
    if elsewhere := _elsewhere(request, hold, lines, now):
        return elsewhere
    if not hold.buyer_name or not hold.buyer_email:
        return HttpResponseRedirect(reverse("registrations:details", args=[token]))
    form = _form(hold, lines)
    may = terms.told(event=hold.event, stored=hold.terms)  # type: ignore[attr-defined]
    context = {"form": form, "seats": form.seats, "meant": likely_address(hold.buyer_email), "terms": may} | _summary(hold, lines, now)
    return render(request, "registrations/review.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def order_new(request: HttpRequest, token: str) -> HttpResponse:
    """Place the order, once; a page that was reloaded or gone back to leads to the same order."""
    now = clock.now()
    hold, lines = hold_for_link(token=token)
    if elsewhere := _elsewhere(request, hold, lines, now):
        return elsewhere
    if request.method != "POST":
        return HttpResponseRedirect(reverse("registrations:review", args=[token]))
    if invalid := _still_invalid(request, hold, lines, now):
        return invalid
    try:
        order = checkout.place_order(hold=hold, now=now, language=languages.current())
    except TooManyForBuyer as refusal:
        return _refused_for(request, hold, lines, "buyer_email", str(refusal), now)
    except checkout.HoldEnded:
        return _ended(request, *hold_for_link(token=token), now, status=409)
    return _after(order)


def _still_invalid(request: HttpRequest, hold: Hold, lines: list[HoldLine], now: datetime) -> HttpResponse | None:
    """Invalid details are kept too, so they are checked again where the order is made."""
    form = _form(hold, lines, _kept(hold, lines))
    return None if form.is_valid() else _details_page(request, hold, lines, form, now, status=422)


def _kept(hold: Hold, lines: list[HoldLine]) -> dict[str, Any]:
    """The kept details in the shape of the details form."""
    form = _form(hold, lines)
    typed = {"buyer_name": hold.buyer_name, "buyer_email": hold.buyer_email, **(hold.billing or {})}
    for seat in form.seats:
        typed |= {f"{seat.prefix}-name": seat.name, f"{seat.prefix}-email": seat.email}
    return typed | {asked.name: asked.given for place in form.places for asked in place.asked if asked.given is not None}


def _refused_for(request: HttpRequest, hold: Hold, lines: list[HoldLine], field: str, message: str, now: datetime) -> HttpResponse:
    form = _form(hold, lines, _kept(hold, lines))
    form.add_error(field, message)
    return _details_page(request, hold, lines, form, now, status=422)


def _after(order: Order) -> HttpResponse:
    """To the tickets, or to the payment of the order."""
    if order.confirmed_at is None and order.total_minor and not order.requested_at:
        return HttpResponseRedirect(reverse("payments:payment-start", args=[order.code, order.secret]), status=303)
    return HttpResponseRedirect(order.get_absolute_url(), status=303)


@require_POST
def extension_new(request: HttpRequest, token: str) -> HttpResponse:
    hold, _ = hold_for_link(token=token)
    checkout.extend_hold(hold=hold, now=clock.now())
    page = "review" if request.POST.get("from") == "review" else "details"
    return HttpResponseRedirect(reverse(f"registrations:{page}", args=[token]), status=303)


@require_POST
def release_new(request: HttpRequest, token: str) -> HttpResponse:
    """The buyer changes their mind: the places go back at once."""
    hold, _ = hold_for_link(token=token)
    if _order_of(hold) is None:
        checkout.release_hold(hold=hold, now=clock.now())
    response = HttpResponseRedirect(hold.event.get_absolute_url(), status=303)
    response.delete_cookie(f"hold-{hold.event_id}", samesite="Lax")
    return response


@require_POST
def renewal_new(request: HttpRequest, token: str) -> HttpResponse:
    """The same tickets again after the time ran out, with what was typed."""
    now = clock.now()
    hold, lines = hold_for_link(token=token)
    if _order_of(hold) is None and hold.released_at is None and hold.expires_at > now:
        return _to_details(hold)
    try:
        return _to_details(checkout.hold_again(hold=hold, now=now))
    except SoldOut:
        kinds = [line.ticket_type for line in lines]
        message = sold_out.sentence(wanted=kinds, left=sold_out.what_is_left(ticket_types=kinds))
    except checkout.Refused as refusal:
        message = str(refusal)
    return _ended(request, hold, lines, now, message=message, status=409)
