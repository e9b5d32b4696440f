"""Arithmetic rates of one core: what the machine's BLAS reaches, and what the solver's stencil does."""

import time
from collections.abc import Callable

import numpy as np
from numba import njit
from numpy.typing import NDArray

from qtcore.lanes import LANES, aligned
from qtcore.solve.stencil import advance_real

STENCIL_FLOPS = 4
"""Per real element and slice: one fused multiply-add (2) and two additions."""

SLICES_PER_LOOK = 14
"""Slices between two re-orthogonalisations at E = 0.5, W = 1: the stencil runs this far at once."""


def best_seconds(call: Callable[[], object], seconds: float, rounds: int = 5) -> float:
    """Return the seconds of the fastest call, tried `rounds` times or for `seconds`."""
    best, spent, done = float("inf"), 0.0, 0
    while done < rounds or spent < seconds:
        start = time.process_time()
        call()
        took = time.process_time() - start
        best, spent, done = min(best, took), spent + took, done + 1
    return best


def dgemm_rate(seconds: float, size: int = 1000) -> float:
    """Return the flops per second of NumPy's product of two square real matrices."""
    a, b = np.random.default_rng(0).standard_normal((2, size, size))
    out = np.empty((size, size))
    return 2.0 * size**3 / best_seconds(lambda: np.matmul(a, b, out=out), seconds)


@njit(nogil=True)
def _advance_often(
    x: NDArray[np.float64],
    planes: int,
    stride: int,
    width: int,
    onsite: NDArray[np.float64],
    calls: int,
) -> None:
    parity = 0
    for _ in range(calls):
        advance_real(x, 0, planes, stride, width, parity, SLICES_PER_LOOK, onsite, 0, False)
        parity = (parity + SLICES_PER_LOOK) % 2


def stencil_rate(width: int, channels: int, seconds: float) -> float:
    """Return the flops per second of the solver's stencil alone, no field, hard walls.

    The arrays are as large as the solver's for one group of realizations: a complex column for
    each open mode and a real one for each closed mode.
    """
    planes = 2 * channels + width - channels
    planes += planes % 2
    stride = 2 * width + channels
    x = aligned(planes * stride)
    # E - eps = 0 keeps the columns bounded however often they are advanced.
    x[:] = np.random.default_rng(0).standard_normal(x.size)
    onsite = aligned(SLICES_PER_LOOK * width + 2)
    flops = STENCIL_FLOPS * LANES * width * planes * SLICES_PER_LOOK
    calls = max(1, int(1e7 / flops))
    _advance_often(x, planes, stride, width, onsite, 1)
    took = best_seconds(
        lambda: _advance_often(x, planes, stride, width, onsite, calls), seconds, rounds=20
    )
    return flops * calls / took
