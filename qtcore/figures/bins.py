"""Edges of bins and of pixels."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qtcore.figures.curves import numbers

if TYPE_CHECKING:
    import xarray as xr


Array = NDArray[np.float64]


def edges_of(result: "xr.Dataset", dim: str, log: bool = False) -> tuple[Array, Array]:
    """Return the lower and upper edges along a dimension.

    They are the coordinates DIM_lower and DIM_upper if the dimension was binned, and otherwise
    halfway between neighbours (between their logarithms if `log`).

    Returns
    -------
    lower, upper : arrays of shape (values,)
    """
    if f"{dim}_lower" in result and f"{dim}_upper" in result:
        return (
            result[f"{dim}_lower"].to_numpy().astype(float),
            result[f"{dim}_upper"].to_numpy().astype(float),
        )
    values = numbers(result[dim]).to_numpy()
    log = log and bool((values > 0).all())
    u = np.log(values) if log else values
    order = np.argsort(u)
    half = np.diff(u[order]) / 2
    below, above = np.append(half[:1], half), np.append(half, half[-1:])
    if not half.any():
        # One value alone has no neighbour that says how wide it is.
        below = above = np.full(u.shape, 0.5)
    lower, upper = np.empty_like(u), np.empty_like(u)
    lower[order], upper[order] = u[order] - below, u[order] + above
    return (np.exp(lower), np.exp(upper)) if log else (lower, upper)
