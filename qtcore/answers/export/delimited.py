"""Tables as text: `.csv` with units in the header, and `.txt` as Origin reads it."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from qtcore.answers.export.sheet import Sheet

FORMULA = ("=", "+", "-", "@")
"""First letters of texts that a spreadsheet would compute; texts of a store are none of its business."""


def write_csv(path: Path, sheets: Sequence[Sheet], facts: Mapping[str, str]) -> int:
    """Write a table with commas; return its number of rows.

    Lines that begin with `#` say what it is and what the columns mean. The header has names and units,
    `energy [t]`. `pandas.read_csv(path, comment="#")` reads it.
    """
    (sheet,) = sheets
    with path.open("w", encoding="utf-8", newline="") as file:
        for name, text in facts.items():
            file.write(f"# {name}: {text}\n")
        for column in sheet.columns:
            if not column.at:
                file.write(f"# {column.header}: {column.long_name}\n")
        header = csv.writer(file, lineterminator="\n")
        header.writerow(column.header.replace("#", "") for column in sheet.columns)
        return _rows(file, sheet, ",")


def write_txt(path: Path, sheets: Sequence[Sheet], facts: Mapping[str, str]) -> int:
    r"""Write a table with tabs; return its number of rows.

    Three lines stand above the numbers: names, units and comments, as Origin takes them. What the table is stands in
    the first comment. `pandas.read_csv(path, sep="\t", skiprows=[1, 2])` reads it.
    """
    (sheet,) = sheets
    said = "; ".join(f"{name}: {text}" for name, text in facts.items())
    comments = [column.long_name for column in sheet.columns]
    comments[0] = f"{comments[0]} ({said})"
    with path.open("w", encoding="utf-8", newline="") as file:
        header = csv.writer(file, delimiter="\t", lineterminator="\n")
        header.writerow(column.name for column in sheet.columns)
        header.writerow(column.units for column in sheet.columns)
        header.writerow(comments)
        return _rows(file, sheet, "\t")


def _rows(file: TextIO, sheet: Sheet, delimiter: str) -> int:
    """Write the rows, each number with all the digits that tell it from others; nothing for NaN."""
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    count = 0
    for block in sheet.blocks():
        writer.writerows(zip(*map(_cells, block), strict=True))
        count += len(block[0])
    return count


def _cells(values: NDArray[Any]) -> list[Any]:
    if values.dtype.kind in "iub":
        return list(values.astype(np.int64).tolist())
    if values.dtype.kind != "f":
        texts = map(str, values.tolist())
        return [f"'{text}" if text.startswith(FORMULA) else text for text in texts]
    # Single precision has fewer digits, which only its own texts know.
    cells: list[Any] = (values if values.itemsize == 8 else values.astype(str)).tolist()
    for place in np.flatnonzero(np.isnan(values)).tolist():
        cells[place] = ""
    return cells
