"""The samples of one point, as a page shows them."""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.store.layout import LENGTH, REALIZATION

BINS, TRACES = 40, 24
"""Bins of a histogram, and realizations that are drawn one by one."""

CERTIFICATE = "certificate"
"""The variable whose largest value is shown."""


def histogram(samples: NDArray[np.float64]) -> dict[str, Any] | None:
    """Return counts and edges; None where too few samples are finite."""
    finite = samples[np.isfinite(samples)]
    if finite.size < 2:
        return None
    counts, edges = np.histogram(finite, bins=min(BINS, max(5, int(np.sqrt(finite.size)))))
    return {"counts": counts, "edges": edges, "outside": int(samples.size - finite.size)}


def traces(some: xr.DataArray) -> dict[str, Any] | None:
    """Return a few realizations against the length; None for what has no length."""
    if LENGTH not in some.dims or some.ndim != 2:
        return None
    few = some.isel({REALIZATION: slice(0, TRACES)}).transpose(REALIZATION, LENGTH)
    return {"length": some[LENGTH].to_numpy(), "values": few.to_numpy().astype(np.float64)}


def finished_rows(
    labels: NDArray[np.int64], held: NDArray[np.int64], block: int
) -> NDArray[np.int64]:
    """Return which realizations of a point are finished, as indices: of parts, not always the first ones.

    Parameters
    ----------
    labels : (realization,) int array
        Numbers of the realizations in the store.
    held : (block,) int array
        Realizations that each block holds.
    block : int
        Realizations of a whole block.
    """
    return np.flatnonzero(labels % block < held[labels // block])


def worst_certificate(finished: xr.Dataset) -> float | None:
    """Return the largest certificate of some realizations; None where there is none."""
    if CERTIFICATE not in finished or not finished.sizes[REALIZATION]:
        return None
    return float(finished[CERTIFICATE].max())
