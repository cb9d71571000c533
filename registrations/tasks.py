from datetime import datetime, timedelta

from celery import shared_task

from events import reserving
from registrations import answer_files, approval, erasure, expiry, fulfilment, waiting_offers
from registrations.wallets import updates
from ticketing.lib import clock, personal


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


@shared_task(name="registrations.erase_due")
def erase_due() -> None:
    """A process that has just started looks at the proofs too: the database may be a restored one."""
    global _compared_at
    now = clock.now()
    if _compared_at is None or now - _compared_at > COMPARE_EVERY:
        erasure.again(now=now)
        _compared_at = now
    erasure.erase_due(now=now)


COMPARE_EVERY = timedelta(minutes=30)
_compared_at: datetime | None = None


@shared_task(name="registrations.erase_events")
def erase_events() -> None:
    erasure.erase_events(now=clock.now())


@shared_task(name="registrations.erase_old")
def erase_old() -> None:
    personal.erase_old(now=clock.now())


@shared_task(name="registrations.compare_passes")
def compare_passes() -> None:
    updates.sweep(now=clock.now())
