import contextlib

from celery import shared_task
from redis.exceptions import RedisError

from operations.doctor.parts import answer_doctor  # noqa: F401  # its task
from operations.meters import rollup
from operations.traces import keeping
from operations.watch import evaluation
from ticketing.lib import clock


@shared_task(name="operations.keep_watch")
def keep_watch() -> None:
    evaluation.keep_watch(now=clock.now())
    with contextlib.suppress(RedisError, OSError):  # they wait in Redis or in the processes
        keeping.take_in(now=clock.now())


@shared_task(name="operations.roll_up_hours")
def roll_up_hours() -> None:
    rollup.roll_up_hours(now=clock.now())
    keeping.thin_out(now=clock.now())
