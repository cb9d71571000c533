"""The provider's notices: ten at once, out of order, never, forged; delivered over real HTTP (F13 to F15, F20, F21)."""

import json
import threading

import pytest
from django.db import connection
from django.test import Client

from outbox.models import Mail
from payments import notices, settlement
from payments.gateway import Session, Status
from payments.models import Notice, Payment, PracticeNotice
from payments.practice import delivery
from payments.practice.gateway import SIGNATURE_HEADER, secrets, sign
from registrations import checkout, fulfilment, ordering
from registrations.models import Order, Ticket
from tests import cast
from tests.payments import till
from ticketing.lib import clock

pytestmark = pytest.mark.django_db
REAL = pytest.mark.django_db(transaction=True)


def paid_at_provider(order, what="pay", **more):
    """Dana paid and closed her browser before it went back to the shop."""
    payment = till.opened(order)
    Client().post(f"/practice/{payment.provider_id}/", {"act": what} | more)
    return payment


def handle_kept():
    notices.handle_due(now=clock.now())


# F13: ten at once


@REAL
def test_a_notice_over_http_is_kept_and_then_gives_the_tickets(kind, shop):
    order = cast.ordered(kind, 2)
    paid_at_provider(order)
    assert till.deliver() == 1
    notice = Notice.objects.get()
    assert notice.kind == "session.succeeded" and notice.handled_at is None
    assert not order.tickets.exists()  # kept first, acted on by a task
    handle_kept()
    notice.refresh_from_db()
    assert notice.handled_at and order.tickets.count() == 2
    till.assert_audit_is_clean()


@REAL
def test_f13_ten_copies_at_once_are_one_transition_one_set_of_tickets_and_one_mail(kind, shop, settings):
    settings.PDF_IN_MAIL = False
    order = cast.ordered(kind, 2)
    paid_at_provider(order)
    copy = PracticeNotice.objects.select_related("session").get()
    assert till.at_once(10, lambda _: delivery.post(notice=copy, now=clock.now())) == [True] * 10
    notice = Notice.objects.get()
    assert till.at_once(10, lambda _: notices.handle(notice=notice, now=clock.now())) == [True] * 10
    till.at_once(4, lambda _: fulfilment.fulfil(order_id=order.pk, now=clock.now()))
    assert (Payment.objects.filter(succeeded_at__isnull=False).count(), order.tickets.count()) == (1, 2)
    assert Mail.objects.filter(kind="order_confirmation").count() == 1
    assert till.claimed(kind) == 2
    till.assert_audit_is_clean()


@REAL
def test_control_without_the_locks_and_the_constraint_ten_would_be_ten_sets(kind, monkeypatch):
    order = cast.ordered(kind)
    kind.quotas.update(capacity=100)
    all_read = threading.Barrier(10, timeout=20)
    take_places = ordering._take_places

    def after_all_have_read(order, now):
        all_read.wait()
        return take_places(order, now)

    monkeypatch.setattr(ordering, "_take_places", after_all_have_read)
    monkeypatch.setattr(ordering, "lock_order", lambda *, order_id: Order.objects.get(pk=order_id))
    with till.without_constraint(Ticket, "ticket_position_once"):
        till.at_once(10, lambda _: checkout.confirm_order(order=order, now=clock.now()))
        assert order.tickets.count() == 10
        assert "M4" in till.violated()


@REAL
def test_doubled_notices_from_the_providers_page_do_no_harm(kind, shop):
    order = cast.ordered(kind)
    paid_at_provider(order, doubled="1")
    assert PracticeNotice.objects.count() == 3
    assert till.deliver() == 3
    handle_kept()
    assert Notice.objects.count() == order.tickets.count() == 1
    till.assert_audit_is_clean()


# F14: out of order


@REAL
def test_f14_a_pending_notice_after_the_success_changes_nothing(kind, shop, pass_time):
    order = cast.ordered(kind)
    paid_at_provider(order, "pay-later", late="1")
    pass_time(seconds=11)
    till.deliver()
    handle_kept()
    assert list(Notice.objects.values_list("kind", flat=True)) == ["session.succeeded"]
    assert order.tickets.count() == 1
    pass_time(seconds=11)
    till.deliver()
    handle_kept()
    assert Notice.objects.filter(handled_at__isnull=False).count() == 2
    payment = Payment.objects.get()
    assert payment.succeeded_at and payment.failed_at is None
    till.assert_audit_is_clean()


@pytest.mark.parametrize("earlier", [Status.OPEN, Status.PENDING, Status.FAILED, Status.EXPIRED])
def test_f14_an_answer_that_was_fetched_earlier_and_comes_later_never_moves_a_payment_back(kind, earlier):
    order = cast.ordered(kind)
    till.act(order, "pay")
    payment = Payment.objects.get()
    old = Session(provider_id=payment.provider_id, status=earlier, payment_url="", amount_minor=1500, currency="EUR")
    before = Payment.objects.values("succeeded_at", "failed_at", "pending_at", "failure").get()
    settlement.apply(payment=payment, session=old, now=clock.now())
    assert Payment.objects.values("succeeded_at", "failed_at", "pending_at", "failure").get() == before
    assert order.tickets.count() == 1
    till.assert_audit_is_clean()


def test_f14_a_failure_fetched_before_a_newer_payment_does_not_free_its_hold(kind):
    order = cast.ordered(kind)
    till.act(order, "decline")
    declined = Payment.objects.get()
    till.opened(order)
    settlement.settle(payment=declined, now=clock.now())
    order.hold.refresh_from_db()
    assert order.hold.payment_open_since is not None
    till.assert_audit_is_clean()


def test_control_believing_the_last_notice_would_move_a_paid_one_back(kind):
    """Without the one way forward, the database itself refuses a payment that both succeeded and failed."""
    from django.db import IntegrityError, transaction

    till.act(cast.ordered(kind), "pay")
    with pytest.raises(IntegrityError, match="payment_decided_once"), transaction.atomic():
        Payment.objects.update(failed_at=clock.now())
    Payment.objects.update(failed_at=clock.now(), succeeded_at=None)
    assert "I3" in till.violated()


# F15: never


def test_f15_the_landing_page_settles_without_any_notice(kind):
    order = cast.ordered(kind)
    paid_at_provider(order)
    assert till.landing(order).url == order.get_absolute_url()
    assert order.tickets.count() == 1 and not Notice.objects.exists()


def test_f15_the_reconciler_settles_when_neither_the_notice_nor_the_buyer_comes(kind, pass_time):
    order = cast.ordered(kind)
    paid_at_provider(order)
    pass_time(seconds=20)
    till.sweep()
    assert order.tickets.count() == 1 and not Notice.objects.exists()
    till.assert_audit_is_clean()


@REAL
def test_a_notice_that_is_not_taken_is_sent_again_later(kind, shop, settings, pass_time):
    paid_at_provider(cast.ordered(kind))
    settings.SITE_URL = "http://127.0.0.1:9"  # nobody listens there
    assert till.deliver() == 0
    settings.SITE_URL = shop.url
    assert till.deliver() == 0  # not due again yet
    pass_time(seconds=6)
    assert till.deliver() == 1
    assert till.deliver() == 0
    assert Notice.objects.count() == 1


def test_a_notice_kept_while_the_provider_is_away_is_acted_on_afterwards(kind, settings):
    order = cast.ordered(kind)
    payment = paid_at_provider(order)
    tell(payment)
    settings.PRACTICE_AWAY = True
    handle_kept()
    notice = Notice.objects.get()
    assert (notice.handled_at, notice.tries) == (None, 1) and "switched off" in notice.last_error
    settings.PRACTICE_AWAY = False
    handle_kept()
    assert order.tickets.count() == 1
    till.assert_audit_is_clean()


def test_a_notice_that_can_not_be_acted_on_does_not_keep_the_next_ones_waiting(kind):
    lost, order = till.opened(cast.ordered(kind)), cast.ordered(kind)
    tell(lost, id="first")
    till.session_of(lost).delete()  # the provider knows nothing of it any more
    tell(paid_at_provider(order), id="second")
    handle_kept()
    assert order.tickets.count() == 1
    stuck = Notice.objects.get(provider_notice_id="first")
    assert (stuck.handled_at, stuck.tries) == (None, 1) and "no such session" in stuck.last_error


def test_a_notice_of_an_unknown_session_is_harmless(kind):
    payment = till.opened(cast.ordered(kind))
    payment.provider_id = "somebody-else's"
    assert tell(payment).status_code == 200
    handle_kept()
    assert Notice.objects.get().handled_at


# F20: not genuine


def tell(payment, *, age=0, alter=lambda body: body, header=None, secret=None, **content):
    """Post a notice as the provider would, or as somebody who is not the provider."""
    body = json.dumps({"id": "n-1", "kind": "session.succeeded", "session": payment.provider_id} | content).encode()
    stamp = str(int(clock.now().timestamp()) - age)
    signature = f"{stamp}.{sign(body=body, stamp=stamp, secret=secret or secrets()[0])}"
    headers = {SIGNATURE_HEADER: signature if header is None else header(stamp, signature)}
    return Client().post("/notices/practice/", alter(body), content_type="application/json", headers=headers)


@pytest.mark.parametrize(
    "forged",
    [
        {"secret": "another secret"},
        {"age": 301},
        {"age": -301},
        {"alter": lambda body: body.replace(b"n-1", b"n-2")},
        {"alter": lambda body: body + b" "},
        {"header": lambda stamp, signature: ""},
        {"header": lambda stamp, signature: signature[:-1]},
        {"header": lambda stamp, signature: f"{int(stamp) + 1}{signature[len(stamp) :]}"},
        {"header": lambda stamp, signature: stamp + ".é"},
        {"header": lambda stamp, signature: "²." + signature},
        {"header": lambda stamp, signature: "9" * 400 + signature},
        {"header": lambda stamp, signature: f"-{signature}"},
    ],
)
def test_f20_a_notice_that_is_not_genuine_is_400_and_nothing_is_kept(kind, forged):
    order = cast.ordered(kind)
    payment = paid_at_provider(order)
    assert tell(payment, **forged).status_code == 400
    assert not Notice.objects.exists() and Payment.objects.get().is_open
    assert tell(payment).status_code == 200  # the control: the genuine one is kept
    assert Notice.objects.count() == 1


@pytest.mark.parametrize("body", [b"", b"[]", b'"text"', b"{}", b"\xff\xfe", b'{"id": 1}'])
def test_f20_a_genuine_signature_over_nonsense_is_400(body):
    stamp = str(int(clock.now().timestamp()))
    headers = {SIGNATURE_HEADER: f"{stamp}.{sign(body=body, stamp=stamp, secret=secrets()[0])}"}
    assert Client().post("/notices/practice/", body, content_type="application/json", headers=headers).status_code == 400
    assert not Notice.objects.exists()


def test_f20_a_secret_that_is_being_rotated_out_is_still_taken(kind, settings):
    payment = till.opened(cast.ordered(kind))
    old = secrets()[0]
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a-new-secret-key-of-enough-length", [settings.SECRET_KEY]
    assert tell(payment, secret=old).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert tell(payment, secret=old, id="n-2").status_code == 400


def test_a_notice_door_is_for_posts_of_known_providers_only():
    assert Client().post("/notices/nobody/", b"{}", content_type="application/json").status_code == 404
    assert Client().get("/notices/practice/").status_code == 405
    assert Client().post("/notices/practice/", b"x" * 70_000, content_type="application/json").status_code == 413


def test_a_genuine_notice_of_an_unpaid_session_gives_nothing(kind):
    """Its words are not believed: it only says where to look."""
    order = cast.ordered(kind)
    payment = till.opened(order)
    tell(payment, kind="session.succeeded", amount_minor=1500)
    handle_kept()
    assert not order.tickets.exists() and Payment.objects.get().is_open


# F21: another amount


@pytest.mark.parametrize("other", [{"amount_minor": 1}, {"amount_minor": 1501}, {"currency": "HUF"}])
def test_f21_another_amount_is_not_fulfilled_and_the_finding_is_kept(kind, pass_time, other, caplog):
    order = cast.ordered(kind)
    payment = paid_at_provider(order)
    till.provider_says(payment, "succeeded", **other)
    tell(payment)
    handle_kept()
    payment.refresh_from_db()
    order.refresh_from_db()
    assert payment.mismatch_at and payment.succeeded_at and order.confirmed_at is None and not order.tickets.exists()
    assert str(next(iter(other.values()))) in payment.failure and "Staff decide" in caplog.text
    page = till.text(till.landing(order))
    assert "looking into your payment" in page and "on its way back" not in page and "Nothing was charged" not in page
    till.assert_audit_is_clean()


def test_f21_the_places_of_a_payment_of_another_amount_are_not_lost_for_ever(kind, pass_time):
    payment = paid_at_provider(cast.ordered(kind))
    till.provider_says(payment, "succeeded", amount_minor=1)
    settlement.settle(payment=payment, now=clock.now())
    pass_time(minutes=16)
    till.sweep()
    assert till.claimed(kind) == 0
    till.assert_audit_is_clean()


def test_f21_money_of_another_amount_that_comes_late_leaves_a_newer_payment_its_hold(kind, pass_time):
    order = cast.ordered(kind)
    till.act(order, "decline")
    declined = Payment.objects.get()
    till.opened(order)
    till.provider_says(declined, "succeeded", amount_minor=1)
    settlement.settle(payment=declined, now=clock.now())
    pass_time(minutes=16)
    from registrations import expiry

    expiry.expire_holds(now=clock.now())
    assert till.claimed(kind) == 1
    till.assert_audit_is_clean()


def test_control_fulfilling_without_comparing_would_sell_for_one_cent(kind, monkeypatch):
    order = cast.ordered(kind)
    payment = paid_at_provider(order)
    till.provider_says(payment, "succeeded", amount_minor=1)
    monkeypatch.setattr(Session, "__getattribute__", believing(payment))
    settlement.settle(payment=payment, now=clock.now())
    assert order.tickets.count() == 1 and connection.is_usable()


def believing(payment):
    def get(session, name):
        return payment.amount_minor if name == "amount_minor" else object.__getattribute__(session, name)

    return get
