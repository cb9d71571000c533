"""For everybody: the public list and an event, the same bytes for all, from the page cache."""

from typing import Annotated, Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import StringConstraints

from api import limits, shapes
from api.answers import MOST, moment, page, place_of, shown
from api.problem import invalid
from api.reference import op
from events import listing, offer, questions
from events.models import Event
from events.pages import LIST_SCOPE
from events.views_public import EVENT_PAGE_SECONDS, LIST_SECONDS
from ticketing.lib import clock, meters
from ticketing.lib.pagecache import cached_page

router = Router(tags=["Public"])
Limit = Annotated[int, Query(ge=1, le=MOST, description="Rows on a page.")]
After = Annotated[str, Query(max_length=200, description="The cursor `next` of the page before.")]


@router.get("/events", **op("List public events", None, shapes.PublicEvents, public=True))
@cached_page(scope=lambda **_: LIST_SCOPE, seconds=LIST_SECONDS)
def event_list(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=80, description="Words of name, summary, venue or city.")] = "",
    city: Annotated[str, Query(max_length=80)] = "",
    limit: Limit = 20,
    after: After = "",
) -> HttpResponse:
    """Events that are published and not over, soonest first. Kept for 60 seconds; a change is seen at once."""
    limits.count_address(request=request)
    rows = (
        Event.objects.public().upcoming(now=clock.now()).order_by("starts_at", "id").only(*listing.SHOWN, "ends_at", "summary", "country")
    )
    rows = listing.matching(rows, text=q)
    if city:
        rows = rows.filter(city=city)
    if after:
        rows = listing.later_than(rows, _place(after))
    found, following = page(list(rows[: limit + 1]), limit=limit, place=lambda event: (event.starts_at, event.pk))
    prices = listing.least_prices(event_ids=[event.pk for event in found])
    items = []
    for event in found:
        least, open_ = prices.get(event.pk, (None, False))
        items.append(shapes.public_event(event, least=least, open_=open_))
    return shown(request, {"items": items, "next": following}, cache=f"public, max-age={LIST_SECONDS}")


def _place(after: str) -> Any:
    place = place_of(after)
    if place is None:
        raise invalid("after", "This is no cursor. Take `next` of the page before, or leave it away.")
    return place


@router.get("/events/{slug}", **op("Read a public event", None, shapes.PublicEventPage, public=True, also=(404,)))
@cached_page(scope=lambda slug, **_: f"event:{slug}", seconds=EVENT_PAGE_SECONDS)
def event_page(request: HttpRequest, slug: Annotated[str, StringConstraints(max_length=80)]) -> HttpResponse:
    """With its ticket types, what they cost and whether they can be bought, and what an order has to answer."""
    limits.count_address(request=request)
    event = Event.objects.select_related("organiser").filter(published_at__isnull=False, slug=slug).first()
    if event is None:
        raise Http404
    meters.about(event=event.pk, organiser=event.organiser_id)
    offers = offer.offers_of(event=event, now=clock.now())
    asked = questions.asked(event_id=event.pk)
    return shown(request, shapes.public_event_page(event, offers, asked), cache=f"public, max-age={EVENT_PAGE_SECONDS}")


@router.get("/token", **op("Read what this token may do", None, shapes.TokenShape), tags=["Token"])
def token(request: Any) -> HttpResponse:
    """The first call to make with a new token."""
    found = request.auth
    said = {"organiser": found.organiser.slug, "name": found.name, "scopes": list(found.scopes), "made_at": moment(found.made_at)}
    return shown(request, said)
