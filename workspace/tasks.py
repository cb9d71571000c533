from celery import shared_task

from ticketing.lib import clock
from workspace import exporting, jobs, messaging, sealing, traffic


@shared_task(name="workspace.run_job")
def run_job(job_id: int) -> None:
    jobs.run(job_id=job_id, now=clock.now())


@shared_task(name="workspace.run_due_jobs")
def run_due_jobs() -> None:
    exporting.ask_due(now=clock.now())
    jobs.run_due(now=clock.now())


@shared_task(name="workspace.sum_up")
def sum_up() -> None:
    sealing.seal(now=clock.now())
    traffic.sweep_views(now=clock.now())


@shared_task(name="workspace.send_messages")
def send_messages() -> None:
    messaging.send_due(now=clock.now())
