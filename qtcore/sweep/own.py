"""What a user's own function returns, checked against what it has declared."""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from qtcore.errors import QtcoreError
from qtcore.sweep.observables import LENGTH, Arrays, Variable

EXACT = ("realization", LENGTH)
"""Dimensions of which none may be missing; along others what is not returned stays NaN."""


def checked_arrays(
    found: Any, variables: Sequence[Variable], sizes: Mapping[str, int], where: str
) -> Arrays:
    """Return what a function gave as arrays.

    Parameters
    ----------
    found : mapping of str to array
        What it gave.
    variables : sequence of Variable
        What it has declared.
    sizes : mapping of str to int
        Sizes of all dimensions, `realization` and `length` as they were asked for.
    where : str
        The function and its point, for messages.

    Raises
    ------
    QtcoreError
        If a variable is missing, has another shape or no numbers.
    """

    def refuse(what: str) -> NoReturn:
        raise QtcoreError(f"{where}: {what}")

    wanted = [variable.name for variable in variables]
    if not isinstance(found, Mapping) or set(found) != set(wanted):
        gave = ", ".join(map(str, found)) if isinstance(found, Mapping) else type(found).__name__
        refuse(f"it must return a dict of {', '.join(wanted)}, it gave {gave}")
    arrays: Arrays = {}
    for variable in variables:
        array = np.asarray(found[variable.name])
        kinds = "fiubc" if variable.dtype.startswith("complex") else "fiub"
        if array.dtype.kind not in kinds:
            refuse(f"{variable.name} must be numbers of {variable.dtype}, got {array.dtype}")
        dims = ("realization", *variable.dims)
        shape = tuple(sizes[name] for name in dims)
        if array.ndim != len(shape) or not all(
            n == size or (n < size and name not in EXACT)
            for name, n, size in zip(dims, array.shape, shape, strict=True)
        ):
            refuse(
                f"{variable.name} must have the shape {shape} ({', '.join(dims)}), "
                f"got {array.shape}"
            )
        arrays[variable.name] = array
    return arrays
