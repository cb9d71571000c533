"""A long export never takes all workers: urgent work goes on beside it, and no second one begins."""

import threading

import pytest
from django.db import connections

from tests.faults.stage import Stage, until
from ticketing.lib import clock
from workspace import jobs
from workspace.models import Job

EXPORT = """
from events.models import Event
from operations.demo import large
from tests import cast
from workspace import exporting
from workspace.filters import Filter
event = Event.objects.get(slug="fault")
full = cast.event(organiser=event.organiser, slug="full")
large.fill(event=full, tickets=40_000, now=now)
job = exporting.ask(event=full, what="attendees", wanted=Filter(), form="xlsx", by=None, now=now)
print(job.pk)
"""
BUY = """
from tests import cast
from events.models import TicketType
order = cast.ordered(TicketType.objects.get(event__slug="fault"))
print(order.pk)
"""


def test_an_order_is_fulfilled_while_a_long_export_runs():
    """On the real worker, as the product starts it."""
    with Stage(capacity=100) as stage:
        job = stage.python(EXPORT)
        row = f"from workspace.models import Job\nprint(*Job.objects.filter(pk={job}).values_list("
        until(lambda: stage.python(row + "'started_at', flat=True))") != "None", seconds=60)
        order = stage.python(BUY)
        fulfilled = f"from registrations.models import Order\nprint(Order.objects.get(pk={order}).fulfilled_at is not None)"
        until(lambda: stage.python(fulfilled) == "True", seconds=60)
        assert stage.python(row + "'finished_at', flat=True))") == "None", "the export was over before the order was fulfilled"


@pytest.mark.django_db(transaction=True)
def test_of_jobs_that_begin_at_once_only_as_many_run_as_may(concert, settings):
    settings.JOBS_AT_ONCE = 1
    waiting = [Job.objects.create(event=concert, kind="export", arguments={}, asked_at=clock.now()) for _ in range(4)]
    together, running = threading.Barrier(4, timeout=30), []

    def begin(job):
        together.wait()
        running.append(jobs._begun(job.pk, clock.now()))
        connections.close_all()

    threads = [threading.Thread(target=begin, args=(job,)) for job in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(running) == [False, False, False, True]


@pytest.mark.django_db(transaction=True)
def test_without_standing_in_a_line_too_many_begin(concert, settings, monkeypatch):
    """The control: whoever looks waits until all have looked."""
    settings.JOBS_AT_ONCE = 1
    waiting = [Job.objects.create(event=concert, kind="export", arguments={}, asked_at=clock.now()) for _ in range(2)]
    together, running = threading.Barrier(2, timeout=30), []
    monkeypatch.setattr(jobs, "BEGINNING", None)  # a lock of NULL is no lock
    look = jobs.Coalesce

    def looked(*arguments):
        together.wait()
        return look(*arguments)

    monkeypatch.setattr(jobs, "Coalesce", looked)

    def begin(job):
        running.append(jobs._begun(job.pk, clock.now()))
        connections.close_all()

    threads = [threading.Thread(target=begin, args=(job,)) for job in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert running == [True, True]
