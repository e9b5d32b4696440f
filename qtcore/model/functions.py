"""Potentials that are plain functions of position, asked on the sites of a wire."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.checks import unmasked
from qtcore.model.lattice.contract import Lattice

Potential = Callable[..., Any]
"""V(x, y), or V(x, y, z) in a bar: float arrays in, one of the same shape out, in units of t.

x, y, z are places in lattice constants; slice 0 starts at x = 0. Vectorised, elementwise."""


def on_sites(
    function: Potential, lattice: Lattice, first_slice: int, slices: int
) -> NDArray[np.float64]:
    """Return the values of a function of position on the sites, (slice, site), in units of t.

    Raises
    ------
    InputError
        If the function fails, or returns another shape, complex numbers, infinities or NaN.
    """
    places = lattice.positions()
    starts = np.arange(first_slice, first_slice + slices) * lattice.period
    x = starts[:, None] + places[:, 0]
    across = [np.broadcast_to(places[:, axis], x.shape).copy() for axis in (1, 2)]
    arguments = [x, *across[: lattice.dimension - 1]]
    signature = f"V({', '.join('xyz'[: lattice.dimension])})"
    name = getattr(function, "__name__", None) or repr(function)
    try:
        found = function(*arguments)
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise InputError(
            f"potential {name} must be a function {signature} of arrays, elementwise (np.where, not "
            f"if), but it raised {type(error).__name__}: {error}"
        ) from error
    unmasked(f"what potential {name} returned", found)
    try:
        values = np.asarray(found)
    except ValueError:
        values = np.array(None)
    if values.dtype.kind not in "fiub":
        raise InputError(
            f"potential {name} must return real numbers (units of t), got {values.dtype}"
        )
    if values.shape not in (x.shape, ()):
        raise InputError(
            f"potential {name} must return an array of the shape of x, {x.shape}, "
            f"got {values.shape}"
        )
    values = np.broadcast_to(values.astype(np.float64), x.shape)
    if not np.isfinite(values).all():
        n, i = (int(k) for k in np.argwhere(~np.isfinite(values))[0])
        at = ", ".join(f"{axis} = {part[n, i]:g}" for axis, part in zip("xyz", arguments))  # noqa: B905 # xyz may be longer
        raise InputError(
            f"potential {name} returned {values[n, i]} at {at}; it must be finite (units of t)"
        )
    return values
