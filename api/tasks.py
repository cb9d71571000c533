from celery import shared_task

from api import repeats
from api.webhooks import facts, sending
from ticketing.lib import clock


@shared_task(name="api.tell")
def tell() -> None:
    now = clock.now()
    facts.read(now=now)
    sending.send_due(now=now)


@shared_task(name="api.forget_old")
def forget_old() -> None:
    now = clock.now()
    repeats.forget_old(now=now)
    sending.forget_old(now=now)
