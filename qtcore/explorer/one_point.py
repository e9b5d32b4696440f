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

SAMPLES = 100_000
"""Realizations that a histogram is made of, at most."""


class OnePoint:
    """The finished realizations of one point of a sweep; each variable is read once.

    Parameters
    ----------
    here : Dataset
        The point, not read yet: `realization` and what variables have of their own.
    held : (block,) int array
        Realizations that each block holds.
    block : int
        Realizations of a whole block.

    Attributes
    ----------
    count : int
        Finished realizations.
    certificate : float or None
        The largest certificate; None where there is none.
    """

    def __init__(self, here: xr.Dataset, held: NDArray[np.int64], block: int) -> None:
        self.count = int(here["finished"])
        rows = _finished_rows(here[REALIZATION].to_numpy(), held, block)
        self._finished = here.isel({REALIZATION: rows})
        self.certificate = _worst_certificate(self._finished)
        self._read: dict[str, xr.DataArray] = {}

    def samples(self, name: str) -> xr.DataArray:
        """Return the samples of a variable, of the first `SAMPLES` finished realizations."""
        if name not in self._read:
            some = self._finished[name].isel({REALIZATION: slice(0, SAMPLES)})
            # Each coordinate is taken along by every step from here to a histogram.
            self._read[name] = some.reset_coords(drop=True).compute()
        return self._read[name]

    @property
    def size(self) -> int:
        """Bytes of what has been read."""
        return sum(one.nbytes for one in self._read.values())


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


def _finished_rows(
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


def _worst_certificate(finished: xr.Dataset) -> float | None:
    """Return the largest certificate of some realizations; None where there is none."""
    if CERTIFICATE not in finished or not finished.sizes[REALIZATION]:
        return None
    return float(finished[CERTIFICATE].max())
