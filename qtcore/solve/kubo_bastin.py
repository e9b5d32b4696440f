"""The conductivity tensor of closed samples by the formula of Kubo and Bastin.

sigma_ab = (2 pi i / area) int dE f(E) Tr[v_a delta(E - H) v_b dG+/dE - v_a dG-/dE v_b delta(E - H)]
in e²/h, from the moments Tr[v_a T_m(H) v_b T_n(H)]. Bastin et al., J. Phys. Chem. Solids 32, 1811
(1971); García, Covaci and Rappoport, PRL 114, 116602 (2015).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from qtcore.lanes import LANES
from qtcore.model.checks import positive_number
from qtcore.model.wire import Wire
from qtcore.solve.chebyshev import Interval, Recursion
from qtcore.solve.closed_ensemble import ClosedEnsemble, LaneSample
from qtcore.solve.expansion import (
    Curves,
    Damping,
    checked_energies,
    checked_vectors,
    of_vectors,
    random_vectors,
)
from qtcore.solve.velocity import area_of, checked_axes, velocity
from qtcore.threads import one_thread

_BLOCK_BYTES = 2**29
"""Bytes of the polynomials that are held at a time, about."""

_BESIDE = 32
"""Polynomials on the right that are multiplied with a block on the left at once."""

_FINE = 8
"""Points of the energy integral for each moment."""


@one_thread
def kubo_bastin(
    wire: Wire,
    energies: Sequence[float],
    length: int,
    realizations: Sequence[int],
    seed: int,
    axes: str = "xy",
    moments: int = 128,
    vectors: int = 8,
    kernel: str = "jackson",
    bounds: tuple[float, float] | None = None,
    area: float | None = None,
) -> Curves:
    """Return an element of the conductivity tensor of closed samples at T = 0, in e²/h.

    The samples are closed along the wire, and the lattice has to be closed across if y or z is
    asked for. Spin and bands that the wire has are counted, no others. The resolution `width` must
    exceed the level spacing. In a gap sigma_xy is quantised to about the square of (resolution / gap).

    Parameters
    ----------
    wire : Wire
        The wire.
    energies : sequence of float
        Fermi energies, units of t.
    length, realizations, seed
        As in `bulk_density_ensemble`.
    axes : {"xx", "xy", "yx", "yy", ...}
        Current, then field.
    moments : int
        N: the work grows as N² for each orbital.
    vectors : int
        Random vectors of each sample, of which eight go side by side.
    kernel, bounds
        As in `bulk_density_ensemble`.
    area : float, optional
        Of a sample, squared (in 3D cubed) lattice constants; needed for `Custom` lattices only.

    Returns
    -------
    Curves
        `values` is (realization, energy), in e²/h (in 3D per lattice constant).

    Raises
    ------
    InputError, QtcoreError
        As in `bulk_density_ensemble`, and if the sample is not closed along the axes.
    """
    asked, damping = checked_energies(energies), Damping(kernel, moments)
    vectors = checked_vectors(vectors)
    ensemble = ClosedEnsemble(wire, length, realizations, seed, True, bounds)
    pair = checked_axes(axes, wire, ensemble.periodic)
    if area is None:
        area = area_of(wire, ensemble.length)
    area = positive_number("area of the sample", area, "squared lattice constants")
    N = damping.moments
    # Blocks of polynomials and their copies, moments of all vectors, weights of the integral.
    room = 3 * _BLOCK_BYTES + 16 * N**2 * (vectors + 4 * _FINE)
    ensemble.refuse_more_than_memory(4 + 3 * _BESIDE, f"{N} moments", room)
    values, errors, width = [], [], []
    for sample in ensemble:
        recursion = sample.recursion
        found = _moments(ensemble, sample, recursion, pair, vectors, N)
        traces = _integrated(found, damping, recursion.interval, asked)
        value, error = of_vectors(traces / area)
        values.append(value)
        errors.append(error)
        width.append(damping.width(recursion.interval))
    return Curves(asked, np.stack(values), np.stack(errors), np.array(width))


def _moments(
    ensemble: ClosedEnsemble,
    sample: LaneSample,
    recursion: Recursion,
    axes: tuple[int, int],
    vectors: int,
    count: int,
) -> NDArray[Any]:
    """Return <r|v_a T_m v_b T_n|r> of random vectors, (vector, count, count)."""
    H, is_real = sample.H(), sample.frame.planes == 1
    v_a, v_b = (
        velocity(ensemble.wire, H, ensemble.length, ensemble.periodic, axis) for axis in axes
    )
    if is_real:
        # v = i A with a real A, and <r|v_a ... v_b ...|r> = <A_a r|... A_b ...|r>.
        v_a, v_b = v_a.imag, v_b.imag
    address = [ensemble.ensemble.seed, sample.realization]
    groups = [
        sample.cut(group) for group in random_vectors(ensemble.size, not is_real, address, vectors)
    ]
    return np.concatenate(
        [double_moments(recursion, v_a @ group, group, v_b, count) for group in groups]
    )


def double_moments(
    recursion: Recursion,
    left: NDArray[Any],
    right: NDArray[Any],
    between: Any,
    count: int,
) -> NDArray[Any]:
    """Return <left|T_m between T_n|right>, (vector, count, count).

    Parameters
    ----------
    recursion : Recursion
        The polynomials of H.
    left, right : (D, vector) arrays
        At most LANES vectors.
    between : sparse (D, D) array
        What stands between the polynomials.
    count : int
        m, n < count.
    """
    D, vectors = left.shape
    found = np.zeros((vectors, count, count), dtype=np.result_type(left, between.dtype))
    at_once = max(1, min(count, _BLOCK_BYTES // (left.dtype.itemsize * D * LANES)))

    def blocks(
        start: NDArray[Any], first: int, end: int, most: int, of: Callable[[Any], Any]
    ) -> Iterator[tuple[int, NDArray[Any]]]:
        """Yield (first, polynomials), (vector, n, D) each, of T_n start for first <= n < end."""
        block: list[NDArray[Any]] = []
        for n, x in zip(range(end), recursion.polynomials(recursion.start(start)), strict=False):
            if n < first:
                continue
            block.append(np.ascontiguousarray(of(recursion.complex_view(x)[:, :vectors]).T))
            if len(block) == most or n == end - 1:
                yield n + 1 - len(block), np.stack(block, axis=1)
                block = []

    for m in range(0, count, at_once):
        end = min(count, m + at_once)
        held = next(blocks(left, m, end, at_once, lambda T: T))[1].conj()
        for n, others in blocks(right, 0, count, _BESIDE, lambda T: between @ T):
            products = held @ others.swapaxes(1, 2)
            found[:, m : m + held.shape[1], n : n + others.shape[1]] = products
    return found


def _integrated(
    moments: NDArray[Any], damping: Damping, interval: Interval, energies: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return sigma times area at Fermi energies, (vector, energy), from `double_moments`.

    With E = center + half cos(theta), T_n(E) = cos(n theta), the integral runs over theta from pi.
    """
    N = damping.moments
    # Neither end is a node: there every weight is infinite, and no level comes near.
    theta = (np.arange(_FINE * N) + 0.5) * (math.pi / (_FINE * N))
    n = np.arange(N)[:, None]
    factors = (damping.factors * np.where(n[:, 0] == 0, 1.0, 2.0))[:, None]
    sine, cosine = np.sin(theta), np.cos(theta)
    half = interval.half
    delta = factors * np.cos(n * theta) / (math.pi * half * sine)
    slope = (
        factors * (-1j) * (cosine + 1j * n * sine) * np.exp(-1j * n * theta) / (half**2 * sine**3)
    )
    at = np.arccos(
        np.clip((energies - interval.center) / half, np.cos(theta[-1]), np.cos(theta[0]))
    )
    found = []
    for one in moments:
        trace = (delta * (one @ slope)).sum(axis=0) - (slope.conj() * (one @ delta)).sum(axis=0)
        filled = CubicSpline(theta, (2j * math.pi * trace).real * half * sine).antiderivative()
        found.append(filled(theta[-1]) - filled(at))
    return np.stack(found)
