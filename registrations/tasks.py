from celery import shared_task

from events import reserving
from registrations import answer_files, approval, expiry, fulfilment, waiting_offers
from ticketing.lib import clock


@shared_task(name="registrations.fulfil")
def fulfil(order_id: int) -> None:
    fulfilment.fulfil(order_id=order_id, now=clock.now())


@shared_task(name="registrations.fulfil_due")
def fulfil_due() -> None:
    fulfilment.fulfil_due(now=clock.now())


@shared_task(name="registrations.expire_holds")
def expire_holds() -> None:
    expiry.expire_holds(now=clock.now())


@shared_task(name="registrations.forget_unused_files")
def forget_unused_files() -> None:
    answer_files.forget_unused(now=clock.now())


@shared_task(name="registrations.end_reservations")
def end_reservations() -> None:
    reserving.put_ended_on_sale(now=clock.now())


@shared_task(name="registrations.keep_promises")
def keep_promises() -> None:
    """What the waiting list and requests wait for: places that came free, and times that are over."""
    approval.expire_requests(now=clock.now())
    waiting_offers.offer_due(now=clock.now())
