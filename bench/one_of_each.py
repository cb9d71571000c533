"""One of everything that the organiser's pages are about, for an event that has sold already."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from events.models import Category, Discount, Event, EventSeries, PriceTier, Promotion, Question, TicketType
from registrations.models import Order


def of(event: Event, *, by: Any) -> dict[str, Any]:
    """{what an address names: it}: a parameter of the address, or the noun before a number (organiser_pages.py).

    The event has a ticket type and a paid order."""
    now = timezone.now()
    kind = event.ticket_types.order_by("pk").first()
    sold = Order.objects.filter(event=event, total_minor__gt=0, confirmed_at__isnull=False, cancelled_at=None).order_by("-placed_at")
    order = sold.first()
    assert kind is not None and order is not None
    only_posted = dict.fromkeys(("outbox", "invitations", "differences", "tokens", "message", "act"), 1)
    return (
        only_posted
        | {"organiser": event.organiser.slug, "slug": event.slug, "code": order.code, "position": 1, "kind": kind.pk}
        | {"name": (EventSeries.objects.filter(organiser=event.organiser).first() or _series(event, now)).slug}
        | _for_sale(event, kind, now)
        | _at_the_desk(event, kind, by, now)
        | _money(event, order, now)
        | _of_the_organiser(event, by, now)
    )


def _series(event: Event, now: datetime) -> EventSeries:
    return EventSeries.objects.create(
        organiser=event.organiser, name="Weekly", slug=f"weekly-{event.pk}", source=event, made_at=now, published_at=now
    )


def _for_sale(event: Event, kind: TicketType, now: datetime) -> dict[str, int]:
    from events import categories, discounts, promotions, questions, tier_steps

    step = {"name": "Early", "price_minor": 900, "quantity": None, "ends_at": now - timedelta(days=1), "position": 0}
    reduced = {"name": "Group", "from_tickets": 4, "percent": 10, "amount_minor": 0, "starts_at": None, "ends_at": None}
    unlimited = {"max_uses": None, "budget_minor": None, "starts_at": None, "ends_at": None}
    heading = {"name": "Seats", "description": "", "position": 0}
    asked = Question.objects.filter(event=event, archived_at=None).first() or questions.save(
        event=event, question=Question(event=event), fields={"label": "Do you stay?", "kind": "yes_no"}, kinds=[]
    )
    code = {"code": "FRIENDS", "percent": 10} | unlimited
    quota = kind.quotas.first()
    assert quota is not None
    return {
        "tickets": kind.pk,
        "quotas": quota.pk,
        "questions": asked.pk,
        "prices": tier_steps.save(kind=kind, tier=PriceTier(), fields=step, now=now).pk,
        "discounts": discounts.save(event=event, discount=Discount(), fields=reduced, kinds=[]).pk,
        "codes": promotions.save(event=event, promotion=Promotion(), fields=code, kinds=[]).pk,
        "categories": categories.save(event=event, category=Category(), fields=heading).pk,
    }


def _at_the_desk(event: Event, kind: TicketType, by: Any, now: datetime) -> dict[str, int]:
    from registrations.models import WaitingEntry
    from workspace import exporting, messaging
    from workspace.filters import Filter
    from workspace.models import ExportSchedule, Import, Repeat

    upload = {"file_name": "guests.csv", "content": "Name,E-mail\nKim,kim@example.com\n", "mapping": {"columns": {}, "types": {}}}
    sheet = {"what": "orders", "format": "csv", "filters": {}}
    waits = {"ticket_type": kind, "token": f"waits-{event.pk}", "email": "erin@example.com", "quantity": 1, "joined_at": now}
    return {
        "waiting": WaitingEntry.objects.create(event=event, **waits).pk,
        "jobs": exporting.ask(event=event, what="waiting", wanted=Filter(), form="csv", by=by, now=now).pk,
        "schedules": ExportSchedule.objects.create(
            event=event, arguments=sheet, every=Repeat.DAILY, asked_by=by, created_at=now, next_at=now + timedelta(days=1)
        ).pk,
        "imports": Import.objects.create(event=event, uploaded_by=by, uploaded_at=now, **upload).pk,
        "messages": messaging.draft(event=event, audience={"to": "attendees"}, by=by, now=now, subject="Doors", body="At seven.").pk,
    }


def _money(event: Event, order: Order, now: datetime) -> dict[str, int]:
    from payments.journal import Payout, PayoutLine
    from payments.models import Dispute, Payment

    payment = Payment.objects.filter(order__event=event, succeeded_at__isnull=False).order_by("-pk").first()
    assert payment is not None, order.code
    amount, key = payment.amount_minor, f"bench-{event.pk}"
    dispute = Dispute.objects.create(
        payment=payment, provider_id=key, amount_minor=amount, opened_at=now, asked_at=now, evidence_due_at=now, evidence_key=key
    )
    payout = Payout.objects.create(gateway="practice", provider_id=key, currency=event.currency, amount_minor=amount, paid_at=now)
    PayoutLine.objects.create(payout=payout, kind="payment", provider_id=key, payment=payment, gross_minor=amount, fee_minor=0)
    return {"disputes": dispute.pk, "payouts": payout.pk}


def _of_the_organiser(event: Event, by: Any, now: datetime) -> dict[str, int]:
    from accounts.models import Membership
    from api.models import Endpoint
    from api.webhooks import endpoints

    listens = Endpoint.objects.filter(organiser=event.organiser).first() or endpoints.add(
        organiser=event.organiser, url="https://example.com/told", kinds=[], by=by, now=now
    )
    member = Membership.objects.filter(organiser=event.organiser).first()
    assert member is not None
    return {"webhooks": listens.pk, "team": member.pk}
