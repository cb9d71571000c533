from celery import shared_task

from operations.doctor.parts import answer_doctor  # noqa: F401  # its task
from operations.meters import rollup
from operations.watch import evaluation
from ticketing.lib import clock


@shared_task(name="operations.keep_watch")
def keep_watch() -> None:
    evaluation.keep_watch(now=clock.now())


@shared_task(name="operations.roll_up_hours")
def roll_up_hours() -> None:
    rollup.roll_up_hours(now=clock.now())
