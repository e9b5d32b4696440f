"""Dimensions that only results have: bins, values or a size, some of them made of a sweep's axes."""

from typing import Any

import numpy as np

from qtcore.errors import InputError, brief
from qtcore.results.declare import Bins, told_of
from qtcore.results.swept import Swept

Dimension = Any
"""Coordinates of a dimension of results: `Bins`, an axis with `values`, or a size."""


def dimension_of(d: str, given: Any, swept: Swept) -> Dimension:
    """Return a dimension of results, which may follow from the axes of the sweep."""
    if not callable(given):
        return given
    with told_of(given):
        made = given(swept.values_of_all)
        if not isinstance(made, Bins | int) and not hasattr(made, "values"):
            raise InputError(
                f"the function of the dimension {d} returns qt.Axis(…), qt.Bins(…) or a size, got "
                f"{brief(made)}"
            )
    return made


def coordinates(dimension: Dimension) -> Any:
    """Return the coordinates of a dimension of results: its labels, if it has any."""
    if isinstance(dimension, Bins):
        return dimension.centres
    if isinstance(dimension, int):
        return np.arange(dimension)
    return np.asarray(getattr(dimension, "labels", ()) or dimension.values)
