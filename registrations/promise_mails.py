"""What people are told who wait for tickets or asked for them. The outbox calls these by name when it sends."""

from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from events.models import Event
from registrations import waiting
from registrations.access import lines_of
from registrations.mails import ORDER, place_text, written
from registrations.models import Order, WaitingEntry
from ticketing.lib import dates, languages
from ticketing.lib.site import absolute


def waiting_joined(*, subject_id: int, to: str) -> EmailMultiAlternatives | None:
    """A place on the list, and the link to see or leave it. None when they wait no more."""
    entry = _entry(subject_id)
    if entry is None or entry.state != "waiting":
        return None
    return _about_entry(
        "waiting_joined",
        _("You are on the waiting list for {event}"),
        entry,
        to,
        place=waiting.place_of(entry=entry),
    )


def waiting_offer(*, subject_id: int, to: str) -> EmailMultiAlternatives | None:
    """Tickets are set aside: the link to get them, once, and until when. None when that is over."""
    entry = _entry(subject_id)
    if entry is None or entry.hold is None or entry.state != "offered" or entry.event.cancelled_at:
        return None
    line = entry.hold.lines.select_related("ticket_type").get()
    offer = {
        "quantity": line.quantity,
        "name": line.ticket_type.name,
        "until": entry.hold.expires_at,
        "get_link": absolute(reverse("registrations:details", args=[entry.hold.token])),
    }
    return _about_entry("waiting_offer", _("Tickets for {event} are set aside for you"), entry, to, **offer)


def request_received(*, subject_id: int, to: str) -> EmailMultiAlternatives | None:
    """The organiser decides; nothing is paid yet. None when it is decided already."""
    order = _request(subject_id)
    return _about_order("request_received", _("Your request for {event}"), order, to) if order and order.state == "asked" else None


def request_approved(*, subject_id: int, to: str) -> EmailMultiAlternatives | None:
    """Pay until then. None when it is paid, or the time is over."""
    order = _request(subject_id)
    if order is None or order.approved_at is None or order.state != "waiting" or order.hold is None:
        return None
    return _about_order("request_approved", _("You may have tickets for {event}"), order, to, until=order.hold.expires_at)


def request_declined(*, subject_id: int, to: str) -> EmailMultiAlternatives | None:
    order = _request(subject_id)
    return _about_order("request_declined", _("Your request for {event}"), order, to) if order and order.declined_at else None


def _entry(entry_id: int) -> WaitingEntry | None:
    rows = WaitingEntry.objects.select_related("event__organiser", "ticket_type", "hold")
    return rows.filter(pk=entry_id).first()


def _request(order_id: int) -> Order | None:
    return ORDER.first(order=order_id)


def _about_entry(kind: str, subject: Any, entry: WaitingEntry, to: str, **more: Any) -> EmailMultiAlternatives:
    with languages.speaking(entry.language or entry.event.language):
        return _about(kind, subject, entry.event, to, entry=entry, link=absolute(entry.get_absolute_url()), **more)


def _about_order(kind: str, subject: Any, order: Order, to: str, **more: Any) -> EmailMultiAlternatives:
    with languages.speaking(order.spoken):
        return _about(
            kind, subject, order.event, to, order=order, lines=lines_of(order=order), link=absolute(order.get_absolute_url()), **more
        )


def _about(kind: str, subject: Any, event: Event, to: str, **more: Any) -> EmailMultiAlternatives:
    """`until`: a moment, told on the venue's clocks."""
    if "until" in more:
        more["until"] = dates.with_zone(more["until"].astimezone(event.zone))
    when = dates.with_zone(event.local_start)
    context = {"event": event, "organiser": event.organiser, "when": when, "where": place_text(event)} | more
    return written(kind, str(subject).format(event=event.name), to, context)
