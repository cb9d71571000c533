"""Attendees of another system become tickets here: once each, however often the file is imported.

Each order of the other system is one order here, made with its rows' keys in one transaction, so a job
that was cut off goes on where it was. Capacity is claimed as by everybody; a row without a place is told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import IntegrityError, transaction

from events.inventory import SoldOut
from events.models import Event, Question, QuestionKind, TicketType
from registrations import answers
from registrations.checkout import Refused
from registrations.models import StaffOrderKind
from registrations.questionnaire import BadAnswer, from_cell
from registrations.staff_orders import StaffLine, place_staff_order
from trail import record
from workspace import foreign_csv, jobs
from workspace.foreign_csv import QUESTION, Person, Table
from workspace.jobs import Beat
from workspace.models import Import, ImportedRow, Job

TOLD = 200  # errors that the outcome lists


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an import would do: rows that become tickets, rows known before, rows left out, rows in error."""

    total: int
    fit: int
    known: int
    skipped: int
    errors: list[tuple[int, str]]
    some: list[Person]


def upload(*, event: Event, file_name: str, content: bytes, by: Any, now: datetime) -> Import:
    """Keep the file and guess its columns. BadFile when it can't be read."""
    text = foreign_csv.decoded(content)
    table = foreign_csv.read(text)
    mapping: dict[str, Any] = {"columns": foreign_csv.recognised(table), "system": foreign_csv.system_of(table), "types": {}, "mail": False}
    made = Import(event=event, file_name=file_name[:120], content=text, mapping=mapping, uploaded_by=by, uploaded_at=now)
    mapping["types"] = _same_names(event, type_names(table, mapping["columns"]))
    mapping["columns"] |= _same_questions(event, table)
    made.save()
    return made


def type_names(table: Table, columns: Mapping[str, str]) -> list[str]:
    """The ticket types that the file names, as it writes them."""
    return sorted({person.type_name for person in foreign_csv.people(table, columns)})[:100]


def _same_names(event: Event, names: Iterable[str]) -> dict[str, int]:
    """{name in the file: our type of that name}; with only one type here, all are of it."""
    kinds = list(event.ticket_types.filter(archived_at=None))
    ours = {kind.name.casefold(): kind.pk for kind in kinds}
    only = kinds[0].pk if len(kinds) == 1 else None
    return {name: found for name in names if (found := ours.get(name.casefold(), only)) is not None}


def importable(*, event: Event) -> list[Question]:
    """The questions whose answers a file can bring."""
    return list(Question.objects.filter(event=event, archived_at=None, per_ticket=True).exclude(kind=QuestionKind.FILE))


def _same_questions(event: Event, table: Table) -> dict[str, str]:
    """{field of a question: the column of that name}."""
    columns = {name.casefold(): name for name in table.head}
    named = {f"{QUESTION}{question.pk}": columns.get(question.label.casefold()) for question in importable(event=event)}
    return {name: column for name, column in named.items() if column}


def remap(*, row: Import, columns: Mapping[str, str], types: Mapping[str, int], mail: bool) -> None:
    """Which column is what, and which of our types each of theirs is."""
    row.mapping = row.mapping | {"columns": dict(columns), "types": dict(types), "mail": mail}
    Import.objects.filter(pk=row.pk, job=None).update(mapping=row.mapping)


def plan(*, row: Import, shown: int = 20) -> Plan:
    """Look at every row, without making anything."""
    people = list(_people(row))
    known = _known(row.event, people)
    errors = [(person.number, person.error) for person in people if person.error and not person.skipped]
    fit = [person for person in people if not person.error and not person.skipped and person.key not in known]
    skipped = sum(bool(person.skipped) for person in people)
    return Plan(
        total=len(people),
        fit=len(fit),
        known=len(people) - len(fit) - skipped - len(errors),
        skipped=skipped,
        errors=errors,
        some=people[:shown],
    )


def _people(row: Import) -> Iterable[Person]:
    types, questions = row.mapping["types"], {question.key: question for question in importable(event=row.event)}
    for person in foreign_csv.people(foreign_csv.read(row.content), row.mapping["columns"]):
        error = person.error
        if not error and not person.skipped and person.type_name not in types:
            error = f"No ticket type here is chosen for “{person.type_name}”."
        try:
            given = {key: answer for key, text in person.answers.items() if (answer := _answer(questions.get(key), text))}
        except BadAnswer as bad:
            given, error = {}, error or str(bad)
        yield replace(person, error=error, answers=given)


def _answer(question: Question | None, text: str) -> Any:
    try:
        return question and from_cell(question=question, text=text)
    except BadAnswer as bad:
        raise BadAnswer(f"{question.label if question else ''}: “{text[:40]}”. {bad}") from bad


def _known(event: Event, people: list[Person]) -> set[str]:
    keys = [person.key for person in people]
    found: set[str] = set()
    for start in range(0, len(keys), 5000):
        found |= set(ImportedRow.objects.filter(event=event, key__in=keys[start : start + 5000]).values_list("key", flat=True))
    return found


def begin(*, row: Import, by: Any, now: datetime) -> Job:
    """The job that imports; the same import again gives the same job."""
    with transaction.atomic():
        mine = Import.objects.select_for_update(of=("self",)).select_related("job").get(pk=row.pk)
        if mine.job is None:
            fit = plan(row=mine).fit
            mine.job = jobs.ask(event=row.event, kind="import", arguments={"import": mine.pk}, by=by, total=fit, now=now)
            mine.save(update_fields=["job"])
            record.note(
                act="attendees_imported", about="event", about_id=row.event_id, event_id=row.event_id, words=f"{row.file_name}, {fit} rows"
            )
    return mine.job


def import_all(*, job: Job, beat: Beat, now: datetime) -> dict[str, Any]:
    """The worker of import jobs. The file's text is forgotten when it is through."""
    row = Import.objects.select_related("event").get(pk=job.arguments["import"])
    row.event = job.event
    kinds = {kind.pk: kind for kind in job.event.ticket_types.select_related("event")}
    people = [person for person in _people(row) if not person.skipped]
    known = _known(job.event, people)
    errors = [(person.number, person.error) for person in people if person.error]
    made = 0
    waiting = [person for person in people if not person.error and person.key not in known]
    for group in _orders(waiting):
        try:
            made += _make(job, row, group, kinds, now)
        except (SoldOut, Refused) as refusal:
            errors += [(person.number, str(refusal)) for person in group]
        beat(made)
    Job.objects.filter(pk=job.pk).update(done=made)
    Import.objects.filter(pk=row.pk).update(content="")
    return {
        "made": made,
        "known": len(people) - len(waiting) - sum(bool(person.error) for person in people),
        "errors": sorted(errors)[:TOLD],
    }


def _orders(people: list[Person]) -> Iterable[list[Person]]:
    """Rows of one order together; rows without an order each alone."""
    ordered = sorted(people, key=lambda person: (person.order or f"\x00{person.number}", person.number))
    for _, group in groupby(ordered, key=lambda person: person.order or f"\x00{person.number}"):
        yield list(group)


def _make(job: Job, row: Import, group: list[Person], kinds: Mapping[int, TicketType], now: datetime) -> int:
    """One order with its rows' keys, or nothing: a key that is there already undoes all of it."""
    types: Mapping[str, int] = row.mapping["types"]
    by_type: dict[int, list[Person]] = {}
    for person in group:
        by_type.setdefault(types[person.type_name], []).append(person)
    lines = [
        StaffLine(ticket_type=kinds[pk], price_minor=0, attendees=[{"name": each.name, "email": each.email} for each in some])
        for pk, some in by_type.items()
    ]
    first = group[0]
    try:
        with transaction.atomic():
            order = place_staff_order(
                event=job.event,
                lines=lines,
                buyer_name=first.buyer_name,
                buyer_email=first.buyer_email,
                kind=StaffOrderKind.IMPORTED,
                made_by=job.asked_by,
                now=now,
                note=f"{row.mapping.get('system') or 'CSV'} {first.order}".strip(),
                mail=bool(row.mapping.get("mail")),
            )
            answers.add_imported(order=order, given=[each.answers for some in by_type.values() for each in some])
            ImportedRow.objects.bulk_create([ImportedRow(event=job.event, key=person.key, order=order) for person in group])
    except IntegrityError:
        return 0  # another import of the same file was quicker
    return len(group)
