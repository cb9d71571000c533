"""Attendees in the CSV of another system: its columns recognised, its rows in our words."""

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

MOST_ROWS = 50_000
MOST_BYTES = 10 * 1024 * 1024
# What we want to know, and how other systems call it, most telling name first (lower case).
FIELDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "id": ("Id of the ticket", ("attendee #", "ticket reference", "position id", "secret", "ticket id", "barcode number", "barcode", "id")),
    "order": ("Order", ("order code", "order #", "order reference", "order id", "order number", "order")),
    "name": ("Name", ("attendee name", "ticket full name", "full name", "attendee", "name")),
    "first_name": ("First name", ("first name", "ticket first name", "attendee name: given name", "given name", "attendee first name")),
    "last_name": (
        "Last name",
        ("last name", "ticket last name", "attendee name: family name", "family name", "surname", "attendee last name"),
    ),
    "email": ("E-mail", ("attendee email", "ticket email", "email", "email address", "attendee e-mail")),
    "buyer_name": ("Buyer's name", ("order name", "buyer name", "invoice address name", "purchaser name", "billing name")),
    "buyer_email": ("Buyer's e-mail", ("order email", "e-mail", "buyer email", "purchaser email", "buyer e-mail")),
    "type": ("Ticket type", ("product", "ticket type", "ticket", "item", "ticket name", "category")),
    "status": ("State", ("status", "attendee status", "void status", "order status", "ticket status", "state")),
}
# Columns that only this system has.
SYSTEMS = {
    "pretix": {"order code", "position id", "product"},
    "Eventbrite": {"attendee #", "attendee status", "order #"},
    "Tito": {"ticket reference", "order reference", "unique ticket url"},
}
NOT_COMING = {
    "canceled",
    "cancelled",
    "refunded",
    "void",
    "voided",
    "deleted",
    "not attending",
    "expired",
    "pending",
    "unpaid",
    "transferred",
    "n",
}


QUESTION = "question-"  # and its id: the field of a mapping that answers this question


class BadFile(Exception):
    """The file can't be read; the sentence says the mend."""

    code = "bad_file"


@dataclass(frozen=True)
class Table:
    head: list[str]
    rows: list[list[str]]

    def column(self, name: str) -> int | None:
        return self.head.index(name) if name in self.head else None


@dataclass(frozen=True, kw_only=True)
class Person:
    """A row in our words. `error`: why it can't be a ticket; `skipped`: why it need not be one."""

    number: int
    key: str
    order: str
    name: str
    email: str
    buyer_name: str
    buyer_email: str
    type_name: str
    error: str = ""
    skipped: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)  # {question id: cell}, then the answer that it is


def decoded(content: bytes) -> str:
    """UTF-8, else what old Excels write. BadFile when it is too large or no text."""
    if len(content) > MOST_BYTES:
        raise BadFile("The file is larger than 10 MB. Split it into several.")
    for encoding in ("utf-8-sig", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise BadFile("This is no text file. Export it as CSV, and choose UTF-8 if you are asked.")


def read(text: str) -> Table:
    """Head and rows, whichever of comma, semicolon and tab stands between the cells. BadFile without both."""
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=first.count)
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise BadFile("The file is broken: a quote is opened and never closed. Export it again.") from error
    if len(rows) < 2:
        raise BadFile("The file has no rows. Its first line must name the columns.")
    if len(rows) > MOST_ROWS + 1:
        raise BadFile(f"The file has more than {MOST_ROWS:,} rows. Split it into several.")
    return Table(head=rows[0], rows=rows[1:])


def system_of(table: Table) -> str | None:
    """The system whose own columns these are."""
    names = {name.lower() for name in table.head}
    return next((system for system, columns in SYSTEMS.items() if columns <= names), None)


def recognised(table: Table) -> dict[str, str]:
    """{field: column} as far as the columns' names tell."""
    by_name = {name.lower(): name for name in reversed(table.head)}
    found = {}
    for name_here, (_, names) in FIELDS.items():
        column = next((by_name[name] for name in names if name in by_name), None)
        if column is not None:
            found[name_here] = column
    if found.get("order") == found.get("id"):
        found.pop("id", None)
    return found


def people(table: Table, mapping: Mapping[str, str]) -> Iterator[Person]:
    """Every row. A row's key is the other system's id, within its order where it has one, or a hash of the row."""
    places = {name: place for name, column in mapping.items() if (place := table.column(column)) is not None}
    for number, row in enumerate(table.rows, start=2):  # as a spreadsheet numbers them: the head is row 1
        cell = {name: row[place] if place < len(row) else "" for name, place in places.items()}
        yield _person(number, row, cell)


def _person(number: int, row: list[str], cell: Mapping[str, str]) -> Person:
    given, family = cell.get("first_name", ""), cell.get("last_name", "")
    name = (cell.get("name") or " ".join(part for part in (given, family) if part) or cell.get("buyer_name", ""))[:150]
    email, buyer_email = cell.get("email", ""), cell.get("buyer_email") or cell.get("email", "")
    order, ticket_id = cell.get("order", ""), cell.get("id", "")
    key = f"{order}/{ticket_id}" if ticket_id else "\x1f".join(row)
    return Person(
        number=number,
        key=hashlib.sha256(key.encode()).hexdigest(),
        order=order[:80],
        name=name,
        email=email,
        buyer_name=(cell.get("buyer_name") or name)[:150],
        buyer_email=buyer_email,
        type_name=cell.get("type", "")[:80],
        error=_error(name, email, buyer_email),
        answers={name.removeprefix(QUESTION): text for name, text in cell.items() if text and name.startswith(QUESTION)},
        skipped=f"State is “{cell['status'][:40]}”" if cell.get("status", "").strip().lower() in NOT_COMING else "",
    )


def _error(name: str, email: str, buyer_email: str) -> str:
    if not name:
        return "No name."
    for address in {email, buyer_email} - {""}:
        try:
            validate_email(address)
        except ValidationError:
            return f"“{address[:60]}” is no e-mail address."
        if len(address) > 254:
            return "The e-mail address is too long."
    return ""
