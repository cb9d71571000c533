"""Invoices and credit notes: numbered without gaps, each once, never changed.

An invoice is made after the order is confirmed, by fulfilment or by whoever looks at it first, and never
on the way to it. The number is taken under the lock of the organiser's counter and in the transaction
that writes the document, so a failure gives it back and nobody waits for longer than that.

What is given back is shared out over the invoice's lines, tax by tax, so that credit notes that give back
everything sum to the invoice exactly, line by line, in whatever parts they came.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from accounts.models import Organiser
from events.fee_schedule import half_up
from events.price import split
from registrations.bill import percent
from registrations.models import Invoice, InvoiceKind, Order, OrderLine
from ticketing.lib import dates, languages
from ticketing.lib.languages import say
from ticketing.lib.prepared import Param, Prepared, PreparedInsert

LINES = Prepared(lambda: OrderLine.objects.select_related("ticket_type").filter(order=Param("order")))
OF_ORDER = Prepared(lambda: Invoice.objects.defer("facts").filter(order=Param("order")).order_by("number"))
BY_KEY = Prepared(lambda: Invoice.objects.filter(key=Param("key")))
ADD = PreparedInsert(lambda: Invoice)
COUNT = """
INSERT INTO registrations_invoicecounter AS c (organiser_id, last) VALUES (%s, %s)
ON CONFLICT (organiser_id) DO UPDATE SET last = c.last + excluded.last RETURNING last
"""


class NothingToCredit(Exception):
    """More is to be credited than the invoice has left."""


def issue(*, order: Order, now: datetime) -> Invoice | None:
    """The order's invoice, made if there is none. None when nothing was to be paid, or it isn't paid yet.

    `order` has its event and organiser loaded."""
    if order.total_minor == 0 or order.confirmed_at is None:
        return None
    key = f"order:{order.pk}"
    found = BY_KEY.first(key=key)
    if found is not None:
        return found
    with languages.speaking(order.spoken):
        return _issued(order, key, now)


def _issued(order: Order, key: str, now: datetime) -> Invoice:
    lines = [_line(line.ticket_type.name, line, order.tax_on_top) for line in LINES.all(order=order.pk)]
    if order.fee_minor:
        net, tax = order.fee_minor, order.fee_tax_minor
        unit = net if order.tax_on_top else net + tax
        lines.append(_facts(say("Booking fee"), 1, unit, percent(order.fee_tax_rate), net, tax))
    return _write(order, key, InvoiceKind.INVOICE, lines, now, {})


def _line(name: str, line: OrderLine, on_top: bool) -> dict[str, Any]:
    net = line.total_minor if on_top else line.total_minor - line.tax_minor
    return _facts(name, line.quantity, line.price_minor, percent(line.tax_rate), net, line.tax_minor)


def _facts(name: str, quantity: int, unit_minor: int, rate: str, net: int, tax: int) -> dict[str, Any]:
    return {"name": name, "quantity": quantity, "unit_minor": unit_minor, "tax_rate": rate, "net_minor": net, "tax_minor": tax}


def _write(
    order: Order,
    key: str,
    kind: InvoiceKind,
    lines: list[dict[str, Any]],
    now: datetime,
    more: dict[str, Any],
    answers: Invoice | None = None,
) -> Invoice:
    organiser, event = order.event.organiser, order.event
    made = Invoice(
        organiser=organiser,
        order=order,
        kind=kind,
        key=key,
        answers=answers,
        currency=order.currency,
        net_minor=sum(line["net_minor"] for line in lines),
        tax_minor=sum(line["tax_minor"] for line in lines),
        issued_at=now,
        facts={
            "seller": _seller(organiser),
            "buyer": _buyer(order),
            "event": {"name": event.name, "date": dates.moment(event.local_start, "day"), "zone": event.time_zone},
            "order": order.code,
            "language": languages.current(),
            "tax_name": event.tax_name or say("Tax"),
            "tax_on_top": order.tax_on_top,
            "lines": lines,
        }
        | more,
    )
    try:
        with transaction.atomic():
            made.number = _count(organiser, 1)
            made.label = f"{organiser.invoice_prefix}{made.number:05d}"
            ADD.run([made])
    except IntegrityError:  # made by another while we waited for the counter; our number goes back with the transaction
        found = BY_KEY.first(key=key)
        if found is None:
            raise
        return found
    return made


def _count(organiser: Organiser, more: int) -> int:
    """The organiser's counter, so much further, and locked until the transaction ends. 0 locks it and no more."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [organiser.pk, more])
        return int(cursor.fetchone()[0])


def _seller(organiser: Organiser) -> dict[str, str]:
    return {
        "name": organiser.legal_name or organiser.name,
        "address": organiser.address,
        "country": organiser.country,
        "vat_id": organiser.vat_id,
        "email": organiser.email,
    }


def _buyer(order: Order) -> dict[str, str]:
    billing = order.billing or {}
    return {
        "name": billing.get("company") or order.buyer_name,
        "contact": order.buyer_name if billing.get("company") else "",
        "address": billing.get("address", ""),
        "vat_id": billing.get("vat_id", ""),
    }


def left_to_credit(*, invoice: Invoice) -> list[int]:
    """What of each line, with its tax, no credit note has given back yet."""
    given = _credited(invoice)
    return [_gross(line) - given[place]["gross"] for place, line in enumerate(invoice.facts["lines"])]


def _gross(line: dict[str, Any]) -> int:
    return int(line["net_minor"] + line["tax_minor"])


def _credited(invoice: Invoice) -> list[dict[str, int]]:
    sums = [{"gross": 0, "tax": 0, "quantity": 0} for _ in invoice.facts["lines"]]
    for note in Invoice.objects.filter(answers=invoice).order_by("number"):
        for line in note.facts["lines"]:
            place = sums[line["place"]]
            place["gross"] += _gross(line)
            place["tax"] += line["tax_minor"]
    return sums


def credit(
    *, order: Order, key: str, amount_minor: int, now: datetime, shares: Sequence[int] | None = None, reason: str = ""
) -> Invoice | None:
    """A credit note for money given back, once per key. None when the order has no invoice to answer.

    `shares`: how much of each of the invoice's lines; otherwise in proportion to what is left of them.
    NothingToCredit when that is more than is left."""
    invoice = issue(order=order, now=now)
    if invoice is None:
        return None
    with transaction.atomic():
        _count(order.event.organiser, 0)  # credit notes of one invoice come one after the other
        found = BY_KEY.first(key=key)
        if found is not None:
            return found
        left = left_to_credit(invoice=invoice)
        parts = list(shares or ())
        if len(parts) != len(left) or any(part > rest for part, rest in zip(parts, left, strict=True)):
            parts = split(amount_minor=amount_minor, weights=left)  # another refund took of those lines before
        if sum(parts) != amount_minor or any(part > rest for part, rest in zip(parts, left, strict=True)):
            raise NothingToCredit(f"{invoice}: {amount_minor} of {left}")
        lines = _credit_lines(invoice, parts)
        with languages.speaking(order.spoken):
            return _write(order, key, InvoiceKind.CREDIT_NOTE, lines, now, {"reason": reason, "answers": invoice.label}, invoice)


def _credit_lines(invoice: Invoice, parts: Sequence[int]) -> list[dict[str, Any]]:
    """The tax of each part is the difference of rounded sums, so that the parts of a line sum to its tax."""
    lines = []
    for place, (line, part, before) in enumerate(zip(invoice.facts["lines"], parts, _credited(invoice), strict=True)):
        if part:
            tax = half_up(line["tax_minor"] * (before["gross"] + part), _gross(line)) - before["tax"]
            lines.append(_facts(line["name"], 1, part, line["tax_rate"], part - tax, tax) | {"place": place})
    return lines


def of_order(*, order: Order) -> list[Invoice]:
    """The order's documents, without what they say."""
    return OF_ORDER.all(order=order.pk)
