"""What happens at the till: a buyer who pays at the practice provider's page, its notices, the sweeps."""

import threading
from contextlib import contextmanager

from django.db import connection
from django.test import Client

from operations.audit import audit
from payments import notices, settlement
from payments.gateway import GATEWAYS, GatewayTrouble
from payments.models import Payment, PracticeSession
from payments.practice import delivery
from payments.practice.gateway import PracticeGateway
from registrations import expiry, fulfilment
from registrations.models import Order
from ticketing.lib import clock


def start(order, client=None):
    """Dana presses Pay: the address where she is sent to."""
    return (client or Client()).get(order.get_absolute_url() + "payment/")


def act(order, what, client=None, **more):
    """Dana goes to the provider's page and presses a button; the page she lands on."""
    client = client or Client()
    page = start(order, client).url
    back = client.post(path_of(page), {"act": what} | more)
    assert back.url.endswith("/payment/return/")
    return client.get(path_of(back.url))


def act_on_old_page(payment, what="pay"):
    """The provider's page was left open in a tab, and a button is pressed there now; how the session stands then."""
    Client().post(f"/practice/{payment.provider_id}/", {"act": what})
    return session_of(payment).status


def fulfilled(order):
    """The money came, the tickets and the invoice are made; the order as it is then."""
    payment = settlement.open_payment(order=order, now=clock.now())
    provider_says(payment, "succeeded")
    settlement.settle(payment=payment, now=clock.now())
    fulfilment.fulfil(order_id=order.pk, now=clock.now())
    return Order.objects.select_related("event__organiser").get(pk=order.pk)


def landing(order, client=None):
    return (client or Client()).get(order.get_absolute_url() + "payment/return/")


def path_of(url):
    return "/" + url.split("/", 3)[3]


def text(response):
    return response.content.decode()


def session_of(payment):
    return PracticeSession.objects.get(token=payment.provider_id)


def provider_says(payment, status, **fields):
    """The provider changed its own book without telling anybody: money by another way, a mistake mended."""
    PracticeSession.objects.filter(token=payment.provider_id).update(status=status, **fields)


def sweep():
    """One turn of the schedule, as ticketing/celery.py has it."""
    now = clock.now()
    notices.handle_due(now=now)
    settlement.settle_open(now=now)
    expiry.expire_holds(now=now)
    settlement.send_refunds(now=now)


def deliver():
    """The provider posts what is due to the shop's address."""
    return delivery.deliver_due(now=clock.now())


def opened(order):
    """The order's payment, open at the provider."""
    start(order)
    return Payment.objects.filter(order=order).latest("pk")


def claimed(kind):
    return kind.quotas.get().claimed


def assert_audit_is_clean():
    assert {finding.invariant.name: finding.violated for finding in audit() if finding.violated} == {}


def violated():
    return {finding.invariant.name for finding in audit() if finding.violated}


def at_once(count, work):
    """Run work(n) in `count` threads that start together; returns what they returned or raised."""
    together, results = threading.Barrier(count, timeout=30), []

    def run(number):
        together.wait()
        try:
            results.append(work(number))
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class LosesAnswers(PracticeGateway):
    """The provider acts, and its answer is lost on the way (F11, F22): as many times as `losses` says."""

    losses = 0

    def open_session(self, *, asked):
        return self._lose(super().open_session(asked=asked))

    def refund(self, *, provider_id, amount_minor, idempotency_key):
        return self._lose(super().refund(provider_id=provider_id, amount_minor=amount_minor, idempotency_key=idempotency_key))

    def _lose(self, answer):
        if LosesAnswers.losses > 0:
            LosesAnswers.losses -= 1
            raise GatewayTrouble("time-out")
        return answer


def lose_answers(monkeypatch, times):
    monkeypatch.setitem(GATEWAYS, "practice", f"{__name__}.LosesAnswers")
    monkeypatch.setattr(LosesAnswers, "losses", times)


@contextmanager
def without_constraint(model, name):
    """The negative control's world: the database does not stand behind the code. Empties the table at the end."""
    constraint = next(each for each in model._meta.constraints if each.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        model.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)
