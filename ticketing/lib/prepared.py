"""Statements of the hot paths, written with the ORM and compiled once.

Django writes the SQL of a queryset anew at each use, which costs several times what PostgreSQL needs
to answer a look-up by key. Here the SQL is kept, with its parameters open, and rows become the same
model instances as ever. For look-ups and changes whose shape never varies; elsewhere the plain ORM.

    HOLD = Prepared(lambda: Hold.objects.select_related("event").filter(token=Param("token")))
    hold = HOLD.first(token="…")
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.query import get_related_populators
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)


class Param(Expression):
    """A value that is given at each use, by name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "%s", [self]


def _filled(params: Sequence[Any], values: dict[str, Any]) -> list[Any]:
    return [values[param.name] if isinstance(param, Param) else param for param in params]


def kept_cursor() -> Any:
    """This thread's cursor (see ticketing.database): fetch its rows before another statement runs; don't close it."""
    return connection.kept_cursor()  # type: ignore[attr-defined]


class Prepared(Generic[M]):
    """A queryset with open parameters. `build` runs at the first use, when the models are ready."""

    def __init__(self, build: Callable[[], QuerySet[M]]) -> None:
        self.build = build
        self.sql = ""

    def all(self, **values: Any) -> list[M]:
        """The rows, with what select_related names."""
        if not self.sql:
            self._compile()
        cursor = kept_cursor()
        cursor.execute(self.sql, _filled(self.params, values))
        rows: Iterable[Any] = cursor.fetchall()
        if self.converters:
            rows = self.compiler.apply_converters(rows, self.converters)
        return [self._instance(row) for row in rows]

    def first(self, **values: Any) -> M | None:
        """The first row; the queryset itself says which that is."""
        found = self.all(**values)
        return found[0] if found else None

    def _compile(self) -> None:
        query = self.build().query
        self.compiler = compiler = query.get_compiler("default")
        sql, self.params = compiler.as_sql()
        info = compiler.klass_info
        self.model, fields = info["model"], info["select_fields"]
        self.start, self.end = fields[0], fields[-1] + 1
        self.names = [each[0].target.attname for each in compiler.select[self.start : self.end]]
        self.populators = get_related_populators(info, compiler.select, "default")  # type: ignore[call-arg]
        self.annotations = compiler.annotation_col_map
        self.converters = compiler.get_converters([each[0] for each in compiler.select[: compiler.col_count]])
        self.sql = sql  # last: another thread takes a statement that has its SQL for complete

    def _instance(self, row: Sequence[Any]) -> M:
        found: M = self.model.from_db("default", self.names, row[self.start : self.end])
        for populator in self.populators:
            populator.populate(row, found)
        for name, column in self.annotations.items():
            setattr(found, name, row[column])
        return found


class PreparedUpdate:
    """A conditional UPDATE with open parameters; its row count is the answer."""

    def __init__(self, build: Callable[[], QuerySet[Any]], **change: Any) -> None:
        self.build, self.change = build, change
        self.sql = ""

    def run(self, **values: Any) -> int:
        """How many rows were changed."""
        if not self.sql:
            self._compile()
        cursor = kept_cursor()
        cursor.execute(self._statement(), _filled(self.params, values))
        return int(cursor.rowcount)

    def _statement(self) -> str:
        return self.sql

    def _compile(self) -> None:
        query = self.build().query.chain(UpdateQuery)
        query.add_update_values(self.change)  # type: ignore[attr-defined]
        sql, self.params = query.get_compiler("default").as_sql()
        self.sql = sql


# Its setting is over with the statement's own transaction.
NOT_DURABLE = " FROM (SELECT set_config('synchronous_commit', 'off', true)) AS hasty WHERE "


class HastyUpdate(PreparedUpdate):
    """One that, as a transaction of its own, does not wait for the disk: for what may be lost in the last half second
    before the database's machine crashes, and is then done again. A durable commit after it takes it along."""

    def _statement(self) -> str:
        return self.sql if connection.in_atomic_block else self._alone

    @cached_property
    def _alone(self) -> str:
        return self.sql.replace(" WHERE ", NOT_DURABLE, 1)


class PreparedInsert(Generic[M]):
    """INSERT of whole rows, several in one statement; gives each instance its id."""

    def __init__(self, model: Callable[[], type[M]]) -> None:
        self.model = model
        self.head = ""

    def run(self, rows: Sequence[M]) -> None:
        if not rows:
            return
        if not self.head:
            self._compile()
        values = [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows for field in self.fields]
        cursor = kept_cursor()
        cursor.execute(f"{self.head} {', '.join([self.row] * len(rows))} RETURNING id", values)
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = pk
        for row in rows:
            row._state.adding, row._state.db = False, "default"

    def _compile(self) -> None:
        meta = self.model()._meta
        self.fields: list[Field[Any, Any]] = [field for field in meta.concrete_fields if not field.primary_key]
        columns = ", ".join(connection.ops.quote_name(field.column or "") for field in self.fields)
        self.row = f"({', '.join(['%s'] * len(self.fields))})"
        self.head = f"INSERT INTO {connection.ops.quote_name(meta.db_table)} ({columns}) VALUES"
