"""One sample solved as a whole, with pivoting across slices, whatever levels its parts have.

E - H - Sigma = Z is a band matrix. States that no lead reaches at exactly this energy, Z x = 0,
have x^+ Z = 0 too. What is wanted is the solution without them, if the sources do not drive them:

    psi <- psi + (Z + i eta)^-1 (source - Z psi),

from psi = 0 on, in which they never come up. It converges as fast as eta is small beside all other
levels' distances and widths; a larger eta keeps rounding errors out.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from qtcore.errors import QtcoreError
from qtcore.solve.energies import shift_by
from qtcore.solve.pencil import Matrix

_ETAS = (2.0**-20, 2.0**-30, 2.0**-40)
"""Values of eta in units of the coupling, to be tried in this order."""

_DRIVEN = 2.0**37
"""Response, in units of the inverse coupling, that only a level of no width can give."""

_BLURRED = 2.0**-20
"""Distance of a level, in units of the coupling, from which on the iteration converges."""

_ITERATIONS = 40
_RESIDUAL = 2.0**-49
"""Of source - Z psi, relative to the two: a level of which a source drives more is not yet answered. It may
fall further, as far as rounding errors let it: psi is much larger than the source at a level."""

_FALLING = 0.95
"""From one step to the next: what falls by less has met rounding errors."""

_ENOUGH = 2.0**-44
"""The same, where rounding errors keep it from falling as far."""


class UnreachableStateError(QtcoreError):
    """A quantity is infinite, or has no digit, since a state that no lead reaches is too close.

    Parameters
    ----------
    within : float
        How close it is at most, units of t.
    hopping : float
        A coupling of the wire, units of t.
    row, samples : int
        Place of the sample among so many.
    """

    def __init__(self, within: float, hopping: float, row: int = 0, samples: int = 1) -> None:
        self._distance = within, hopping
        which = f" in sample {row} of 0 .. {samples - 1}" if samples > 1 else ""
        super().__init__(
            f"a state that no lead reaches, or hardly, lies within {within:.1g} of this energy"
            f"{which}, where Green's functions and the local density of states are infinite, or too "
            f"large to be resolved; shift the energy by {shift_by(hopping)} (conductance, "
            "scattering states and currents are defined there)"
        )

    def in_sample(self, row: int, samples: int) -> "UnreachableStateError":
        """Return the error with the place of its sample."""
        return UnreachableStateError(*self._distance, row, samples)


def whole_solution(diagonal: Matrix, ahead: Matrix, sources: Matrix, unit: float) -> Matrix:
    """Return psi with (E - H - Sigma) psi = source of one sample, (slice, M, K).

    Parameters
    ----------
    diagonal : (slice, M, M) complex array
        Blocks on the diagonal, units of t.
    ahead : (slice - 1, M, M) complex array
        Coupling to the next slice.
    sources : (slice, M, K) complex array
        Right-hand sides.
    unit : float
        A coupling of the wire, units of t.

    Raises
    ------
    UnreachableStateError
        If a source drives a state that no lead reaches.
    """
    L, M, K = sources.shape
    band = _band(diagonal, ahead)

    def shifted(eta: float) -> Solver:
        moved = band.copy()
        moved[4 * M - 2] += 1j * eta
        factors, pivots, _ = lapack.zgbtrf(moved, 2 * M - 1, 2 * M - 1)
        return lambda rest: lapack.zgbtrs(factors, 2 * M - 1, 2 * M - 1, rest, pivots)[0]

    def applied(psi: Matrix) -> Matrix:
        return _applied(diagonal, ahead, psi.reshape(L, M, K)).reshape(L * M, K)

    def sizes(psi: Matrix) -> NDArray[np.float64]:
        terms = _applied(np.abs(diagonal), -np.abs(ahead), np.abs(psi).reshape(L, M, K))
        return np.asarray(terms.real.reshape(L * M, K))

    psi = without_unreachable(shifted, applied, sizes, sources.reshape(L * M, K), unit)
    return np.asarray(psi.reshape(L, M, K))


Solver = Callable[[Matrix], Matrix]
"""From the right side of a linear system to its solution."""


def without_unreachable(
    shifted: Callable[[float], Solver],
    applied: Callable[[Matrix], Matrix],
    sizes: Callable[[Matrix], NDArray[np.float64]],
    given: Matrix,
    unit: float,
) -> Matrix:
    """Return psi with Z psi = source that holds nothing of the states that no lead reaches, (D, K).

    Parameters
    ----------
    shifted : function
        From eta, units of t, to what solves (Z + i eta) psi = source.
    applied : function
        From psi to Z psi.
    sizes : function
        From psi to sum_j |Z_ij psi_j|, (D, K): the rounding errors of Z psi are so much times 1e-16.
    given : (D, K) complex array
        The sources.
    unit : float
        A coupling of the sample, units of t.

    Raises
    ------
    UnreachableStateError
        If a source drives such a state.
    """
    for eta in _ETAS:
        solve = shifted(eta * unit)
        psi: Matrix = np.zeros_like(given)
        rest, left = given, np.full(given.shape[1], np.inf)
        for _ in range(_ITERATIONS):
            psi = psi + solve(rest)
            rest = given - applied(psi)
            # Row by row: where Z is large, as on a removed site, psi is small.
            allowed = np.abs(given).max(axis=0) + sizes(psi).max(axis=0)
            driven = np.abs(psi).max(axis=0) * unit > _DRIVEN * np.abs(given).max(axis=0)
            if driven.any():
                # A level at a distance d answers with at most source / d.
                most = np.abs(psi[:, driven]).max(axis=0)
                distances = np.linalg.norm(given[:, driven], axis=0) / most
                raise UnreachableStateError(float(distances.max()), unit)
            left, before = np.abs(rest).max(axis=0), left
            is_small = (left <= _RESIDUAL * allowed).all()
            if is_small and not (left < _FALLING * before).any():
                return psi
        if (left <= _ENOUGH * allowed).all():
            return psi
    raise UnreachableStateError(_BLURRED * unit, unit)


def _band(diagonal: Matrix, ahead: Matrix) -> NDArray[np.complex128]:
    """Return Z as LAPACK takes band matrices, with room for the rows that pivoting adds."""
    L, M, _ = diagonal.shape
    width = 2 * M - 1
    band = np.zeros((3 * width + 1, L * M), dtype=np.complex128)
    i, j = np.indices((M, M))
    for n in range(L):
        band[2 * width + i - j, n * M + j] = diagonal[n]
        if n < L - 1:
            band[2 * width + i - j - M, (n + 1) * M + j] = -ahead[n]
            band[2 * width + i - j + M, n * M + j] = -ahead[n].conj().T
    return band


def _applied(diagonal: Matrix, ahead: Matrix, psi: Matrix) -> Matrix:
    """Return Z psi, (slice, M, K)."""
    result = np.asarray(diagonal @ psi, dtype=np.complex128)
    result[:-1] -= ahead @ psi[1:]
    result[1:] -= ahead.conj().swapaxes(1, 2) @ psi[:-1]
    return result
