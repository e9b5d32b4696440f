"""Samples in chunks that hold all realizations of what they hold."""

from collections.abc import Sequence

import xarray as xr

from qtcore.store.layout import REALIZATION

MOST_BYTES = 32 * 2**20
"""Bytes of samples that a task holds at once; it takes three to five times as much for a moment."""


def whole_samples(samples: xr.DataArray, held: Sequence[str] = ()) -> xr.DataArray:
    """Return samples in chunks that are whole along `realization` and some other dimensions.

    Parameters
    ----------
    samples : xarray.DataArray
        Lazy or not.
    held : sequence of str
        Further dimensions that are not cut. Others are cut so that a chunk has at most `MOST_BYTES`, as far as that is
        possible.
    """
    if samples.chunks is None:
        return samples
    kept = [samples.get_axis_num(name) for name in (REALIZATION, *held)]
    if all(len(samples.chunks[axis]) == 1 for axis in kept):
        return samples
    smallest = samples.dtype.itemsize
    for axis in kept:
        smallest *= samples.shape[axis]
    chunks = {n: -1 if n in kept else "auto" for n in range(samples.ndim)}
    data = samples.data.rechunk(chunks, block_size_limit=max(MOST_BYTES, smallest))
    return samples.copy(data=data)
