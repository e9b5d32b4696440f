"""Statistics of a dataset as a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from qtcore.answers.asked import Names, asked, names_in, why_nothing
from qtcore.answers.export.sheet import Column, sheets_of
from qtcore.answers.quantity import LOGARITHM, quantities
from qtcore.answers.selection import Wanted
from qtcore.errors import InputError

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class AnswerTable:
    """Statistics as a table.

    Attributes
    ----------
    columns : list of Column
        What the columns are.
    frame : pandas.DataFrame
        The numbers.
    nothing : str
        Why there is no row; "" where there is one.
    """

    columns: list[Column]
    frame: "pandas.DataFrame"
    nothing: str = ""


def table_of(
    dataset: xr.Dataset,
    *,
    of: Names | None = None,
    stat: Names = ("mean", "var"),
    selected: Mapping[str, Wanted] | None = None,
    by: Names | None = None,
    result: xr.Dataset | None = None,
) -> AnswerTable:
    """Return statistics of a dataset, and results, as a table; parameters and errors as in `qtcore.table`.

    `result` holds the results of an analysis, if some are asked for.
    """
    import pandas

    names = names_in(of) or _usual(dataset)
    found = asked(dataset, of=names, stat=stat, selected=selected, result=result).load()
    sheets = sheets_of(found, None if by is None else names_in(by))
    if len(sheets) > 1:
        over = "; ".join(f"{s.variables[0]} over {', '.join(s.rows + s.across)}" for s in sheets)
        raise InputError(
            f"one table holds variables over the same axes, got {over}: ask for one of them"
        )
    (sheet,) = sheets
    blocks = [*sheet.blocks()]
    empty = [np.empty(0, column.dtype) for column in sheet.columns]
    values = [np.concatenate(parts) for parts in zip(*blocks, strict=True)] if blocks else empty
    frame = pandas.DataFrame(
        {column.name: one for column, one in zip(sheet.columns, values, strict=True)}
    )
    frame.attrs["units"] = {column.name: column.units for column in sheet.columns}
    return AnswerTable(sheet.columns, frame, why_nothing(found) if frame.empty else "")


def _usual(dataset: xr.Dataset) -> list[str]:
    """Return the variable that is meant where none is named."""
    known = quantities(dataset)
    return [LOGARITHM] if LOGARITHM in known else known[:1]
