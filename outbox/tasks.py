from celery import shared_task

from outbox import post
from ticketing.lib import clock


@shared_task(name="outbox.send_due")
def send_due() -> None:
    post.send_due(now=clock.now())


@shared_task(name="outbox.send_bulk_due")
def send_bulk_due() -> None:
    post.send_bulk_due(now=clock.now())
