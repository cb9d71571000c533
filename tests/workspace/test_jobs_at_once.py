"""A long export never takes all workers: urgent work goes on beside it, and no second one begins."""

import threading
import time
from contextlib import contextmanager

import pytest
from django.db import connections

from tests.faults.stage import Stage, until
from ticketing.embedded import children
from ticketing.lib import clock
from workspace import jobs
from workspace.models import Job

# An export's last statement waits while there is a row in `going_on`.
SLOW = """
from django.db import connection
connection.cursor().execute('''
CREATE TABLE going_on (n int);
CREATE FUNCTION go_on() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  WHILE EXISTS (SELECT 1 FROM going_on) LOOP PERFORM pg_sleep(0.05); END LOOP; RETURN NEW; END $$;
CREATE TRIGGER going_on BEFORE UPDATE ON workspace_job FOR EACH ROW WHEN (NEW.finished_at IS NOT NULL) EXECUTE FUNCTION go_on();
''')
"""
EXPORT = """
from django.db import connection
from events.models import Event
from workspace import jobs
connection.cursor().execute("INSERT INTO going_on VALUES (1)")
arguments = {"what": "orders", "format": "csv", "filters": {}}
print(jobs.ask(event=Event.objects.get(slug="fault"), kind="export", arguments=arguments, by=None, total=None, now=now).pk)
"""
END = "from django.db import connection\nconnection.cursor().execute('DELETE FROM going_on')"
BUY = """
from tests import cast
from events.models import TicketType
print(cast.ordered(TicketType.objects.get(event__slug="fault")).pk)
"""
STATE = (
    "from workspace.models import Job\njob = Job.objects.get(pk={})\nprint('over' if job.is_over else 'begun' if job.started_at else '')"
)
FULFILLED = "from registrations.models import Order\nprint(Order.objects.get(pk={}).fulfilled_at is not None)"


@contextmanager
def long_export(stage):
    job = stage.python(EXPORT)
    until(lambda: stage.python(STATE.format(job)) == "begun", seconds=60)
    yield
    assert stage.python(STATE.format(job)) == "begun", "the export was over too soon to show anything"
    stage.python(END)
    until(lambda: stage.python(STATE.format(job)) == "over", seconds=60)


def test_an_order_is_fulfilled_while_a_long_export_runs(monkeypatch):
    """On the real worker, as the product starts it; and with one thread, as a control, the order waits."""
    with Stage(capacity=100) as stage:
        stage.python(SLOW)
        with long_export(stage):
            order = stage.python(BUY)
            until(lambda: stage.python(FULFILLED.format(order)) == "True", seconds=60)
        children.stop(stage.worker, seconds=5)
        monkeypatch.setenv("TASK_WORKERS", "1")
        stage.start_worker()
        with long_export(stage):
            order = stage.python(BUY)
            time.sleep(2)
            assert stage.python(FULFILLED.format(order)) == "False"
        until(lambda: stage.python(FULFILLED.format(order)) == "True", seconds=60)


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
