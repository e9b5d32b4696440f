"""Where two runs meet: the points, lengths, variables and realizations that both of them have."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.errors import InputError, brief, listed
from qtcore.store.layout import NUMBER, REALIZATION, SEED

FOLLOWING = ("certificate", "certificate_ij", "suspect")
"""What is stored of a sample besides its numbers: it says how exact they are."""

Point = Mapping[str, float]


@dataclass(frozen=True)
class Meeting:
    """What two runs have in common.

    Attributes
    ----------
    first, second : xarray.Dataset
        The two runs, reduced to common axes, points, labels and variables.
    axes : tuple of str
        Common axes.
    pairs : (2, pair) int array
        Rows of realizations of the same seed and number, in the first and in the second run.
    left_out : tuple of str
        What only one of the runs has, in words.
    """

    first: xr.Dataset
    second: xr.Dataset
    axes: tuple[str, ...]
    pairs: NDArray[np.intp]
    left_out: tuple[str, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """Variables that both runs have, those that say how exact the others are left out."""
        return tuple(str(name) for name in self.first.data_vars if name not in FOLLOWING)

    def points(self) -> Iterator[Point]:
        """Yield the values of the axes at each common point."""
        values = [self.first[axis].to_numpy().tolist() for axis in self.axes]
        for found in itertools.product(*values):
            yield dict(zip(self.axes, found, strict=True))

    def samples(self, point: Point, name: str) -> tuple[xr.DataArray, xr.DataArray]:
        """Return the samples of a variable at a point, each (realization, *dims), loaded."""
        one, other = (run[name].sel(dict(point)).load() for run in (self.first, self.second))
        return one.transpose(REALIZATION, ...), other.transpose(REALIZATION, ...)


def meeting(first: xr.Dataset, second: xr.Dataset) -> Meeting:
    """Return where two runs meet.

    Parameters
    ----------
    first, second : xarray.Dataset
        As `qtcore.open` returns them.

    Raises
    ------
    InputError
        If they have no variable or no point in common.
    """
    first, second = _with_axes_of(first, second), _with_axes_of(second, first)
    axes = [axis for axis in _axes(first) if axis in _axes(second)]
    alone = [a for run, other in ((first, second), (second, first)) for a in _axes(run)]
    if lacking := sorted({axis for axis in alone if axis not in axes}):
        raise InputError(
            f"only one of the two runs has {listed(lacking)}, so that no point of one is a point of the "
            "other; compare runs with the same axes, or select one value there"
        )
    names = [
        name
        for name in first.data_vars
        if name in second.data_vars and first[name].dims == second[name].dims
    ]
    if not names:
        raise InputError(
            "the two runs have no variable in common: "
            f"{listed([*map(str, first.data_vars)])}, and {listed([*map(str, second.data_vars)])}"
        )
    left_out = [
        f"{name} ({which} run only)"
        for run, which in ((first, "first"), (second, "second"))
        for name in run.data_vars
        if name not in names
    ]
    first, second = first[names], second[names]
    for dim in [str(dim) for dim in first.dims if dim != REALIZATION]:
        if dim not in first.coords or dim not in second.coords:
            continue
        one, other = (run[dim].to_numpy().tolist() for run in (first, second))
        common = [value for value in one if value in {*other}]
        if not common:
            raise InputError(
                f"the two runs have no value of {dim} in common: {brief(one)}, and {brief(other)}"
            )
        for values, which in ((one, "first"), (other, "second")):
            if only := [value for value in values if value not in {*common}]:
                left_out.append(f"{dim} {listed(only)} ({which} run only)")
        first, second = first.sel({dim: common}), second.sel({dim: common})
    return Meeting(first, second, tuple(axes), _pairs(first, second), tuple(left_out))


def _axes(run: xr.Dataset) -> list[str]:
    """Return the swept axes: those that come before `realization` in every variable."""
    behind = {
        str(dim)
        for variable in run.data_vars.values()
        for dim in variable.dims[variable.dims.index(REALIZATION) :]
    }
    return [str(dim) for dim in run.dims if dim not in behind]


def _with_axes_of(run: xr.Dataset, other: xr.Dataset) -> xr.Dataset:
    """Return a run in which constants are axes of one value where they are axes of the other one."""
    constants = [
        axis
        for axis in _axes(other)
        if axis not in run.dims and axis in run.coords and run[axis].ndim == 0
    ]
    return run.expand_dims(constants) if constants else run


def _pairs(first: xr.Dataset, second: xr.Dataset) -> NDArray[np.intp]:
    """Return the rows of realizations that have the same seed and number."""
    rows = [
        {address: row for row, address in enumerate(_addresses(run))} for run in (first, second)
    ]
    common = [address for address in rows[0] if address in rows[1]]
    return np.array([[of[address] for address in common] for of in rows], dtype=np.intp)


def _addresses(run: xr.Dataset) -> list[Any]:
    """Return seed and number of each realization."""
    numbers = run.coords.get(NUMBER, run[REALIZATION]).to_numpy()
    seeds = np.broadcast_to(run[SEED] if SEED in run.coords else -1, numbers.shape)
    return [*zip(seeds.tolist(), numbers.tolist(), strict=True)]
