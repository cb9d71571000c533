from celery import shared_task

from payments import event_refunds, reconciliation, settlement
from payments.models import Notice
from payments.practice import delivery
from ticketing.lib import clock


@shared_task(name="payments.handle_notice")
def handle_notice(notice_id: int) -> None:
    notice = Notice.objects.filter(pk=notice_id, handled_at=None).first()
    if notice is not None:
        settlement.handle_notice(notice=notice, now=clock.now())


@shared_task(name="payments.handle_due_notices")
def handle_due_notices() -> None:
    settlement.handle_due_notices(now=clock.now())


@shared_task(name="payments.settle_open")
def settle_open() -> None:
    settlement.settle_open(now=clock.now())


@shared_task(name="payments.send_refunds")
def send_refunds() -> None:
    settlement.send_refunds(now=clock.now())


@shared_task(name="payments.refund_events")
def refund_events() -> None:
    event_refunds.go_on(now=clock.now())


@shared_task(name="payments.take_fees")
def take_fees() -> None:
    reconciliation.take_fees(now=clock.now())


@shared_task(name="payments.recover_notices")
def recover_notices() -> None:
    reconciliation.recover_notices(now=clock.now())


@shared_task(name="payments.compare_lists")
def compare_lists() -> None:
    reconciliation.compare_lists(now=clock.now())


@shared_task(name="payments.reconcile_payouts")
def reconcile_payouts() -> None:
    reconciliation.reconcile_payouts(now=clock.now())


@shared_task(name="payments.practice_deliver_due")
def practice_deliver_due() -> None:
    delivery.deliver_due(now=clock.now())
