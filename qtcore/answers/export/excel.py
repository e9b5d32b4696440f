"""Tables as sheets of Excel, through openpyxl."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from qtcore.answers.export.sheet import Sheet, plain
from qtcore.errors import InputError

MOST_ROWS = 1_048_576
"""Rows of a sheet of Excel, the header among them."""

ABOUT = "about"
"""Name of the sheet that says what the others are."""


def write_xlsx(path: Path, sheets: Sequence[Sheet], facts: Mapping[str, str]) -> int:
    """Write a sheet for each table, and one that says what they are; return the number of rows.

    The header of a sheet has names and units, `energy [t]`. `pandas.read_excel(path)` reads the first one.

    Raises
    ------
    InputError
        If a table may have more rows than a sheet of Excel.
    """
    for sheet in sheets:
        if sheet.most_rows >= MOST_ROWS:
            raise InputError(
                f"a sheet of Excel has at most {MOST_ROWS:,} rows, this table has up to {sheet.most_rows:,} "
                "and a header: write .csv or .parquet, export statistics, or select fewer values"
            )
    book = Workbook(write_only=True)
    try:
        count = _fill(book, sheets, facts)
    except BaseException:
        for page in (page for page in book.worksheets if not page.closed):
            page.close()  # or Python tells of an open file whenever it collects it
        raise
    book.save(path)
    return count


def _fill(book: Any, sheets: Sequence[Sheet], facts: Mapping[str, str]) -> int:
    """Write all sheets of a book; return the number of rows."""
    count = 0
    meanings: list[tuple[str, str, str]] = []
    for number, sheet in enumerate(sheets):
        name = "data" if len(sheets) == 1 else _title(number, sheet)
        page = book.create_sheet(name)
        page.append([_text(page, column.header) for column in sheet.columns])
        for block in sheet.blocks():
            for row in zip(*(values.tolist() for values in block), strict=True):
                page.append([_cell(page, value) for value in row])
            count += len(block[0])
        meanings += [(name, column.header, column.long_name) for column in sheet.columns]
    about = book.create_sheet(ABOUT)
    rows: Iterable[tuple[str, ...]] = [*facts.items(), ("sheet", "column", "meaning"), *meanings]
    for row in rows:
        about.append([_text(about, text) for text in row])
    return count


def _title(number: int, sheet: Sheet) -> str:
    """Return the name of a sheet: a number, and its first variable as far as Excel has room."""
    return f"{number + 1} {sheet.variables[0]}"[:31]


def _cell(page: Any, value: Any) -> Any:
    """Return what stands in a cell: nothing for NaN."""
    if isinstance(value, str):
        return _text(page, value)
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def _text(page: Any, text: str) -> Any:
    """Return a cell whose text is none of Excel's formulas, whatever it begins with."""
    cell = WriteOnlyCell(page, plain(text))
    cell.data_type = "s"
    return cell
