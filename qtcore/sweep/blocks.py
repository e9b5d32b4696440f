"""The blocks of realizations that points are cut into."""

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.store.layout import block_count
from qtcore.sweep.spec import Sweep

MOST_BLOCKS = 10**8
"""Of a sweep: the driver holds some 30 bytes of each while it plans (docs/scale.md)."""


def block_sizes(sweep: Sweep, block: int) -> NDArray[np.int64]:
    """Return how many realizations each block holds, (point, block); 0 where a point needs none."""
    refuse_too_many_blocks(sweep, block)
    first = block * np.arange(block_count(sweep.largest_count, block))
    sizes: NDArray[np.int64] = np.clip(sweep.counts[:, None] - first, 0, block)
    return sizes


def refuse_too_many_blocks(sweep: Sweep, block: int) -> None:
    """Raise InputError if a sweep has more blocks than a driver can plan."""
    blocks = sweep.points * block_count(sweep.largest_count, block)
    if blocks > MOST_BLOCKS:
        raise InputError(
            f"{sweep.points:,} points of {sweep.largest_count:,} realizations are {blocks:,} blocks "
            f"of {block} realizations; allowed are {MOST_BLOCKS:,}: ask for fewer realizations, or "
            "sweep the points apart, each time into a store of its own"
        )
