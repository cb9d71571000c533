"""This installation's bill: what it metered, priced on always-on machines or as if it were serverless."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db import connection

from operations.costs.functions import MEMORY_MB
from operations.costs.lines import ALWAYS, Allocation, CostLine, allocate, price_lines, total
from operations.costs.price_book import PriceBook, price_book
from operations.costs.used import Metered, Used
from operations.costs.workload import IDLE, Usage, Workload, function_usages

GB = Decimal(1024**3)
HOURS_IN_MONTH = Decimal(730)
MACHINES = "machines"
# Assumptions of the serverless reading; each is shown where it is used.
WRITING_SHARE = Decimal("0.25")  # of statements; the meters count statements, a key-value store bills reads and writes
LOG_BYTES = Decimal(2048)  # a call


@dataclass(frozen=True, kw_only=True)
class Bill:
    """A month, or what has passed of it."""

    book: PriceBook
    lines: list[CostLine]
    allocation: Allocation
    total: Decimal


def bill(*, used: Metered, book_key: str | None = None, free: frozenset[str] = ALWAYS) -> Bill:
    """By the installation's own price book (COST_PRICE_BOOK), or by another."""
    book = price_book(key=book_key or settings.COST_PRICE_BOOK)
    workload = on_machines(used=used, book=book) if book.key == MACHINES else serverless(used=used)
    lines = price_lines(workload=workload, book=book, free=free)
    return Bill(book=book, lines=lines, allocation=allocate(lines=lines), total=total(lines=lines))


def on_machines(*, used: Metered, book: PriceBook) -> Workload:
    """Machines are paid by the hour whether they work or not: each event's CPU is its part of the hours,
    what all share is another, and the rest was idle."""
    hours = Decimal(used.hours) * settings.COST_MACHINES
    core_seconds_in_hour = Decimal(book.cores_of_a_machine * 3600)
    usages: list[Usage] = []
    busy = Decimal(0)
    for event_id, each in _parts(used):
        part = min(Decimal(each.cpu_us) / 1_000_000 / core_seconds_in_hour, hours - busy)
        busy += part
        working = f"{each.cpu_seconds:,.1f} s of CPU ÷ {book.cores_of_a_machine} cores"
        usages.append(Usage(price_key="machine.hours", resource="CPU", quantity=part, working=working, event_id=event_id))
        usages += _sent(each, event_id, transfer="machine.transfer", mails="mail.mails")
    usages.append(Usage(price_key="machine.hours", resource=IDLE, quantity=hours - busy, working="hours paid for and not used"))
    usages.append(_storage("machine.storage", used))
    return Workload(name="This installation", usages=tuple(usages))


def serverless(*, used: Metered) -> Workload:
    """The same work as the plan's architecture would bill it. Pages from the page cache are the CDN's."""
    usages: list[Usage] = [_storage("dynamodb.storage", used)]
    if used.total.count:
        logs = used.total.count * LOG_BYTES / GB
        usages.append(Usage(price_key="cloudwatch.logs", resource="Logs", quantity=logs, working="2 KB a call, shared"))
    for event_id, each in _parts(used):
        usages += _called(each, event_id)
        usages += _sent(each, event_id, transfer="cloudfront.transfer", mails="ses.mails")
    return Workload(name="This installation, serverless", usages=tuple(usages))


def functions_serverless(*, used: Metered, memory_mb: dict[str, int] | None = None) -> Workload:
    """Compute and requests by function: calls × mean duration × the plan's memory."""
    memory = memory_mb or MEMORY_MB
    usages: list[Usage] = []
    for name, each in used.of_functions.items():
        if each.rendered > 0:
            seconds = Decimal(each.duration_us) / 1_000_000 / each.rendered
            usages += function_usages(function=name, calls=each.rendered, seconds=seconds, memory_mb=memory[name])
    return Workload(name="Functions", usages=tuple(usages))


def _parts(used: Metered) -> Iterable[tuple[int | None, Used]]:
    return [*used.of_events.items(), (None, used.shared)]


def _called(used: Used, event_id: int | None) -> list[Usage]:
    if not used.count:
        return []
    seconds = Decimal(used.duration_us) / 1_000_000 / max(used.rendered, 1)
    found = [*function_usages(function="", calls=max(used.rendered, 0), seconds=seconds, memory_mb=512, event_id=event_id)]
    reads, writes = used.sql * (1 - WRITING_SHARE), used.sql * WRITING_SHARE
    counted = (
        ("dynamodb.reads", reads, f"{used.sql:,} statements, three in four read"),
        ("dynamodb.writes", writes, f"{used.sql:,} statements, one in four writes"),
        ("s3.put", used.s3_puts, "counted"),
        ("s3.get", used.s3_gets, "counted"),
        ("cloudfront.requests", used.count, "every request"),
        ("api.http", used.rendered, "requests that the CDN did not answer"),
    )
    found += [
        Usage(price_key=key, resource=key, quantity=Decimal(quantity), working=working, event_id=event_id)
        for key, quantity, working in counted
        if quantity
    ]
    return found


def _sent(used: Used, event_id: int | None, *, transfer: str, mails: str) -> list[Usage]:
    found = []
    if used.bytes_out:
        sent = Decimal(used.bytes_out) / GB
        found.append(Usage(price_key=transfer, resource="Answers", quantity=sent, working=f"{used.bytes_out:,} bytes", event_id=event_id))
    if used.mails:
        found.append(Usage(price_key=mails, resource="Mail", quantity=Decimal(used.mails), working="counted", event_id=event_id))
    return found


def _storage(price_key: str, used: Metered) -> Usage:
    """The database's size as it stands, for the part of the month that has passed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        size = Decimal(cursor.fetchone()[0])
    months = Decimal(used.hours) / HOURS_IN_MONTH
    return Usage(price_key=price_key, resource="Database", quantity=size / GB * months, working=f"{size / GB:.2f} GB now")
