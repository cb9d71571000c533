"""After the order: the PDF is made and stored, the confirmation is owed and sent.

Everything here is derived from rows and can be made again: a lost PDF is drawn anew at download.
"""

import logging
from datetime import datetime

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from outbox import post
from registrations import documents, invoices
from registrations.models import Order
from ticketing.lib import meters, traces
from ticketing.lib.later import later
from ticketing.lib.prepared import HastyUpdate, Param, Prepared
from trail import record

logger = logging.getLogger("ticketing.fulfilment")
BATCH = 200
UNFULFILLED = Prepared(
    lambda: Order.objects.unfulfilled().select_related("event__organiser").defer("event__description").filter(pk=Param("order"))
)
FULFIL = HastyUpdate(lambda: Order.objects.filter(pk=Param("order")), fulfilled_at=Param("now"))


def fulfil(*, order_id: int, now: datetime) -> None:
    """Make the order's documents and send its confirmation. Idempotent; safe beside itself."""
    order = UNFULFILLED.first(order=order_id)
    if order is None:
        return
    meters.about(event=order.event_id, organiser=order.event.organiser_id, checkout=order.trace_key)
    with transaction.atomic():
        key = post.owe(kind="order_confirmation", to=order.buyer_email, subject_id=order.pk, now=now, event_id=order.event_id)
        invoices.issue(order=order, now=now)
    if settings.PDF_IN_MAIL:
        store_pdf(order=order)
    FULFIL.run(order=order.pk, now=now)
    post.send_now(key=key, now=now)


def fulfil_due(*, now: datetime) -> int:
    """Fulfil what a lost nudge left behind. Returns how many orders were looked at."""
    due = list(Order.objects.unfulfilled().order_by("confirmed_at").values_list("pk", flat=True)[:BATCH])
    for order_id in due:
        try:
            with traces.part("registrations.fulfil"):
                fulfil(order_id=order_id, now=now)
        except Exception:  # one order that can't be drawn must not keep the others waiting
            logger.exception("Order %s not fulfilled; tried again by the next sweep.", order_id)
    return len(due)


def pdf_name(*, order: Order) -> str:
    """Where the order's PDF is kept. The secret is in the name: a bucket's listing is not public, a link is short-lived."""
    return f"tickets/{order.event_id}/{order.code}-{order.secret[:8]}-v{order.event.design_version}.{order.revision}.pdf"


def store_pdf(*, order: Order) -> bytes:
    """Draw the order's PDF and keep a copy. The copy may fail (F9): the bytes are there all the same."""
    pdf = documents.order_pdf(order=order)
    name = pdf_name(order=order)
    try:
        if not default_storage.exists(name):
            default_storage.save(name, ContentFile(pdf))
    except Exception as error:  # storage fails in many ways, none of which may stop the buyer
        traces.trouble()
        logger.warning("PDF of order %s not stored (%s); drawn again on demand.", order.pk, type(error).__name__)
    return pdf


def stored_pdf(*, order: Order) -> bytes:
    """The order's PDF: the stored copy, or drawn on the spot when it is missing or out of reach (F9, F10)."""
    try:
        with default_storage.open(pdf_name(order=order)) as file:
            return bytes(file.read())
    except Exception:
        return store_pdf(order=order)


def pdf_link(*, order: Order) -> str | None:
    """A short-lived link to the stored PDF in a bucket. None when files are local, the copy is missing or
    the bucket does not answer: the page then gives the bytes itself."""
    if not settings.S3_BUCKET:
        return None
    name = pdf_name(order=order)
    try:
        disposition = {
            "ResponseContentDisposition": f'attachment; filename="tickets-{order.code}.pdf"',
            "ResponseContentType": "application/pdf",
        }
        return default_storage.url(name, parameters=disposition) if default_storage.exists(name) else None  # type: ignore[call-arg]
    except Exception as error:
        logger.warning("No link to the PDF of order %s (%s); drawn on the spot.", order.pk, type(error).__name__)
        return None


def send_again(*, order: Order, now: datetime) -> None:
    """The confirmation once more, because somebody asked; at most once a minute."""
    with transaction.atomic():
        key = f"order_confirmation:{order.pk}:{now:%Y%m%d%H%M}"
        post.owe(kind="order_confirmation", to=order.buyer_email, subject_id=order.pk, now=now, key=key, event_id=order.event_id)
        record.note(
            act="confirmation_sent_again", about="order", about_id=order.pk, event_id=order.event_id, words=f"To {order.buyer_email}"
        )
        later("outbox.send_due")


def fulfil_without_mail(*, order: Order, now: datetime) -> None:
    """An order whose buyer is told in another way, or not at all. In the transaction that makes it."""
    FULFIL.run(order=order.pk, now=now)
