from celery import shared_task

from events import reserving
from registrations import answer_files, expiry, fulfilment
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
