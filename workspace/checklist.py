"""What an event still lacks before it is published: what must be there, and what buyers will miss."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from accounts.models import Membership, Role
from events import publication, tiers
from events.models import Event, TicketType


@dataclass(frozen=True, kw_only=True)
class Check:
    """`needed`: without it there is no publication; otherwise advice. `link`: where it is mended."""

    label: str
    done: bool
    needed: bool = False
    link: str = ""


def checklist(*, event: Event, now: datetime) -> list[Check]:
    """Needed first. Four queries; one more where prices have steps, or there are add-ons."""
    details, tickets = reverse("events:event-edit", args=[event.slug]), reverse("events:ticket-types", args=[event.slug])
    missing = publication.missing_for_publication(event=event, now=now)
    must = [Check(label=sentence, done=False, needed=True, link=tickets if "ticket type" in sentence else details) for sentence in missing]
    kinds = list(TicketType.objects.filter(event=event, archived_at=None, hidden=False))
    stewards = Membership.objects.filter(organiser=event.organiser_id, role__in=(Role.GATE, Role.MANAGER)).exists()
    advice = [
        Check(label="A ticket type that everybody can see", done=bool(kinds), link=tickets),
        Check(label="One sentence about it, for lists and search engines", done=bool(event.summary), link=details),
        Check(label="A description: what happens, who is it for", done=bool(event.description), link=details),
        Check(label="A cover image", done=bool(event.cover), link=details),
        Check(label="An address that people can find", done=event.is_online or bool(event.venue_address and event.city), link=details),
        Check(label="Sales that end before the event does", done=_sales_end(event, kinds), link=tickets),
        Check(label="Somebody to work the gate", done=stewards, link=reverse("accounts:team", args=[event.organiser.slug])),
    ]
    if any(kind.tiered for kind in kinds):
        advice.append(Check(label="Price steps that rise, up to the type's own price", done=_prices_rise(kinds), link=tickets))
    if any(kind.price_minor for kind in kinds):
        real = settings.PAYMENT_GATEWAY not in ("", "practice")
        advice.append(Check(label="A payment provider that moves real money", done=real))
    return must + advice


def _sales_end(event: Event, kinds: list[TicketType]) -> bool:
    return all(kind.sale_ends_at is None or kind.sale_ends_at <= event.ends_at for kind in kinds)


def _prices_rise(kinds: list[TicketType]) -> bool:
    ladders = tiers.ladders(kinds=kinds)
    prices = [[*(step.price_minor for step in ladders.get(kind.pk, [])), kind.price_minor] for kind in kinds]
    return all(row == sorted(row) for row in prices)
