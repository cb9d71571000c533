"""What shows that a disputed order was real: the order, what was sent, and who came in.

Entries are told by whoever keeps them (registrations.attendance): payments does not know the gate."""

from dataclasses import dataclass
from datetime import datetime

from outbox.models import Mail
from registrations import attendance
from registrations.models import Order
from ticketing.lib import money
from ticketing.lib.site import absolute

MAILS = {"order_confirmation": "The tickets", "order_cancelled": "Notice of the cancellation"}
LONGEST = 20_000  # Stripe takes 150,000 characters over all fields


@dataclass(frozen=True, kw_only=True)
class Pack:
    """Everything that is known of an order and speaks for it. Times UTC."""

    order: Order
    bought: list[str]
    mails: list[tuple[str, str, datetime | None]]
    entries: list[attendance.Attendance]


def pack(*, order: Order) -> Pack:
    lines = order.lines.select_related("ticket_type")
    return Pack(
        order=order,
        bought=[f"{line.quantity} × {line.ticket_type.name} at {money.format_money(line.price_minor, order.currency)}" for line in lines],
        mails=[(MAILS.get(kind, kind.replace("_", " ").capitalize()), to, at) for kind, to, at in _mails(order)],
        entries=attendance.of_order(order=order),
    )


def _mails(order: Order) -> list[tuple[str, str, datetime | None]]:
    return list(Mail.objects.filter(kind__startswith="order", subject_id=order.pk).order_by("id").values_list("kind", "to", "sent_at"))


def as_text(*, pack: Pack, words: str) -> dict[str, str]:
    """The pack under the names that Stripe gives to kinds of evidence."""
    order, event = pack.order, pack.order.event
    sent = [f"{kind} to {to}, {at:%Y-%m-%d %H:%M} UTC" for kind, to, at in pack.mails if at]
    came = [f"{each.attendee}: {each.verdict} at {each.gate}, {each.at:%Y-%m-%d %H:%M} UTC" for each in pack.entries]
    text = {
        "customer_name": order.buyer_name,
        "customer_email_address": order.buyer_email,
        "product_description": f"{event.name}, {event.starts_at:%Y-%m-%d %H:%M} UTC, {event.venue_name}: {', '.join(pack.bought)}",
        "service_date": f"{event.starts_at:%Y-%m-%d}",
        "access_activity_log": "\n".join([*(f"Sent: {line}" for line in sent), *(f"Scanned: {line}" for line in came)]),
        "uncategorized_text": "\n".join(
            [
                words,
                f"Order {order.code}, placed {order.placed_at:%Y-%m-%d %H:%M} UTC and confirmed "
                + (f"{order.confirmed_at:%Y-%m-%d %H:%M} UTC." if order.confirmed_at else "never."),
                f"The event's page with its terms: {absolute(event.get_absolute_url())}",
            ]
        ).strip(),
    }
    return {name: value[:LONGEST] for name, value in text.items() if value}
