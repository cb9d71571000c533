from celery import shared_task

from events import series_work
from ticketing.lib import clock


@shared_task(name="events.do_series_work")
def do_series_work() -> None:
    series_work.do_due(now=clock.now())
