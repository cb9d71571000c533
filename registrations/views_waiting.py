"""The waiting list, for who waits: join, see one's place or offer, leave. No account; the link is the state."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.models import TicketType
from registrations import checkout, find, waiting
from registrations.models import Order, WaitingEntry
from registrations.views_order import private
from registrations.waiting_forms import JoinForm
from ticketing.lib import clock, languages, meters


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def waiting_new(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Join the list of one type. An address that waits already gets the same answer, and its link by mail."""
    kind, now = _sold(slug, pk), clock.now()
    form = JoinForm(request.POST if request.method == "POST" else None, kind=kind)
    context = {"event": kind.event, "kind": kind, "form": form}
    if not form.is_bound or not form.is_valid():
        return render(request, "registrations/waiting_new.html", context, status=422 if form.is_bound else 200)
    if find.too_often(what="waiting", address=find.address_of(request), now=now):
        return render(request, "registrations/waiting_new.html", context | {"too_many": True}, status=429)
    typed = form.cleaned_data
    try:
        entry = waiting.join(
            kind=kind,
            email=typed["email"],
            quantity=typed["quantity"],
            takes_fewer=bool(typed.get("takes_fewer")),
            now=now,
            language=languages.current(),
        )
    except waiting.AlreadyWaiting:
        return render(request, "registrations/waiting_new.html", context | {"again": typed["email"]})
    except checkout.Refused as refusal:
        return render(request, "registrations/waiting_new.html", context | {"refusal": str(refusal)}, status=409)
    return HttpResponseRedirect(entry.get_absolute_url(), status=303)


def _sold(slug: str, pk: int) -> TicketType:
    public = TicketType.objects.filter(event__slug=slug, event__published_at__isnull=False, hidden=False, archived_at=None)
    kind = public.select_related("event__organiser").filter(pk=pk).first()
    if kind is None:
        raise Http404
    languages.prefer(kind.event.language)
    meters.about(event=kind.event_id, organiser=kind.event.organiser_id)
    return kind


def _entry(token: str) -> WaitingEntry:
    entry = WaitingEntry.objects.select_related("event__organiser", "ticket_type", "hold").filter(token=token).first()
    if entry is None:
        raise Http404
    languages.prefer(entry.language or entry.event.language)
    meters.about(event=entry.event_id, organiser=entry.event.organiser_id)
    return entry


@private
@require_safe
def waiting_entry(request: HttpRequest, token: str) -> HttpResponse:
    """Which place one has; when it is one's turn, what is set aside and until when."""
    entry, now = _entry(token), clock.now()
    state = entry.state
    order = Order.objects.filter(hold=entry.hold_id).first() if entry.hold_id else None
    if state == "offered" and entry.hold and entry.hold.expires_at <= now and not entry.hold.payment_open_since:
        state = "missed"  # the sweep comes within seconds
    context = {
        "entry": entry,
        "event": entry.event,
        "state": state,
        "place": waiting.place_of(entry=entry) if state == "waiting" else None,
        "line": entry.hold.lines.first() if entry.hold else None,
        "order": order,
        "now": now,
    }
    return render(request, "registrations/waiting_entry.html", context)


@private
@require_POST
def departure_new(request: HttpRequest, token: str) -> HttpResponse:
    """Leave the list, or give up what was offered: it goes to who is next."""
    entry, now = _entry(token), clock.now()
    if entry.hold is None:
        waiting.leave(entry=entry, now=now)
    elif not Order.objects.filter(hold=entry.hold).exists():
        checkout.release_hold(hold=entry.hold, now=now)
    return HttpResponseRedirect(entry.get_absolute_url(), status=303)
