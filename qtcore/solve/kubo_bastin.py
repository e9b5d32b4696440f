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
from scipy.fft import dct

from qtcore.errors import InputError, QtcoreError
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

_WIDTHS = 5
"""Widths of a blurred level between the bounds of the spectrum and the ends of the interval, for a Hall
conductivity: it then errs by some 1e-3 e²/h at most."""

_LEAK = 0.02
"""By how much a Hall conductivity may err because blurred levels reach beyond the interval, e²/h."""


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
    exceed the level spacing. "xx", "yy" and "zz" are the formula of Kubo and Greenwood, as
    `kubo_conductivity` has it. In a gap sigma_xy is quantised to about the square of
    (resolution / gap).

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
    kernel : {"jackson", "lorentz"}
        As in `bulk_density_ensemble`; "lorentz" only for "xx", "yy" and "zz".
    bounds
        As in `bulk_density_ensemble`. For two different axes the interval of the expansion is also
        wider than the bounds by five widths of a blurred level, which lowers the resolution a little.
    area : float, optional
        Of a sample, squared (in 3D cubed) lattice constants; needed for `Custom` lattices only.

    Returns
    -------
    Curves
        `values` is (realization, energy), in e²/h (in 3D per lattice constant).

    Raises
    ------
    InputError, QtcoreError
        As in `bulk_density_ensemble`, if the sample is not closed along the axes, if the kernel is
        "lorentz" for two different axes, or if blurred levels reach beyond the interval all the same.
    """
    asked, damping = checked_energies(energies), Damping(kernel, moments)
    vectors = checked_vectors(vectors)
    ensemble = ClosedEnsemble(wire, length, realizations, seed, True, bounds)
    if wire.space.paired:
        raise InputError(
            "a conductivity needs currents of charge, and those of the quasiparticles of a wire with "
            "pairing carry none of their own; observe.andreev has the conductances of its samples"
        )
    pair = checked_axes(axes, wire, ensemble.periodic)
    is_hall = pair[0] != pair[1]
    if is_hall and kernel == "lorentz":
        raise InputError(
            f'axes="{axes}" needs kernel="jackson": the tails of Lorentzians reach beyond any interval, '
            "and what lies there is missing in the integral over the filled states"
        )
    if area is None:
        area = area_of(wire, ensemble.length)
    area = positive_number("area of the sample", area, "squared lattice constants")
    N = damping.moments
    # Blocks of polynomials and their copies, moments of all vectors, weights of the integral.
    room = 3 * _BLOCK_BYTES + 16 * N**2 * (vectors + 8)
    ensemble.refuse_more_than_memory(4 + 3 * _BESIDE, f"{N} moments", room)
    curves = []
    for sample in ensemble:
        interval = _widened(sample.interval, N) if is_hall else sample.interval
        recursion = Recursion(sample.frame, sample.onsite, interval)
        found = _moments(ensemble, sample, recursion, pair, vectors, N)
        if is_hall:
            _refuse_leaks(leaks(found, damping, interval) / area, interval)
        traces = conductivities(found, damping, interval, asked, is_hall)
        value, error = of_vectors(traces / area)
        curves.append((value, error, damping.width(interval)))
    return Curves.gathered(asked, curves)


def _widened(interval: Interval, moments: int) -> Interval:
    """Return an interval at whose ends there are no blurred levels: they are pi / N wide in theta."""
    away = min(_WIDTHS * math.pi / moments, math.pi / 3)
    return Interval(interval.center, interval.half / math.cos(away))


def _refuse_leaks(found: NDArray[np.float64], interval: Interval) -> None:
    low, high = found.mean(axis=1)
    if max(abs(low), abs(high)) > _LEAK:
        raise QtcoreError(
            f"the Hall conductivity errs by {low:.2g} e²/h because of the lowest levels and by {high:.2g} "
            "because of the highest: blurred, they reach beyond the interval of the expansion, "
            f"{interval.center - interval.half:g} .. {interval.center + interval.half:g} t; take more "
            "moments or wider bounds"
        )


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


def conductivities(
    moments: NDArray[Any],
    damping: Damping,
    interval: Interval,
    energies: NDArray[np.float64],
    is_hall: bool,
) -> NDArray[np.float64]:
    """Return sigma times area at Fermi energies, (vector, energy), from `double_moments`.

    With G = R - i pi delta the formula of Kubo and Bastin has two parts. One, 2 pi² Tr[v_a delta
    v_b delta], is that of Kubo and Greenwood, and the only one where a is b. The other is
    2 pi i int dE Tr[v_a delta v_b R' - v_a R' v_b delta].

    Parameters
    ----------
    moments : (vector, N, N) array
        Tr[v_a T_m v_b T_n].
    damping, interval
        Of the series.
    energies : (energy,) float array
        Units of t.
    is_hall : bool
        Whether a and b differ.
    """
    delta = damping.delta(interval, energies)
    found = np.stack([(delta * (one.real @ delta)).sum(axis=0) for one in moments])
    found *= 2 * math.pi**2
    if is_hall and np.iscomplexobj(moments):
        found += _beneath(moments.imag, damping, interval, energies)
    return found


def _beneath(
    moments: NDArray[np.float64],
    damping: Damping,
    interval: Interval,
    energies: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return -2 pi int dE (delta_m R'_n - R'_m delta_n) moments_mn, (vector, energy).

    With E = center + half cos(theta) the integrand is a sum of cos(k theta) with k < 2 N, also at
    the ends of the interval: 2 N values of it give the integral without an error.
    """
    N = damping.moments
    theta = (np.arange(2 * N) + 0.5) * (math.pi / (2 * N))
    n = np.arange(N)[:, None]
    factors = (damping.factors * np.where(n[:, 0] == 0, 1.0, 2.0))[:, None]
    sine, cosine = np.sin(theta), np.cos(theta)
    delta = factors * np.cos(n * theta) / math.pi
    slope = factors * (n * np.cos(n * theta) * sine - np.sin(n * theta) * cosine) / sine**3
    slope /= interval.half**2
    k = np.arange(1, 2 * N)
    at = np.arccos(np.clip((energies - interval.center) / interval.half, -1, 1))
    up_to = np.concatenate([[math.pi - at], -np.sin(k[:, None] * at) / k[:, None]])
    found = []
    for one in moments:
        values = (delta * (one @ slope)).sum(axis=0) - (slope * (one @ delta)).sum(axis=0)
        waves = dct(values, type=2) / (2 * N)
        waves[0] /= 2
        found.append(-2 * math.pi * waves @ up_to)
    return np.stack(found)


def leaks(moments: NDArray[Any], damping: Damping, interval: Interval) -> NDArray[np.float64]:
    """Return by how much sigma times area errs because of levels close to an end, (2 ends, vector).

    These levels, when blurred, reach beyond the interval. Above the lowest levels sigma_ab errs by
    the first number, and with all bands filled it is the sum of both, where 0 is right.
    """
    N = damping.moments
    n = np.arange(N)
    factors = damping.factors * np.where(n == 0, 1.0, 2.0)
    # int dE delta_m R'_n is in proportion to n² - m² for n > m that are both even or both odd, else
    # 0. The sum over all m, n is from the upper end, and with alternating signs from the lower one.
    weights = np.multiply.outer(factors, factors) * (n**2 - n[:, None] ** 2)
    low = (-1.0) ** (n + n[:, None])
    total = np.array(
        [[(one.imag * weights * sign).sum() for one in moments] for sign in (low, 1.0)]
    )
    return math.pi / (2 * interval.half**2) * total
