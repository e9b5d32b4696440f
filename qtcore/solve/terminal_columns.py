"""From columns in lanes to complex columns, one realization after the other.

The final systems are solved by LAPACK, which takes a realization at a time. Lanes are taken apart a
few rows at a time, so that a cache line is fetched once for all of its lanes.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.compiled import njit
from qtcore.lanes import LANES
from qtcore.solve.kernel_arguments import Shape
from qtcore.solve.pencil import Matrix
from qtcore.solve.projection import TILE

_ROWS = 8
"""Rows that are taken apart together: the lines that are written at a time stay in the first cache."""


class Order(NamedTuple):
    """Which planes make which complex column.

    Attributes
    ----------
    first : (column,) int array
        Plane of the real part.
    is_pair : (column,) bool array
        Whether the next plane is the imaginary part. It is zero elsewhere.
    """

    first: NDArray[np.int64]
    is_pair: NDArray[np.bool_]

    @classmethod
    def of(cls, shape: Shape, sources: NDArray[np.intp], *, is_real: bool) -> "Order":
        """Return the order slow columns, fast ones, sources by their numbers; fast ones may be real."""
        slow = shape.fast_tiles * TILE
        source = slow + shape.slow_tiles * TILE
        fast = np.arange(shape.fast)
        planes = [slow + 2 * np.arange(shape.slow), fast if is_real else 2 * fast]
        pairs = np.ones(shape.slow + shape.fast + len(sources), np.bool_)
        pairs[shape.slow : shape.slow + shape.fast] = not is_real
        return cls(np.concatenate([*planes, source + 2 * sources]).astype(np.int64), pairs)


def complex_columns(x: NDArray[np.float64], stride: int, order: Order) -> Matrix:
    """Return the columns of all realizations, (realization, row, column); `x` holds the planes."""
    columns = np.zeros((LANES, stride, len(order.first)), np.complex128)
    _take_apart(x, stride, order.first, order.is_pair, columns.view(np.float64))
    return columns


@njit(nogil=True, cache=True)
def _take_apart(x, stride, first, is_pair, columns):
    """Write planes of lane vectors to (realization, row, part of a column)."""
    for start in range(0, stride, _ROWS):
        end = min(start + _ROWS, stride)
        for c in range(len(first)):
            for part in range(2 if is_pair[c] else 1):
                at = (first[c] + part) * stride
                for r in range(start, end):
                    for lane in range(LANES):
                        columns[lane, r, 2 * c + part] = x[(at + r) * LANES + lane]
