"""Whatever a person typed, and whatever opens something, is in no span and in no log line."""

import io
import json
import logging

import pytest

from operations.models import Recording
from payments import settlement
from payments.models import Payment
from registrations import codes, fulfilment
from registrations.models import Hold, Order
from tests import cast, nothing_told
from tests.operations.traces.kept import forget, handed_over
from ticketing.lib import clock, log_lines, meters, tokens, traces

pytestmark = pytest.mark.django_db
NAME, ADDRESS, GUEST = "Danaë Quillfeather", "dana.quillfeather@mail.example", "Zebulon Marrowbone"


@pytest.fixture
def told(monkeypatch):
    """All that is said: every trace is kept, every log line is written by the product's own handler."""
    forget()
    for group in traces.BUDGETS:
        monkeypatch.setitem(traces._left, group, 10_000)
    written = io.StringIO()
    handlers = []
    for formatter in (log_lines.Lines("{asctime} {levelname} {name} {message}{trace}", style="{"), log_lines.JsonLines()):
        handler = logging.StreamHandler(written)
        handler.addFilter(log_lines.Redacted())
        handler.setFormatter(formatter)
        handlers.append(handler)
        logging.getLogger().addHandler(handler)
    yield lambda: json.dumps(handed_over(), ensure_ascii=False) + written.getvalue()
    for handler in handlers:
        logging.getLogger().removeHandler(handler)
    forget()


def buys(client, kind, quantity=2):
    there = client.post(f"/events/{kind.event.slug}/holds/", {f"quantity-{kind.pk}": str(quantity)}, HTTP_ORIGIN="http://testserver").url
    hold = Hold.objects.get()
    from registrations.forms import DetailsForm

    seats = DetailsForm(hold=hold, lines=list(hold.lines.select_related("ticket_type"))).seats
    typed = {"buyer_name": NAME, "buyer_email": ADDRESS} | {f"{seat.prefix}-name": GUEST for seat in seats}
    client.post(there, {"buyer_email": "not an address " + ADDRESS})
    assert client.post(there, typed).status_code == 303
    client.get(f"{there}review/")
    client.post(f"{there}order/")
    return Order.objects.get()


def secrets_of(order):
    ticket_codes = [
        word
        for ticket in order.tickets.all()
        for word in (codes.code_of(ticket), tokens.serial_text(ticket.serial), codes.code_of(ticket)[:40])
    ]
    payments = [word for row in Payment.objects.all() for word in (row.provider_id, row.idempotency_key) if word]
    return [NAME, ADDRESS, GUEST, "Quillfeather", order.code, order.secret, order.hold.token, *ticket_codes, *payments]


def found_in(text, words):
    return [word for word in words if word in text or word in text.encode().decode("unicode_escape", "ignore")]


def test_the_whole_way_leaves_nothing_of_a_person(told, client, hall, concert, bob, monkeypatch):
    order = buys(client, cast.ticket_type(concert, price_minor=1500))
    client.get(f"{order.get_absolute_url()}payment/")
    payment = Payment.objects.get()
    client.post(payment.payment_url, {"act": "pay"})
    client.get(f"{order.get_absolute_url()}payment/return/")
    usage = meters.begin()
    settlement.settle_open(now=clock.now())
    monkeypatch.setattr("registrations.documents.codes.code_of", lambda ticket: 1 / 0)  # what breaks says whose it was
    fulfilment.fulfil_due(now=clock.now())
    monkeypatch.undo()
    fulfilment.fulfil_due(now=clock.now())
    meters.end(usage, kind="task", name="sweeps", outcome="ok")
    client.get(order.get_absolute_url())
    client.get(f"{order.get_absolute_url()}tickets.pdf")
    client.get(f"/orders/{order.code}/wrong-secret/")
    client.post("/tickets/find/", {"email": ADDRESS})
    client.force_login(bob)
    client.post(f"/gate/{concert.slug}/", {"code": codes.code_of(order.tickets.first())})
    logging.getLogger("django.request").error("%s: %s", "Internal Server Error", "/x/", extra={"request": None})
    text = told()
    assert "registrations.fulfil" in text and "fulfilled; tried again" in text and "trace_id" in text
    order.refresh_from_db()
    assert found_in(text, secrets_of(order)) == []


def test_a_page_that_breaks_leaves_nothing_of_a_person(told, client, settings):
    settings.ROOT_URLCONF = "tests.operations.traces.broken_urls"
    client.raise_request_exception = False
    client.get("/broken/S3cretOfSomebodyWhoPaid1/")
    text = told()
    assert "ZeroDivisionError" in text and "/broken/<str:secret>/" in text
    assert "S3cret" not in text and "dana@" not in text


def test_a_row_that_the_database_refuses_is_not_quoted(told, concert):
    from django.db import IntegrityError, transaction

    from accounts.models import User

    try:
        with transaction.atomic():
            User.objects.create(email="alice@example.com", name=NAME)
    except IntegrityError:
        logging.getLogger("ticketing").exception("It broke.")
    text = told()
    assert "IntegrityError" in text and "DETAIL: left out" in text and found_in(text, [NAME, "alice@example.com"]) == []


@pytest.mark.parametrize(
    "careless",
    [
        lambda order: traces.span("mail", f"to {order.buyer_email}").__enter__().__exit__(None, None, None),
        lambda order: logging.getLogger("ticketing").warning("Order of %s", order.buyer_name),
        lambda order: traces.span("pdf", "order", code=order.code).__enter__().__exit__(None, None, None),
    ],
)
def test_control_a_careless_line_is_found(told, concert, careless):
    order = cast.ordered(cast.ticket_type(concert))
    usage = meters.begin()
    careless(order)
    meters.end(usage, kind="task", name="x", outcome="failed")
    assert found_in(told(), [order.buyer_email, order.buyer_name, order.code]) != []


def test_control_without_redaction_an_address_is_in_the_log(told, monkeypatch):
    monkeypatch.setattr(log_lines, "LEFT_OUT", ())
    logging.getLogger("ticketing").warning("Mail to %s", ADDRESS)
    assert found_in(told(), [ADDRESS]) != []


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("Mail to dana@example.com failed", "Mail to [e-mail] failed"),
        ("GET /orders/AB12CD34/sEcReT1_x/tickets.pdf 500", "GET /orders/… 500"),
        ('at /checkout/abc"', 'at /checkout/…"'),
        ("key sk_live_12ab and whsec_9", "key [key] and [key]"),
        ("ERROR\nDETAIL:  Key (email)=(x) exists.\nNEXT", "ERROR\nDETAIL: left out\nNEXT"),
        ("Order 12 not fulfilled; /srv/ticketing/views.py", "Order 12 not fulfilled; /srv/ticketing/views.py"),
    ],
)
def test_what_is_left_out_of_a_text(text, instead):
    assert log_lines.without_secrets(text) == instead


def test_control_the_watch_over_the_whole_suite_sees_each_of_them(concert):
    order = cast.ordered(cast.ticket_type(concert))
    code = codes.code_of(order.tickets.get())
    logging.getLogger("ticketing").warning("Order of %s", order.buyer_name)
    usage = meters.begin()
    meters.end(usage, kind="task", name="x", outcome="failed", facts=lambda: {"code": code, "to": order.buyer_email})
    assert nothing_told.found([*traces.due(), *nothing_told.lines.texts]) == sorted(["Dana", code, order.buyer_email])


def test_a_json_line_stays_json_whatever_is_in_it(told):
    logging.getLogger("ticketing").warning('He said "/orders/x\\" and %s', '\n"dana@example.com"')
    lines = [line for line in told().splitlines() if line.startswith('{"at"')]
    assert json.loads(lines[-1])["message"].startswith('He said "/orders/…')
    assert not Recording.objects.exists()
