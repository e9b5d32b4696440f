"""A part of a dataset as a table: which columns it has, and its rows block by block."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.answers.named import unknown
from qtcore.answers.quantity import missing_flags
from qtcore.answers.selection import FINISHED
from qtcore.errors import InputError
from qtcore.store.layout import CHANNELS

MOST_NUMBERS = 2**19
"""Numbers that are held at once, in columns of values."""

MOST_COLUMNS = 16_384
"""Columns of a table, at most: as many as a sheet of Excel has."""

BESIDE = "_compared"
"""End of the names of variables that say nothing alone of whether a row holds something."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
        Its name, with the values of the axes that it stands for.
    variable : str
        The variable or coordinate whose values it holds.
    at : str
        The values of the axes that it stands for, such as `width=16` or, of a case, `sample=0 width=16`;
        empty if there are none.
    units, long_name : str
        Unit, and what it is in words.
    dtype : numpy.dtype
        Of its values.
    """

    name: str
    variable: str
    at: str
    units: str
    long_name: str
    dtype: np.dtype[Any]

    @property
    def header(self) -> str:
        """Name and unit, such as `energy [t]`."""
        return f"{self.name} [{self.units}]" if self.units else self.name


@dataclass(frozen=True)
class Sheet:
    """Variables over the same dimensions as a table.

    Attributes
    ----------
    dataset : xarray.Dataset
        These variables and their coordinates; lazy ones stay lazy until their block is read.
    rows : tuple of str
        Dimensions whose values make the rows; the last one changes fastest.
    across : tuple of str
        Dimensions whose values make columns.
    """

    dataset: xr.Dataset
    rows: tuple[str, ...]
    across: tuple[str, ...] = ()

    @property
    def variables(self) -> list[str]:
        """Names of the variables, in the order of the dataset."""
        return [str(name) for name in self.dataset.data_vars]

    @property
    def most_rows(self) -> int:
        """Number of rows if none is left out."""
        return math.prod(self.dataset.sizes[d] for d in self.rows)

    @cached_property
    def columns(self) -> list[Column]:
        """The columns: axes, what goes along with them, then the variables."""
        found = [self._column(name, "") for name in (*self.rows, *self._beside)]
        for place in self._places:
            at = " ".join(
                f"{name}={_shown(_labels(self.dataset, name)[i])}"
                for d, i in zip(self.across, place, strict=True)
                for name in (d, *self._told_with[d])
            )
            found += [self._column(name, at) for name in self.variables]
        return found

    def blocks(self) -> Iterator[list[NDArray[Any]]]:
        """Yield the values of all columns for some rows after the other.

        Rows without any number are left out: realizations and lengths that were not computed.
        """
        sizes = [self.dataset.sizes[d] for d in self.rows]
        for part in _parts(sizes, MOST_NUMBERS // len(self.columns)):
            values, there = self._read(dict(zip(self.rows, part, strict=True)))
            if there.any():
                yield [column[there] for column in values]

    @cached_property
    def _told_with(self) -> dict[str, list[str]]:
        """Coordinates that say what the values of a dimension across stand for, such as parameters of cases.

        Those of realizations that were put together are their seed and their number under it.
        """
        return {
            d: [
                str(name)
                for name, along in self.dataset.coords.items()
                if along.dims == (d,) and name not in (d, CHANNELS, FINISHED)
            ]
            for d in self.across
        }

    @property
    def _beside(self) -> list[str]:
        """Coordinates that go along with the rows, such as the channels of a point."""
        rows, known = {*self.rows}, {*self.dataset.dims}
        coords = self.dataset.coords.items()
        return [str(n) for n, c in coords if n not in known and c.dims and {*c.dims} <= rows]

    @property
    def _places(self) -> list[tuple[int, ...]]:
        """Places of the columns along the dimensions `across`."""
        return [*itertools.product(*(range(self.dataset.sizes[d]) for d in self.across))]

    def _column(self, name: str, at: str) -> Column:
        dtype = _labels(self.dataset, name).dtype if name in self.rows else self.dataset[name].dtype
        about = self.dataset[name].attrs if name in self.dataset.variables else {}
        return Column(
            plain(f"{name} {at}".strip()),
            name,
            plain(at),
            plain(str(about.get("units", ""))),
            plain(str(about.get("long_name", name))),
            dtype,
        )

    def _read(self, part: dict[str, slice]) -> tuple[list[NDArray[Any]], NDArray[np.bool_]]:
        """Return the columns of a part of the rows, and which rows hold something."""
        piece = self.dataset.isel(part).load()
        shape = [piece.sizes[d] for d in self.rows]
        found = [
            np.broadcast_to(
                _labels(piece, d).reshape([-1 if d == own else 1 for own in self.rows]), shape
            ).ravel()
            for d in self.rows
        ]
        for name in self._beside:
            own = piece[name].transpose(*(d for d in self.rows if d in piece[name].dims))
            spread = own.to_numpy().reshape(
                [piece.sizes[d] if d in own.dims else 1 for d in self.rows]
            )
            found.append(np.broadcast_to(spread, shape).ravel())
        count = math.prod(shape)
        values = {
            name: piece[name].transpose(*self.rows, *self.across).to_numpy().reshape(count, -1)
            for name in self.variables
        }
        for n in range(len(self._places)):
            found += [values[name][:, n] for name in self.variables]
        told = [_there(piece[n], v) for n, v in values.items() if not n.endswith(BESIDE)]
        known = [one for one in told if one is not None]
        return found, np.logical_or.reduce(known) if known else np.ones(count, dtype=bool)


def sheets_of(dataset: xr.Dataset, by: Sequence[str] | None = None) -> list[Sheet]:
    """Return the tables of a dataset: one for all variables over the same dimensions.

    Parameters
    ----------
    dataset : xarray.Dataset
        Samples, statistics or results.
    by : sequence of str, optional
        Dimensions whose values make the rows, in this order, or parameters of cases, which stand for the dimension that
        counts the cases; the other dimensions make columns, but for those of one value. All dimensions make rows if
        left out.

    Raises
    ------
    InputError
        If there is no such dimension, or there are too many columns.
    """
    whole = _without_complex(dataset)
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, array in whole.data_vars.items():
        groups.setdefault(tuple(map(str, array.dims)), []).append(str(name))
    known = list(dict.fromkeys(d for dims in groups for d in dims))
    by = None if by is None else [_dimension(whole, name, known) for name in by]
    return [_sheet(whole[names], dims, by) for dims, names in groups.items()]


def _dimension(dataset: xr.Dataset, name: str, known: Sequence[str]) -> str:
    """Return a dimension by its name, or by that of a parameter of its cases, whose column stands beside it."""
    if name in known:
        return name
    dims = dataset[name].dims if name in dataset.coords else ()
    if len(dims) == 1 and dims[0] in known:
        return str(dims[0])
    along = [str(n) for n, c in dataset.coords.items() if len(c.dims) == 1 and n not in known]
    raise unknown("axis", name, [*known, *along])


def _sheet(dataset: xr.Dataset, dims: tuple[str, ...], by: Sequence[str] | None) -> Sheet:
    if by is None:
        return Sheet(dataset, dims)
    first = [d for d in dict.fromkeys(by) if d in dims]
    alone = [d for d in dims if d not in first and dataset.sizes[d] == 1]
    across = tuple(d for d in dims if d not in (*first, *alone))
    count = math.prod(dataset.sizes[d] for d in across) * len(dataset.data_vars)
    if count > MOST_COLUMNS:
        sizes = ", ".join(f"{dataset.sizes[d]:,} of {d}" for d in across)
        raise InputError(
            f"a table has at most {MOST_COLUMNS:,} columns; by {', '.join(first) or 'nothing'} has {count:,}, with a column "
            f"for each value ({sizes}): add one of these to `by`, or select fewer values"
        )
    return Sheet(dataset, (*alone, *first), across)


def plain(text: str) -> str:
    """Return a text in one line, without characters that steer a terminal or break a table."""
    return "".join(c if c.isprintable() else " " for c in text).strip()


def _without_complex(dataset: xr.Dataset) -> xr.Dataset:
    """Return a dataset whose complex variables became their real and imaginary parts."""
    found: dict[str, xr.DataArray] = {}
    for key, array in dataset.data_vars.items():
        name, about = str(key), array.attrs
        if array.dtype.kind != "c":
            found[name] = array
            continue
        words = about.get("long_name", name)
        for end, part, which in (
            ("real", array.real, "real part"),
            ("imag", array.imag, "imaginary part"),
        ):
            found[f"{name}_{end}"] = part.assign_attrs(
                {**about, "long_name": f"{which} of {words}"}
            )
    return xr.Dataset(found, dataset.coords, dataset.attrs)


def _there(array: xr.DataArray, values: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Return which rows have a value; None for a variable of which every row has one."""
    if values.dtype.kind == "f":
        return np.asarray((~np.isnan(values)).any(axis=1))
    missing = missing_flags(array)
    return np.asarray((~np.isin(values, missing)).any(axis=1)) if missing else None


def _labels(dataset: xr.Dataset, dim: str) -> NDArray[Any]:
    """Return the values of a dimension; numbers from 0 where it has none."""
    if dim in dataset.coords:
        return dataset[dim].to_numpy()
    return np.arange(dataset.sizes[dim])


def _shown(value: Any) -> str:
    return f"{value:.12g}" if isinstance(value, int | float | np.number) else str(value)


def _parts(sizes: Sequence[int], most: int) -> Iterator[tuple[slice, ...]]:
    """Yield slices along all dimensions that cover an array, in order, of some `most` entries each."""
    depth, whole = len(sizes), 1
    while depth and whole * sizes[depth - 1] <= max(most, 1):
        depth -= 1
        whole *= sizes[depth]
    if not depth:
        yield tuple(slice(0, n) for n in sizes)
        return
    step = max(1, most // whole)
    rest = tuple(slice(0, n) for n in sizes[depth:])
    for outer in np.ndindex(*sizes[: depth - 1]):
        for start in range(0, sizes[depth - 1], step):
            yield (*(slice(i, i + 1) for i in outer), slice(start, start + step), *rest)
