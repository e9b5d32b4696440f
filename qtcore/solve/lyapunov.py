"""Lyapunov spectrum of a long bar: transfer matrices, kept apart by QR, with error bars.

M solutions are carried along the bar and made orthonormal whenever they have grown apart; the
logarithms of the diagonal of R add up to the exponents, gamma_1 > ... > gamma_M >= 0 per slice.
The smallest one is 1 / xi. Many bars of their own disorder run side by side, which gives the
errors their independence and the processor its long loops.

Pichard and Sarma, J. Phys. C 14, L127 (1981); MacKinnon and Kramer, Z. Phys. B 53, 1 (1983);
Slevin and Ohtsuki, New J. Phys. 16, 015012 (2014) for errors from blocks.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import sparse

from qtcore.errors import InputError
from qtcore.model.slices import Slices
from qtcore.model.wire import Wire
from qtcore.solve.pencil import factors

GROWTH = 1e8
"""Ratio of the fastest to the slowest solution at which they are made orthonormal again; the QR
decomposition then loses half of the sixteen digits in the smallest exponent, which leaves far more
than statistics does."""

LONGEST_RUN = 64
"""Slices between two decompositions, at most."""

BLOCKS = 16
"""Parts that the measured stretch of every bar is cut into, for the errors."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Lyapunov exponents with their statistical errors.

    Attributes
    ----------
    exponents : (M,) float array
        gamma_1 > ... > gamma_M >= 0, per slice.
    errors : (M,) float array
        Standard errors, from the scatter of all blocks of all bars.
    blocks : (realization, block, M) float array
        Exponents of the single blocks, which should be much longer than 1 / gamma_M.
    """

    exponents: NDArray[np.float64]
    errors: NDArray[np.float64]
    blocks: NDArray[np.float64]

    @property
    def localization_length(self) -> tuple[float, float]:
        """Localization length xi = 1 / gamma_M in slices, and its standard error."""
        smallest, error = float(self.exponents[-1]), float(self.errors[-1])
        return 1 / smallest, error / smallest**2


@njit(nogil=True, cache=True)
def _multiply(matrix, source, target):
    """Add matrix @ source to target; the matrix as (pointers, columns, values) of its rows."""
    pointers, columns, values = matrix
    for i in range(target.shape[0]):
        for p in range(pointers[i], pointers[i + 1]):
            value, j = values[p], columns[p]
            for k in range(target.shape[1]):
                for r in range(target.shape[2]):
                    target[i, k, r] += value * source[j, k, r]


@njit(nogil=True, cache=True)
def _advance(waves, rest, back, inverse, is_unit, onsite, orbitals):
    """Carry solutions over some slices; return where the last slice stands in `waves`.

    Parameters
    ----------
    waves : (3, M, column, realization) array
        psi_{n-1} in 0, psi_n in 1; the newest takes the place of the oldest.
    rest, back, inverse : rows of E - h, of -v^+ and of v^-1
    is_unit : bool
        v = 1, `inverse` is not needed.
    onsite : (slice, site, realization) float array
    orbitals : int
    """
    now = 1
    for n in range(onsite.shape[0]):
        before, ahead = (now + 2) % 3, (now + 1) % 3
        target = waves[ahead]
        for i in range(target.shape[0]):
            eps = onsite[n, i // orbitals]
            for k in range(target.shape[1]):
                for r in range(target.shape[2]):
                    target[i, k, r] = -eps[r] * waves[now, i, k, r]
        _multiply(rest, waves[now], target)
        _multiply(back, waves[before], target)
        if not is_unit:
            # psi_{n-1} is no longer needed: its place holds what v^-1 still has to act on.
            waves[before] = target
            target[:] = 0
            _multiply(inverse, waves[before], target)
        now = ahead
    return now


def _rows(matrix: NDArray[Any], dtype: type) -> tuple[NDArray[Any], ...]:
    """Return (pointers, columns, values) of the rows of a matrix."""
    rows = sparse.csr_array(matrix)
    return rows.indptr.astype(np.int64), rows.indices.astype(np.int64), rows.data.astype(dtype)


class _Bars:
    """Solutions of all bars on two neighbouring slices, and how far they have grown."""

    def __init__(self, slices: Slices, energy: float, bars: int) -> None:
        M = len(slices.h)
        if factors(slices.v)[0].shape[1] < M:
            raise InputError(
                "the coupling v between slices is singular, so that no transfer matrix exists; "
                "use the recursive solver for this wire"
            )
        is_real = not (slices.h.imag.any() or slices.v.imag.any())
        dtype = np.float64 if is_real else np.complex128
        h, v = (slices.h.real, slices.v.real) if is_real else (slices.h, slices.v)
        self._rest = _rows(energy * np.eye(M) - h, dtype)
        self._back = _rows(-v.conj().T, dtype)
        self._is_unit = bool((v == np.eye(M)).all())
        self._inverse = _rows(np.linalg.inv(v), dtype)
        self._orbitals = slices.orbitals
        # Generic solutions: those of a symmetric start could miss an exponent.
        start = np.linalg.qr(np.random.default_rng(1).standard_normal((2 * M, M)))[0]
        self._waves = np.empty((3, M, M, bars), dtype=dtype)
        self._waves[:2] = start.reshape(2, M, M)[:, :, :, None]
        self.columns = M

    def advance(self, onsite: NDArray[np.float64]) -> NDArray[np.float64]:
        """Carry all solutions over slices; return ln |R_kk|, (realization, M)."""
        M = self.columns
        now = _advance(
            self._waves,
            self._rest,
            self._back,
            self._inverse,
            self._is_unit,
            onsite,
            self._orbitals,
        )
        pair = self._waves[[(now + 2) % 3, now]].reshape(2 * M, M, -1)
        Q, R = np.linalg.qr(np.moveaxis(pair, 2, 0))
        self._waves[:2] = np.moveaxis(Q, 0, 2).reshape(2, M, M, -1)
        return np.asarray(np.log(np.abs(np.diagonal(R, axis1=1, axis2=2))))


Potential = Callable[[int, int], NDArray[np.float64]]
"""(first slice, number of slices) -> (slice, site, realization), units of t."""


def exponents(
    slices: Slices, potential: Potential, energy: float, length: int, skip: int | None = None
) -> Spectrum:
    """Return the Lyapunov spectrum of bars.

    Parameters
    ----------
    slices : Slices
        The clean bar; v must be invertible. Its leads do not matter.
    potential : callable
        (first slice, number of slices) -> (slice, site, realization) float array, units of t.
    energy : float
        Units of t.
    length : int
        Slices of every bar that are measured; in 16 blocks.
    skip : int, optional
        Slices before that, in which the solutions find their directions; length // 10 unless
        given. Should be several times 1 / gamma_M.

    Raises
    ------
    InputError
        If v is singular, or the length below 16 slices.
    """
    if length < BLOCKS:
        raise InputError(f"length must be >= {BLOCKS} slices, one for each block, got {length}")
    skip = length // 10 if skip is None else skip
    bars = _Bars(slices, energy, np.shape(potential(0, 1))[2])
    ends = skip + np.linspace(0, length, BLOCKS + 1).astype(int)
    sums: list[NDArray[np.float64]] = []
    n, interval, total = 0, 1, np.zeros(())
    for end in ends:
        total = np.zeros(())
        while n < end:
            count = int(min(interval, end - n))
            grown = bars.advance(np.ascontiguousarray(potential(n, count)))
            n, total = n + count, total + grown
            spread = float((grown.max(axis=1) - grown.min(axis=1)).max()) / count
            wanted = math.log(GROWTH) / max(spread, 1e-3)
            interval = int(max(1, min(wanted, 2 * interval, LONGEST_RUN)))
        sums.append(total)
    blocks = np.stack(sums[1:], axis=1) / np.diff(ends)[:, None]
    order = np.argsort(-blocks.mean(axis=(0, 1)))
    blocks = blocks[:, :, order]
    count = blocks.shape[0] * blocks.shape[1]
    return Spectrum(
        blocks.mean(axis=(0, 1)), blocks.std(axis=(0, 1), ddof=1) / math.sqrt(count), blocks
    )


def lyapunov(
    wire: Wire,
    energy: float,
    length: int,
    realizations: Sequence[int],
    seed: int,
    skip: int | None = None,
) -> Spectrum:
    """Return the Lyapunov spectrum of a wire; see `exponents`.

    Parameters
    ----------
    wire : Wire
        The bar.
    energy : float
        Units of t.
    length : int
        Slices of every realization that are measured.
    realizations : sequence of int
        Bars that run side by side; multiples of eight use the processor best.
    seed : int
        Seed of the ensemble.
    skip : int, optional
        Slices before the measured ones.
    """
    numbers = np.asarray(realizations, dtype=np.uint64)

    def potential(first: int, count: int) -> NDArray[np.float64]:
        return np.asarray(wire.potential_of(numbers, first, count, seed))

    return exponents(wire.slices(), potential, energy, length, skip)
