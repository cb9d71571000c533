"""F35: somebody is forgotten, then a backup from before is restored. The product, started again, forgets them again by itself."""

import shutil
import subprocess

from tests.faults.stage import Stage, until

MAKE = """
from events.models import TicketType
from tests import cast
from django.core.files.storage import default_storage
from django.core.files.base import ContentFile
kind = TicketType.objects.select_related("event").get(pk={kind})
order = cast.ordered(kind, email="dana.g@example.com")
default_storage.save(f"tickets/{{order.event_id}}/{{order.code}}-test.pdf", ContentFile(b"Dana's ticket"))
print(order.pk)
"""
ASK = """
from registrations import erasure
from registrations.models import Order
from events.models import Event
from datetime import timedelta
Event.objects.update(starts_at=now - timedelta(days=2), ends_at=now - timedelta(days=1))
erasure.ask_order(order=Order.objects.select_related("event").get(pk={order}), now=now)
"""
KNOWN = """
from registrations.models import Erasure, Order
from django.core.files.storage import default_storage
order = Order.objects.get(pk={order})
print(order.buyer_email or "-", len(default_storage.listdir(f"tickets/{{order.event_id}}")[1]), Erasure.objects.filter(kept_outside_at__isnull=False).count())
"""
FORGOTTEN = "- 0 1"


def stopped(stage):
    """Nothing runs: what a backup is taken from, and restored to."""
    from ticketing.embedded import children

    if stage.asked is not None:
        stage.asked.stdin.close()
        stage.asked.wait(20)
        stage.asked.stdout.close()
        stage.asked = None
    for process in (stage.web, stage.worker):
        children.stop(process, seconds=10)
    stage.servers.stop()


def started(stage, *, worker=True):
    stage.servers.start_missing()
    stage.start_web()
    if worker:
        stage.start_worker()


def test_a_restored_database_forgets_again_by_itself():
    with Stage() as stage:
        order = int(stage.python(MAKE.format(kind=stage.type_id)))
        stopped(stage)
        backup = stage.var / "backup"
        subprocess.run(["cp", "-a", str(stage.var / "postgres"), str(backup)], check=True)

        started(stage)
        stage.python(ASK.format(order=order))
        until(lambda: stage.python(KNOWN.format(order=order)) == FORGOTTEN, seconds=90)

        stopped(stage)
        shutil.rmtree(stage.var / "postgres")
        subprocess.run(["cp", "-a", str(backup), str(stage.var / "postgres")], check=True)
        started(stage, worker=False)
        assert stage.python(KNOWN.format(order=order)).startswith("dana.g@example.com")  # the backup remembers

        stage.start_worker()
        until(lambda: stage.python(KNOWN.format(order=order)) == FORGOTTEN, seconds=90)
        stage.audit()


def test_control_without_the_proofs_outside_the_database_a_restore_brings_them_back():
    with Stage(worker=False) as stage:
        order = int(stage.python(MAKE.format(kind=stage.type_id)))
        stage.python(ASK.format(order=order) + "\nerasure.erase_due(now=now)")
        assert stage.python(KNOWN.format(order=order)) == FORGOTTEN
        shutil.rmtree(stage.var / "media" / "erasures")
        restored = f"""
from registrations.models import Erasure, Order
from registrations import erasure
Order.objects.filter(pk={order}).update(buyer_email="dana.g@example.com", erased_at=None)
Erasure.objects.all().delete()
print(erasure.again(now=now), Order.objects.get(pk={order}).buyer_email)
"""
        assert stage.python(restored) == "0 dana.g@example.com"
