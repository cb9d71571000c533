"""Rows as CSV or as an Excel file, a million of them in the memory of one. No cell is ever run as a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

from django.http import StreamingHttpResponse

MARK = "\ufeff"  # tells Excel that it is UTF-8
SHEET_ROWS = 1_048_575  # what a sheet holds below its head
FORMULA = ("=", "+", "-", "@")
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class _Echo:
    def write(self, line: str) -> str:
        return line


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield MARK + str(writer.writerow(head))
    for row in rows:
        yield str(writer.writerow([harmless(cell) for cell in row]))


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """The download of a CSV of this name, row by row."""
    response = StreamingHttpResponse((line.encode() for line in csv_lines(head, rows)), content_type=TYPES["csv"])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def harmless(cell: Any) -> Any:
    """Text that a spreadsheet would run as a formula is made text (OWASP: CSV injection)."""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    if not isinstance(cell, str) or not cell:
        return "" if cell is None else cell
    return "'" + cell if cell[0] in "\t\r" or cell.lstrip()[:1] in FORMULA else cell


def write_csv(file: IO[bytes], head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    for line in csv_lines(head, rows):
        file.write(line.encode())


def write_xlsx(file: IO[bytes], head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Row by row; beyond what a sheet holds, the next sheet goes on."""
    import xlsxwriter  # 13 MB, which a web process needs seldom

    with xlsxwriter.Workbook(
        file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss", "remove_timezone": True}
    ) as book:
        bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
        sheet, number = None, SHEET_ROWS
        for row in rows:
            if number == SHEET_ROWS:
                sheet, number = _sheet(book, head, bold), 0
            number += 1
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, column, cell[:32_767])  # type: ignore[union-attr]
                elif isinstance(cell, Decimal):
                    sheet.write_number(number, column, float(cell), money)  # type: ignore[union-attr]
                elif isinstance(cell, datetime):
                    sheet.write_datetime(number, column, cell)  # type: ignore[union-attr]
                elif cell is not None:
                    sheet.write_number(number, column, cell)  # type: ignore[union-attr]
        if sheet is None:
            _sheet(book, head, bold)


def _sheet(book: Any, head: Sequence[str], bold: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(head) - 1, 18)
    for column, name in enumerate(head):
        sheet.write_string(0, column, name, bold)
    return sheet
