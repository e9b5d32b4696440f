"""The analyses that lie beside two stores, number by number."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from qtcore.estimate.exchange import ROUNDING
from qtcore.reports.files import path_beside
from qtcore.store.header import read_header
from qtcore.store.place import Place

METHOD_OF_RESULTS = (
    "Results are compared by the difference over its standard error (Student's law, Holm's correction, "
    "which holds however results are correlated)."
)


@dataclass(frozen=True)
class ResultComparison:
    """One number of the analyses beside both stores.

    Attributes
    ----------
    name : str
        The result.
    place : dict
        Where it is, by axis.
    first, second, first_error, second_error : float
        Values and their standard errors.
    probability : float
        Of a difference at least as large, corrected for the number of results.
    """

    name: str
    place: dict[str, Any]
    first: float
    second: float
    first_error: float
    second_error: float
    probability: float


def results_beside(first: Place, second: Place, level: float) -> tuple[int, list[ResultComparison]]:
    """Compare the analyses beside two stores, as far as both have one with errors.

    Parameters
    ----------
    first, second : Place
        The stores.
    level : float
        How often equal results may be called different, over all of them.

    Returns
    -------
    compared : int
        How many numbers both have.
    differing : list of ResultComparison
        Those that differ.
    """
    paths = [path_beside(place, ".analysis.zarr") for place in (first, second)]
    if not all((path / "zarr.json").is_file() for path in paths):
        return 0, []
    opened = [xr.open_zarr(path, consolidated=False) for path in paths]
    rows: list[tuple[str, dict[str, Any], float, float, float, float]] = []
    for name in map(str, opened[0].data_vars):
        error = f"{name}_error"
        if not all(n in of.data_vars for n in (name, error) for of in opened):
            continue
        if len({tuple(of[n].dims) for n in (name, error) for of in opened}) > 1:
            continue
        values = xr.align(
            *(of[n].reset_coords(drop=True) for n in (name, error) for of in opened), join="inner"
        )
        table = [array.load().to_numpy().astype(float) for array in values]
        there = np.isfinite(table).all(axis=0)
        for index in zip(*np.nonzero(there), strict=True) if there.ndim else [()] * bool(there):
            place = {
                str(d): values[0][d].to_numpy()[i].item() if d in values[0].coords else int(i)
                for d, i in zip(values[0].dims, index, strict=True)
            }
            one, other, a, b = (float(array[index]) for array in table)
            rows.append((name, place, one, other, a, b))
    if not rows:
        return 0, []
    fewest = min(int(np.max(read_header(place).realizations)) for place in (first, second))
    return len(rows), _holm(rows, max(1, fewest - 1), level)


def _holm(rows: list[Any], freedom: int, level: float) -> list[ResultComparison]:
    """Return the results that differ, with probabilities corrected by Holm's rule."""
    from scipy.stats import t as student

    chances = np.empty(len(rows))
    for number, (_, _, one, other, a, b) in enumerate(rows):
        error = math.hypot(a, b, ROUNDING * max(1.0, abs(one)) if one == other or a or b else 0.0)
        chances[number] = (
            2 * student.sf(abs(one - other) / error, freedom) if error else float(one == other)
        )
    order = np.argsort(chances)
    corrected = np.minimum(1.0, np.maximum.accumulate(chances[order] * np.arange(len(rows), 0, -1)))
    found = []
    for number, chance in zip(order, corrected, strict=True):
        if chance <= level:
            name, place, one, other, a, b = rows[number]
            found.append(ResultComparison(name, place, one, other, a, b, float(chance)))
    return found
