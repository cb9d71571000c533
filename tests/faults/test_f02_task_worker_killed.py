"""F2: kill -9 a Celery worker in mid-task. M4; one mail per order and kind."""

from bench.meter import tree
from tests.faults.stage import Sale, Stage, kill, until

MAILS = "from outbox.models import Mail\nfrom registrations.models import Order\nprint(Order.objects.count(), Order.objects.filter(fulfilled_at=None).count(), Mail.objects.filter(sent_at=None).count(), Mail.objects.count())"


def test_every_order_gets_its_mail_once():
    with Stage() as stage:
        with Sale(stage) as sale:
            sale.goes_on(8)
            for pid in sorted(tree([stage.worker.pid])):
                kill(pid)
            stage.worker.wait()
            sale.goes_on(4)
        stage.start_worker()
        stage.python(
            "from outbox.models import Mail\nMail.objects.filter(sent_at=None).update(due_at=now)"
        )  # not to wait for the claim's end

        def done():
            orders, unfulfilled, unsent, mails = map(int, stage.python(MAILS).split())
            return unfulfilled == 0 and unsent == 0 and mails == orders

        until(done, seconds=40)
        stage.audit()
