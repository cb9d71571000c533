"""schema.org facts of an event, for search engines (https://schema.org/Event), safe inside a script element."""

import json
from typing import Any

from events.models import Event
from events.offer import Offer
from ticketing.lib import money
from ticketing.lib.site import absolute

AVAILABILITY = {
    "on_sale": "InStock",
    "few_left": "LimitedAvailability",
    "sold_out": "SoldOut",
    "not_yet": "PreSale",
    "over": "Discontinued",
}


def structured(*, event: Event, offers: list[Offer]) -> str:
    link = absolute(event.get_absolute_url())
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": event.name,
        "startDate": event.local_start.isoformat(),
        "endDate": event.local_end.isoformat(),
        "url": link,
        "image": [absolute(f"{event.get_absolute_url()}preview.png")],
        "eventStatus": "https://schema.org/" + ("EventCancelled" if event.cancelled_at else "EventScheduled"),
        "eventAttendanceMode": "https://schema.org/" + ("OnlineEventAttendanceMode" if event.is_online else "OfflineEventAttendanceMode"),
        "location": {"@type": "VirtualLocation", "url": link} if event.is_online else _place(event),
        "organizer": {"@type": "Organization", "name": event.organiser.name, "url": absolute("/")},
        "offers": [_offer(event, offer, link) for offer in offers],
    }
    if event.summary:
        facts["description"] = event.summary
    return json.dumps(facts).replace("<", "\\u003c")


def _place(event: Event) -> dict[str, Any]:
    parts = {"streetAddress": event.venue_address, "addressLocality": event.city, "addressCountry": event.country}
    address = {"@type": "PostalAddress"} | {name: value for name, value in parts.items() if value}
    return {"@type": "Place", "name": event.venue_name, "address": address}


def _offer(event: Event, offer: Offer, link: str) -> dict[str, Any]:
    kind = offer.kind
    facts = {
        "@type": "Offer",
        "name": kind.name,
        "price": str(money.to_major(offer.price_minor + offer.extra_minor, event.currency)),
        "priceCurrency": event.currency,
        "availability": f"https://schema.org/{AVAILABILITY[offer.state]}",
        "url": link,
    }
    if kind.sale_starts_at:
        facts["validFrom"] = kind.sale_starts_at.isoformat()
    if kind.sale_ends_at:
        facts["validThrough"] = kind.sale_ends_at.isoformat()
    return facts
