"""What buyers are told by mail. The outbox calls these by name when it sends."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models.functions import Lower
from django.template.loader import render_to_string
from django.urls import reverse

from events.calendar import calendar_part
from events.models import Event
from registrations import bill, fulfilment
from registrations.access import lines_of
from registrations.models import Order
from ticketing.lib import dates, languages, meters
from ticketing.lib.languages import say
from ticketing.lib.prepared import Param, Prepared
from ticketing.lib.site import absolute

MOST_ORDERS = 50
ORDER = Prepared(lambda: Order.objects.select_related("event__organiser").defer("event__description").filter(pk=Param("order")))


def order_confirmation(*, subject_id: int, to: str) -> EmailMultiAlternatives | None:
    """The tickets: link, calendar file and, where configured, the PDF. None when the order has ended since."""
    order = _order(subject_id)
    if order is None or order.cancelled_at or order.confirmed_at is None:
        return None
    with languages.speaking(order.spoken):
        return _confirmation(order, to)


def _confirmation(order: Order, to: str) -> EmailMultiAlternatives:
    sold = lines_of(order=order)
    lines = [(line.quantity, line.ticket_type.name, line.total_minor) for line in sold]
    message = _message(
        "order_confirmation",
        say("Your tickets for {event}", event=order.event.name),
        order,
        to,
        lines=lines,
        bill=bill.bill_of(priced=order, lines=sold),
        invoice_link=absolute(reverse("registrations:order-invoice", args=[order.code, order.secret, 0])) if order.total_minor else "",
    )
    message.attach(calendar_part(event=order.event, now=order.placed_at, link=absolute(order.get_absolute_url())))
    if settings.PDF_IN_MAIL:
        message.attach(f"tickets-{order.code}.pdf", fulfilment.stored_pdf(order=order), "application/pdf")
    return message


def order_cancelled(*, subject_id: int, to: str) -> EmailMultiAlternatives | None:
    """The order has ended; its tickets admit nobody."""
    order = _order(subject_id)
    if order is None or order.cancelled_at is None:
        return None
    with languages.speaking(order.spoken):
        return _message("order_cancelled", say("Your order for {event} is cancelled", event=order.event.name), order, to)


def find_tickets(*, subject_id: int, to: str) -> EmailMultiAlternatives | None:
    """Links to the address's orders. None, so nothing is sent, when it has none."""
    found = Order.objects.annotate(address=Lower("buyer_email")).filter(address=to.lower(), confirmed_at__isnull=False, cancelled_at=None)
    orders = list(found.select_related("event").order_by("-event__starts_at", "-placed_at")[:MOST_ORDERS])
    if not orders:
        return None
    with languages.speaking(orders[0].spoken):
        return _found(orders, to)


def _found(orders: Sequence[Order], to: str) -> EmailMultiAlternatives:
    listed = [
        {
            "name": order.event.name,
            "code": order.code,
            "when": dates.with_zone(order.event.local_start),
            "link": absolute(order.get_absolute_url()),
        }
        for order in orders
    ]
    return written("find_tickets", say("Your tickets"), to, {"orders": listed})


def _order(order_id: int) -> Order | None:
    order = ORDER.first(order=order_id)
    if order is not None:
        meters.about(event=order.event_id, organiser=order.event.organiser_id, checkout=order.trace_key)
    return order


def _message(kind: str, subject: str, order: Order, to: str, **more: Any) -> EmailMultiAlternatives:
    return written(kind, subject, to, facts_of(order) | more)


def facts_of(order: Order) -> dict[str, Any]:
    """What every mail about an order may say."""
    event = order.event
    return {
        "order": order,
        "event": event,
        "organiser": event.organiser,
        "link": absolute(order.get_absolute_url()),
        "when": dates.with_zone(event.local_start),
        "place": place_text(event),
    }


def place_text(event: Event) -> str:
    """Venue, address and city; empty for an online event."""
    return ", ".join(part for part in (event.venue_name, event.venue_address, event.city) if part)


def written(kind: str, subject: str, to: str, context: dict[str, Any]) -> EmailMultiAlternatives:
    """The mail in both forms, from emails/registrations/; replies go to the organiser where there is one."""
    context["site_name"] = settings.SITE_NAME
    text = render_to_string(f"emails/registrations/{kind}.txt", context)
    message = EmailMultiAlternatives(subject=" ".join(subject.split()), body=text, to=[to])
    message.attach_alternative(render_to_string(f"emails/registrations/{kind}.html", context), "text/html")
    if "organiser" in context:
        message.reply_to = [context["organiser"].email]
    return message
