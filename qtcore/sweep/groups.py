"""Samples in whole groups: those that are solved together must not depend on the block."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.units import LANES

Arrays = dict[str, NDArray[Any]]


def in_groups(realizations: range, solve: Callable[[range], Arrays]) -> Arrays:
    """Return arrays of some realizations, which `solve` makes of whole groups of lanes.

    A sample then has the same bits in any block.

    Parameters
    ----------
    realizations : range
        Numbers of the samples that are wanted, one after the other.
    solve : function(range) -> dict of (realization, ...) arrays
        Is called for each group that has one of them.
    """
    first = realizations.start // LANES * LANES
    found = [solve(range(group, group + LANES)) for group in range(first, realizations.stop, LANES)]
    rows: NDArray[np.intp] = np.asarray(realizations) - first
    return {name: np.concatenate([one[name] for one in found])[rows] for name in found[0]}
