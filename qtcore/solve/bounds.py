"""Bounds of a spectrum: safe ones, or a user's own that are held against the extreme levels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import ArpackNoConvergence, eigsh

from qtcore.errors import InputError
from qtcore.solve.chebyshev import Interval, safe_bounds
from qtcore.solve.closed_frame import Frame

_ROUNDING = 1e-9
"""By how much of their distance a level may lie outside the bounds; the interval is wider than that."""

_TRIED = 300
"""Steps of Lanczos' method for the extreme levels, at most."""


def interval_of(
    frame: Frame,
    onsite: NDArray[np.float64],
    bounds: tuple[float, float] | None,
    H: Any,
) -> Interval:
    """Return the interval of a sample, or raise InputError if its spectrum is wider than `bounds`.

    Parameters
    ----------
    frame, onsite
        As in `safe_bounds`.
    bounds : (float, float) or None
        The user's own, units of t.
    H : function
        Returns the sparse H of the sample; called only where safe bounds are wider than `bounds`.

    Raises
    ------
    InputError
        With the level that lies outside.
    """
    safe = safe_bounds(frame, onsite)
    if bounds is None:
        return Interval.around(*safe)
    low, high = bounds
    if low > safe[0] or high < safe[1]:
        least, most = _extremes(H())
        rounding = _ROUNDING * (high - low)
        if least < low - rounding or most > high + rounding:
            outside = least if least < low - rounding else most
            raise InputError(
                f"bounds must enclose the spectrum, got {low:g} .. {high:g} t, and there is a level at "
                f"{outside:.6g} t; {safe[0]:g} .. {safe[1]:g} t is safe"
            )
    return Interval.around(low, high)


def _extremes(H: Any) -> tuple[float, float]:
    """Return the lowest and highest level, from inside, to about 1e-4 of the width."""
    D = H.shape[0]
    if D <= 64:
        levels = np.linalg.eigvalsh(np.asarray(H.toarray()))
        return float(levels[0]), float(levels[-1])
    start = np.random.default_rng(1).standard_normal(D).astype(H.dtype)
    matrix = sparse.csr_array(H)
    found: list[float] = []
    for which in ("SA", "LA"):
        try:
            levels = eigsh(
                matrix, k=1, which=which, v0=start, tol=1e-4, maxiter=_TRIED,
                return_eigenvectors=False,
            )  # fmt: skip
        except ArpackNoConvergence as error:
            # What grows is noticed later, by the norms of the polynomials.
            levels = error.eigenvalues
        found += np.real(levels).tolist()
    return min(found, default=np.inf), max(found, default=-np.inf)
