"""An organiser's events: made, changed, published, cancelled, counted."""

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Router
from pydantic import Field, StringConstraints

from api import repeats, shapes, words
from api.access import event_for
from api.answers import done, page, place_of, shown
from api.models import Scope
from api.problem import Problem, invalid
from api.reference import changing, op
from api.routes_public import After, Limit
from events import fee_schedule, publication
from events.models import Event, TicketType
from ticketing.lib import clock
from workspace import statistics

router = Router(tags=["Events"])
Slug = Annotated[str, StringConstraints(max_length=80)]
STATS_SECONDS = statistics.FRESH_SECONDS


class EventFacts(words.Sent):
    summary: words.text(240) = ""  # type: ignore[valid-type]
    description: words.text(20_000) = Field("", description="Markdown.")  # type: ignore[valid-type]
    venue_name: words.text(160) = Field("", description="Empty for an online event.")  # type: ignore[valid-type]
    venue_address: words.text(240) = ""  # type: ignore[valid-type]
    city: words.text(80) = ""  # type: ignore[valid-type]
    country: words.Country = ""
    online_url: words.Link = Field("", description="Shown to ticket holders only.")
    tax_name: words.text(20) = "VAT"  # type: ignore[valid-type]
    tax_on_top: bool = False
    fee_country: words.Country = Field("", description="Buyers bear the fee of this country's price list; empty: the organiser.")
    max_per_buyer: Annotated[int, Field(ge=1, lt=2**31)] | None = None


class EventNew(EventFacts):
    name: words.text(160, least=1)  # type: ignore[valid-type]
    starts_at: words.Moment
    ends_at: words.Moment
    time_zone: words.Zone | None = Field(None, description="By itself the organiser's.")
    currency: words.Currency | None = Field(None, description="By itself the organiser's.")  # type: ignore[valid-type]


class EventChange(EventFacts):
    """Only what is sent is changed."""

    name: words.text(160, least=1) = ""  # type: ignore[valid-type]
    starts_at: words.Moment | None = None
    ends_at: words.Moment | None = None
    time_zone: words.Zone | None = None
    currency: words.Currency | None = None  # type: ignore[valid-type]


NEVER_NULL = ("starts_at", "ends_at", "time_zone", "currency")


@router.get("", **op("List events", Scope.EVENTS_READ, shapes.OwnEvents))
def own_event_list(request: Any, limit: Limit = 50, after: After = "") -> HttpResponse:
    """The organiser's events, drafts and cancelled ones too; the latest start first."""
    rows = Event.objects.filter(organiser=request.auth.organiser).order_by("-starts_at", "-id")
    if after:
        place = place_of(after)
        if place is None:
            raise invalid("after", "This is no cursor. Take `next` of the page before, or leave it away.")
        rows = rows.filter(starts_at__lte=place[0]).exclude(starts_at=place[0], pk__gte=place[1])
    found, following = page(list(rows[: limit + 1]), limit=limit, place=lambda event: (event.starts_at, event.pk))
    return shown(request, {"items": [shapes.own_event(event) for event in found], "next": following})


@router.post("", **changing("Create an event", Scope.EVENTS_WRITE, shapes.OwnEvent, status=201))
@repeats.once(together=True)
def event_new(request: Any, sent: EventNew) -> HttpResponse:
    """A draft. Give it ticket types, then publish it."""
    organiser = request.auth.organiser
    facts = sent.model_dump()
    facts["time_zone"], facts["currency"] = facts["time_zone"] or organiser.time_zone, facts["currency"] or organiser.currency
    _check(facts)
    event = publication.create_event(organiser=organiser, fields=facts)
    return done(shapes.own_event(event), status=201)


def _check(facts: dict[str, Any]) -> None:
    if facts["ends_at"] < facts["starts_at"]:
        raise invalid("ends_at", "The event ends before it starts. Give a later end.")
    country, today = facts["fee_country"], clock.now().date()
    if country and fee_schedule.rule_for(country=country, on=today, currency=facts["currency"]) is None:
        raise invalid("fee_country", f"There is no price list of this country in {facts['currency']}.")


@router.get("/{slug}", **op("Read an event", Scope.EVENTS_READ, shapes.OwnEvent))
def own_event_page(request: Any, slug: Slug) -> HttpResponse:
    return shown(request, shapes.own_event(event_for(request, slug)))


@router.patch("/{slug}", **changing("Change an event", Scope.EVENTS_WRITE, shapes.OwnEvent))
@repeats.once(together=True)
def event_change(request: Any, slug: Slug, sent: EventChange) -> HttpResponse:
    """Only what is sent is changed; the address stays."""
    event = event_for(request, slug)
    facts = sent.model_dump(exclude_unset=True)
    for name in NEVER_NULL:
        if name in facts and facts[name] is None:
            raise invalid(name, "Leave it away to keep what is there.")
    if facts.get("currency", event.currency) != event.currency and TicketType.objects.filter(event=event, price_minor__gt=0).exists():
        raise Problem(409, "has_prices", f"Ticket types have prices in {event.currency} already. Make another event.")
    _check({name: getattr(event, name) for name in ("starts_at", "ends_at", "fee_country", "currency")} | facts)
    publication.update_event(event=event, fields=facts)
    return done(shapes.own_event(event))


@router.post("/{slug}/publication", **changing("Publish an event", Scope.EVENTS_WRITE, shapes.OwnEvent))
@repeats.once(together=True)
def publication_new(request: Any, slug: Slug) -> HttpResponse:
    """Put it on sale. 409 says what is missing."""
    event = event_for(request, slug)
    publication.publish(event=event, now=clock.now())
    return _as_it_is(event)


@router.post("/{slug}/unpublication", **changing("Take an event off the public pages", Scope.EVENTS_WRITE, shapes.OwnEvent))
@repeats.once(together=True)
def unpublication_new(request: Any, slug: Slug) -> HttpResponse:
    """Tickets that were sold stay valid."""
    event = event_for(request, slug)
    publication.unpublish(event=event)
    return _as_it_is(event)


@router.post("/{slug}/cancellation", **changing("Cancel an event", Scope.EVENTS_WRITE, shapes.OwnEvent))
@repeats.once(together=True)
def cancellation_new(request: Any, slug: Slug) -> HttpResponse:
    """Nothing is sold any more, from this moment. Orders and money are ended by their own calls."""
    event = event_for(request, slug)
    publication.cancel(event=event, now=clock.now())
    return _as_it_is(event)


@router.post("/{slug}/copy", **changing("Copy an event", Scope.EVENTS_WRITE, shapes.OwnEvent, status=201))
@repeats.once(together=True)
def event_copy(request: Any, slug: Slug) -> HttpResponse:
    """A draft with the same set-up: ticket types, prices, capacities, codes, questions, terms; nothing of what was sold."""
    return done(shapes.own_event(publication.copy_event(event=event_for(request, slug))), status=201)


def _as_it_is(event: Event) -> HttpResponse:
    event.refresh_from_db(fields=["published_at", "cancelled_at"])
    return done(shapes.own_event(event))


@router.get("/{slug}/stats", **op("Read an event's figures", Scope.EVENTS_READ, shapes.Stats))
def event_stats(request: Any, slug: Slug) -> HttpResponse:
    """Sold, held, entered, money; by type and by day. At most 30 seconds old."""
    event = event_for(request, slug)
    figures = statistics.figures_of(event=event, now=clock.now())
    said = shapes.stats(event, figures, list(event.quotas.all()))
    return shown(request, said, cache=f"private, max-age={STATS_SECONDS}")
