from celery import shared_task

from payments import event_refunds, fees, forgetting, notices, reconciliation, settlement, sums
from payments.practice import delivery
from ticketing.lib import clock


@shared_task(name="payments.handle_new_notices")
def handle_new_notices() -> None:
    notices.handle_new(now=clock.now())


@shared_task(name="payments.handle_due_notices")
def handle_due_notices() -> None:
    notices.handle_due(now=clock.now())


@shared_task(name="payments.settle_open")
def settle_open() -> None:
    settlement.settle_open(now=clock.now())


@shared_task(name="payments.send_refunds")
def send_refunds() -> None:
    settlement.send_refunds(now=clock.now())


@shared_task(name="payments.forget_buyers")
def forget_buyers() -> None:
    forgetting.forget_due(now=clock.now())


@shared_task(name="payments.refund_events")
def refund_events() -> None:
    event_refunds.go_on(now=clock.now())


@shared_task(name="payments.take_fees")
def take_fees() -> None:
    fees.take_fees(now=clock.now())


@shared_task(name="payments.sum_up")
def sum_up() -> None:
    sums.sum_up(now=clock.now())


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
